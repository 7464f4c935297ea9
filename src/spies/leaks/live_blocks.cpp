// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#include "spies/leaks/live_blocks.hpp"

#include "blocks/table_memory.hpp"

namespace mallocspy::spies {

namespace {

constexpr std::uint32_t batch = 256; // new records for a thread at a time

template <class T> T* made(std::atomic<T*>& slot, std::size_t count) noexcept {
  T* present = slot.load(std::memory_order_acquire);
  if (MALLOCSPY_LIKELY(present != nullptr)) {
    return present;
  }
  auto* fresh = static_cast<T*>(blocks::map_table(count * sizeof(T)));
  if (fresh != nullptr && !slot.compare_exchange_strong(present, fresh, std::memory_order_acq_rel)) {
    blocks::unmap_table(fresh, count * sizeof(T)); // another thread was faster
    return present;
  }
  return fresh;
}

} // namespace

live_blocks::live_blocks() noexcept
    : m_top(static_cast<std::atomic<place*>*>(blocks::map_table(top_count * sizeof(std::atomic<place*>)))),
      m_top_count(m_top == nullptr ? 0 : top_count),
      m_chunks(static_cast<std::atomic<record*>*>(blocks::map_table(chunk_count * sizeof(std::atomic<record*>)))) {}

live_blocks::~live_blocks() {
  for (place* leaf = m_leaves.load(relaxed); leaf != nullptr;) {
    auto* header = reinterpret_cast<leaf_header*>(leaf) - 1;
    leaf = header->next.load(relaxed);
    blocks::unmap_table(header, leaf_size);
  }
  for (std::size_t i = 0; m_chunks != nullptr && i <= m_next.load(relaxed) >> chunk_bits; ++i) {
    if (record* chunk = m_chunks[i].load(relaxed)) {
      blocks::unmap_table(chunk, chunk_records * sizeof(record));
    }
  }
  if (m_chunks != nullptr) {
    blocks::unmap_table(m_chunks, chunk_count * sizeof *m_chunks);
  }
  if (m_top != nullptr) {
    blocks::unmap_table(m_top, top_count * sizeof *m_top);
  }
}

live_blocks::place* live_blocks::make_place(std::uintptr_t address) noexcept {
  if (address >> leaf_bits >= m_top_count) {
    return nullptr;
  }
  auto* header = static_cast<leaf_header*>(blocks::map_table(leaf_size));
  if (header == nullptr) {
    return nullptr;
  }
  auto* leaf = reinterpret_cast<place*>(header + 1);
  place* present = nullptr;
  if (!m_top[address >> leaf_bits].compare_exchange_strong(present, leaf, std::memory_order_acq_rel)) {
    blocks::unmap_table(header, leaf_size); // another thread was faster
    leaf = present;
  } else {
    place* next = m_leaves.load(relaxed);
    do {
      header->next.store(next, relaxed);
    } while (!m_leaves.compare_exchange_weak(next, leaf, std::memory_order_release, relaxed));
  }
  return &leaf[(address >> granule_bits) % leaf_count];
}

std::uint32_t live_blocks::take_new(std::uint32_t count) noexcept {
  if (m_chunks == nullptr) {
    return 0;
  }
  for (;;) {
    std::uint32_t first = m_next.load(relaxed);
    // Within one chunk: what is left at its end stays unused.
    const bool fits = (first >> chunk_bits) == ((first + count - 1) >> chunk_bits);
    const std::uint32_t start = fits ? first : ((first >> chunk_bits) + 1) << chunk_bits;
    if (start + count >= aside || made(m_chunks[start >> chunk_bits], chunk_records) == nullptr) {
      return 0; // two billion are too many, or no memory
    }
    if (m_next.compare_exchange_weak(first, start + count, relaxed)) {
      return start;
    }
  }
}

std::uint32_t live_blocks::take_record_slowly() noexcept {
  const auto mine = m_stocks.mine();
  if (mine.shared) {
    return take_new(1);
  }
  if (mine.entry.count.load(relaxed) == 0 && !refill(mine.entry)) {
    return 0;
  }
  return mine.entry.take();
}

bool live_blocks::refill(stock& s) noexcept {
  std::uint32_t count = 0;
  if (m_returned.load(relaxed) != 0) {
    // All batches are taken, since taking one off a list that others change is not safe; those that are not needed go back.
    const std::uint32_t mine = m_returned.exchange(0, std::memory_order_acquire);
    auto other = mine == 0 ? 0 : static_cast<std::uint32_t>(at(mine)->number.load(relaxed));
    while (other != 0) {
      const auto next = static_cast<std::uint32_t>(at(other)->number.load(relaxed));
      push_returned(other, at(other)->thread.load(relaxed));
      other = next;
    }
    for (std::uint32_t number = mine; number != 0; number = at(number)->stack.load(relaxed)) {
      s.numbers[count++].store(number, relaxed);
    }
  }
  if (count == 0) {
    const std::uint32_t fresh = take_new(batch);
    for (count = 0; fresh != 0 && count < batch; ++count) {
      s.numbers[count].store(fresh + batch - 1 - count, relaxed);
    }
  }
  s.count.store(count, relaxed);
  return count != 0;
}

void live_blocks::push_returned(std::uint32_t first, std::uint32_t count) noexcept {
  record& r = *at(first);
  r.thread.store(count, relaxed);
  std::uint32_t head = m_returned.load(relaxed);
  do {
    r.number.store(head, relaxed);
  } while (!m_returned.compare_exchange_weak(head, first, std::memory_order_release, relaxed));
}

// A thread may free what others allocate: half of its stock goes to who needs it, those that it has used last stay.
void live_blocks::give_back_half(stock& s) noexcept {
  constexpr std::uint32_t half = stock::room / 2;
  std::uint32_t next = 0;
  for (std::uint32_t i = 0; i < half; ++i) {
    const std::uint32_t number = s.numbers[i].load(relaxed);
    at(number)->stack.store(next, relaxed);
    next = number;
  }
  push_returned(next, half);
  const std::uint32_t count = s.count.load(relaxed);
  for (std::uint32_t i = half; i < count; ++i) {
    s.numbers[i - half].store(s.numbers[i].load(relaxed), relaxed);
  }
  s.count.store(count - half, relaxed);
}

void live_blocks::give_back_slowly(std::uint32_t number) noexcept {
  const auto mine = m_stocks.mine();
  if (mine.shared) {
    at(number)->stack.store(0, relaxed);
    push_returned(number, 1);
    return;
  }
  if (mine.entry.count.load(relaxed) == stock::room) {
    give_back_half(mine.entry);
  }
  mine.entry.put(number);
}

bool live_blocks::put(const block_facts& facts) noexcept {
  return put_here(facts, [&] { return facts.stack; });
}

bool live_blocks::take(std::uintptr_t address, block_facts* facts) noexcept {
  return take_here(address, facts);
}

bool live_blocks::read(std::uint32_t number, block_facts& facts) const noexcept {
  const record* chunk = m_chunks == nullptr ? nullptr : m_chunks[number >> chunk_bits].load(std::memory_order_acquire);
  if (chunk == nullptr) {
    return false;
  }
  const record& r = chunk[number % chunk_records];
  const std::uintptr_t hidden = r.hidden.load(std::memory_order_acquire);
  const place* p = hidden == 0 ? nullptr : find_place(hide(hidden)); // 0: never used
  if (p == nullptr || p->load(std::memory_order_acquire) != (number | aside_bit(hide(hidden)))) {
    return false;
  }
  facts = {hide(hidden), r.size.load(relaxed), r.number.load(relaxed), r.stack.load(relaxed), r.thread.load(relaxed)};
  // The number of a request is never used twice: the same one means that nothing has changed in between.
  std::atomic_thread_fence(std::memory_order_acquire);
  return r.number.load(relaxed) == facts.number && r.hidden.load(relaxed) == hidden;
}

bool live_blocks::find(std::uintptr_t address, block_facts& facts) const noexcept {
  const place* p = find_place(address);
  const std::uint32_t value = p == nullptr ? 0 : p->load(std::memory_order_acquire);
  return value != 0 && read(value & ~aside, facts) && facts.address == address;
}

} // namespace mallocspy::spies
