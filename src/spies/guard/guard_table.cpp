// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked; its locks are held for a few instructions and never across a
// hook.
#include "spies/guard/guard_table.hpp"

#include "blocks/table_memory.hpp"
#include "spies/threads/thread_state.hpp"

namespace mallocspy::spies {

guard_table::guard_table() noexcept
    : m_places(static_cast<std::atomic<guarded_block*>*>(blocks::map_table(place_count * sizeof *m_places))) {}

guard_table::~guard_table() {
  for (chunk* c = m_chunks.load(std::memory_order_relaxed); c != nullptr;) {
    chunk* next = c->next;
    blocks::unmap_table(c, chunk_bytes);
    c = next;
  }
  if (m_places != nullptr) {
    blocks::unmap_table(m_places, place_count * sizeof *m_places);
  }
}

bool guard_table::refill(stock& empty) noexcept {
  void* memory = blocks::map_table(chunk_bytes);
  if (memory == nullptr) {
    return false;
  }
  auto* fresh = static_cast<chunk*>(memory);
  fresh->next = m_chunks.load(std::memory_order_relaxed);
  while (!m_chunks.compare_exchange_weak(fresh->next, fresh, std::memory_order_release)) {
  }
  auto* records = static_cast<guarded_block*>(memory);
  for (std::size_t i = 1; i < chunk_bytes / sizeof(guarded_block); ++i) { // the first has the link
    records[i].next = empty.first;
    empty.first = &records[i];
  }
  return true;
}

guarded_block* guard_table::make() noexcept {
  stock& mine = m_stocks[index_of_this_thread() % 16];
  mine.lock.lock();
  guarded_block* block = mine.first != nullptr || refill(mine) ? mine.first : nullptr;
  if (block != nullptr) {
    mine.first = block->next;
  }
  mine.lock.unlock();
  if (block != nullptr) {
    *block = {};
  }
  return block;
}

void guard_table::drop(guarded_block* block) noexcept {
  stock& mine = m_stocks[index_of_this_thread() % 16];
  mine.lock.lock();
  block->next = mine.first;
  mine.first = block;
  mine.lock.unlock();
}

guarded_block* guard_table::find(std::size_t place, const void* client) const noexcept {
  guarded_block* block = m_places[place].load(std::memory_order_relaxed);
  while (block != nullptr && block->client != client) {
    block = block->next;
  }
  return block;
}

void guard_table::insert(guarded_block& block) noexcept {
  const std::size_t place = place_of(block.client);
  lock_of(place).lock();
  block.next = m_places[place].load(std::memory_order_relaxed);
  m_places[place].store(&block, std::memory_order_relaxed);
  mark_used(place);
  lock_of(place).unlock();
}

void guard_table::erase(guarded_block& block) noexcept {
  const std::size_t place = place_of(block.client);
  lock_of(place).lock();
  guarded_block* b = m_places[place].load(std::memory_order_relaxed);
  if (b == &block) {
    m_places[place].store(block.next, std::memory_order_relaxed);
  } else {
    while (b->next != &block) {
      b = b->next;
    }
    b->next = block.next;
  }
  lock_of(place).unlock();
}

void guard_table::set_state(guarded_block& block, block_state state) noexcept {
  const std::size_t place = place_of(block.client);
  lock_of(place).lock();
  block.state = state;
  lock_of(place).unlock();
}

guard_table::found guard_table::claim(const void* client) noexcept {
  const std::size_t place = place_of(client);
  lock_of(place).lock();
  guarded_block* block = find(place, client);
  found answer{block, block_state::live};
  if (block != nullptr) {
    answer.state = block->state;
    if (block->state == block_state::live) {
      block->state = block_state::leaving;
    }
  }
  lock_of(place).unlock();
  return answer;
}

bool guard_table::copy(const void* client, guarded_block& copied) const noexcept {
  const std::size_t place = place_of(client);
  lock_of(place).lock();
  const guarded_block* block = find(place, client);
  if (block != nullptr) {
    copied = *block;
  }
  lock_of(place).unlock();
  return block != nullptr;
}

} // namespace mallocspy::spies
