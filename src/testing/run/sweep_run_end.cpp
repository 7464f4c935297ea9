// SPDX-License-Identifier: MIT
// What is looked for when a run ends, in the run itself and in its children.
#include "spies/guard/guard_parts.hpp"
#include "spies/leaks/leak_tables.hpp"
#include "spies/memory/own_array.hpp"
#include "testing/run/sweep_run.hpp"

#include <algorithm>

namespace mallocspy::testing_detail {

namespace {

// How many blocks of one stack there are.
struct stack_count {
  std::uint64_t key;
  std::uint32_t stack; // on the board
  std::uint32_t live;
  std::uint32_t lost;
  std::uint64_t bytes; // of the lost ones
};

bool by_stack(const stack_count& a, const stack_count& b) noexcept {
  return a.key < b.key;
}

// effects: one entry for each stack, sorted by key
void merge(spies::own_array<stack_count>& counts) noexcept {
  std::sort(counts.begin(), counts.end(), by_stack);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (kept != 0 && counts[kept - 1].key == counts[i].key) {
      counts[kept - 1].live += counts[i].live;
      counts[kept - 1].lost += counts[i].lost;
      counts[kept - 1].bytes += counts[i].bytes;
    } else {
      counts[kept++] = counts[i];
    }
  }
  while (counts.size() > kept) {
    counts.pop();
  }
}

stack_count entry_for(board& b, board_stacks& stacks, stack_id id) noexcept {
  const std::uint32_t stack = stacks.number_of(id);
  return {b.stack[stack].key.load(std::memory_order_relaxed), stack, 0, 0, 0};
}

survivor expected_of(const board& b, std::uint64_t key) noexcept {
  const survivor* end = b.survivor_of + b.survivors;
  const survivor* found =
      std::lower_bound(b.survivor_of, end, key, [](const survivor& s, std::uint64_t k) { return s.key < k; });
  return found != end && found->key == key ? *found : survivor{key, 0, 0};
}

} // namespace

void sweep_run::debit(const void* block) noexcept {
  spies::block_facts facts{};
  if (spies::leak_access::blocks_of(*m_leaks).find(reinterpret_cast<std::uintptr_t>(block), facts) &&
      facts.number >= m_mark) {
    m_account.fetch_sub(static_cast<std::int64_t>(facts.size), std::memory_order_relaxed);
  }
}

void sweep_run::note_survivors(const spies::calling_thread& caller) noexcept {
  board& b = *m_board;
  b.survivors = 0;
  spies::own_array<stack_count> counts;
  spies::own_array<spies::scanned_block> blocks;
  const bool known = spies::find_leaks(spies::leak_access::blocks_of(*m_leaks), m_mark, caller, blocks);
  for (const spies::scanned_block& block : blocks) {
    if ((block.thread & spies::expected_mark) == 0) {
      stack_count entry = entry_for(b, m_stacks, block.stack);
      entry.live = 1;
      entry.lost = known && block.held != spies::reach::from_a_root ? 1 : 0;
      counts.push(entry);
    }
  }
  merge(counts);
  for (const stack_count& c : counts) {
    if (b.survivors < board::most_survivors) {
      b.survivor_of[b.survivors++] = {c.key, c.live, c.lost};
    }
  }
}

// Most children leave as many blocks as the unfailed run, or fewer: then nobody need find out what holds them.
void sweep_run::look_for_leaks(const spies::calling_thread& caller) noexcept {
  board& b = *m_board;
  spies::own_array<stack_count> counts;
  const spies::live_blocks& live = spies::leak_access::blocks_of(*m_leaks);
  spies::block_facts facts{};
  for (std::uint32_t i = 1; i < live.bound(); ++i) {
    if (live.read(i, facts) && facts.number >= m_mark) {
      stack_count entry = entry_for(b, m_stacks, facts.stack);
      entry.live = 1;
      counts.push(entry);
    }
  }
  merge(counts);
  const bool suspicious =
      std::any_of(counts.begin(), counts.end(), [&b](const stack_count& c) { return c.live > expected_of(b, c.key).live; });
  if (!suspicious) {
    return;
  }
  spies::own_array<spies::scanned_block> blocks;
  const auto begin = reinterpret_cast<std::uintptr_t>(&b);
  if (!spies::find_leaks_in_place(*m_leaks, m_mark, {begin, begin + sizeof b}, caller, blocks)) {
    return;
  }
  counts.clear();
  for (const spies::scanned_block& block : blocks) {
    if (block.held != spies::reach::from_a_root) {
      stack_count entry = entry_for(b, m_stacks, block.stack);
      entry.lost = 1;
      entry.bytes = block.size;
      counts.push(entry);
    }
  }
  merge(counts);
  for (const stack_count& c : counts) {
    const std::uint32_t expected = expected_of(b, c.key).lost;
    if (c.lost > expected) {
      m_facts->lost_blocks += c.lost - expected;
      m_facts->lost_bytes += c.bytes;
      m_facts->lost_stack = m_facts->lost_stack == 0 ? c.stack : m_facts->lost_stack;
    }
  }
}

// A snapshot has changed few pages, and the run that it is a copy of looks at all blocks itself.
void sweep_run::check_blocks() noexcept {
  if (m_role == role::unfailed || m_replays) {
    m_damage->check_all();
    return;
  }
  spies::guard_access::check_changed(*m_damage);
}

void sweep_run::note_end(std::uint32_t flags, const spies::calling_thread& caller) noexcept {
  if (m_facts == nullptr || m_ended) {
    return;
  }
  m_armed.store(false, std::memory_order_relaxed);
  if (m_board->order.look_for_damage) {
    check_blocks(); // what it finds comes through note_damage()
  }
  m_ended = true;
  if (is_child() && m_board->order.look_for_leaks) {
    look_for_leaks(caller);
  }
  m_facts->flags.fetch_or(flags, std::memory_order_release);
}

} // namespace mallocspy::testing_detail
