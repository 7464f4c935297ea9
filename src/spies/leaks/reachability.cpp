// SPDX-License-Identifier: MIT
#include "spies/leaks/reachability.hpp"

#include "blocks/backing.hpp"
#include "blocks/block_map.hpp"
#include "blocks/thread_cache.hpp"
#include "spies/process/memory_mappings.hpp"
#include "spies/process/present_pages.hpp"
#include "spies/symbols/loaded_module.hpp"

#include <algorithm>

#if defined(__clang__)
#define MALLOCSPY_READS_ANYTHING __attribute__((no_sanitize("address", "thread", "undefined")))
#else
#define MALLOCSPY_READS_ANYTHING __attribute__((no_sanitize_address, no_sanitize_thread, no_sanitize_undefined))
#endif

namespace mallocspy::spies {

namespace {

constexpr std::uintptr_t word = sizeof(std::uintptr_t);
// Larger mappings are a sanitizer's books, not a program's data.
constexpr std::uintptr_t largest_mapping = std::uintptr_t{256} << 30;
// What the calling thread's stack holds below its stack pointer is stale; further below something else may lie.
constexpr std::uintptr_t stale_stack = std::uintptr_t{256} << 10;
// In pieces of this size the allocator's memory is told from other memory.
constexpr std::uintptr_t piece = std::uintptr_t{64} << 10;

class scan {
public:
  scan(scanned_block* blocks, std::size_t count, const calling_thread& caller, hidden_range hidden) noexcept
      : m_blocks(blocks), m_count(count), m_caller(caller), m_hidden(hidden) {
    if (count != 0) {
      m_low = blocks[0].begin;
      m_high = blocks[count - 1].begin + std::max<std::size_t>(blocks[count - 1].size, 1);
    }
    m_malloc_is_ours = blocks::backing::is_the_programs_malloc([](std::uintptr_t code) { return find_module(code).begin; });
  }

  bool run() noexcept {
    // A place for each block: following one needs no more memory.
    if (!m_found.reserve(m_count + 1) || !m_pages.open()) {
      return false;
    }
    for (std::size_t i = 0; i < m_count; ++i) {
      m_blocks[i].held = reach::nothing;
    }
    m_reach = reach::from_a_root;
    if (m_malloc_is_ours && !read_heap_of_thread()) {
      return false;
    }
    read_words(reinterpret_cast<std::uintptr_t>(m_caller.registers),
               reinterpret_cast<std::uintptr_t>(m_caller.registers) + sizeof m_caller.registers);
    if (!for_each_mapping([](void* self, const memory_mapping& m) { static_cast<scan*>(self)->read_mapping(m); }, this)) {
      return false;
    }
    follow();
    follow_lost();
    return true;
  }

private:
  // What no root leads to: the first block of each tangle, in the order of requests, stands for what only it holds.
  void follow_lost() noexcept {
    own_array<std::uint32_t> lost;
    for (std::size_t i = 0; i < m_count; ++i) {
      if (m_blocks[i].held == reach::nothing && !lost.push(static_cast<std::uint32_t>(i))) {
        return; // without memory all count as lost by themselves
      }
    }
    std::sort(lost.begin(), lost.end(),
              [this](std::uint32_t a, std::uint32_t b) { return m_blocks[a].number < m_blocks[b].number; });
    m_reach = reach::by_lost;
    for (const std::uint32_t i : lost) {
      if (m_blocks[i].held == reach::nothing) {
        m_first = i;
        read_words(m_blocks[i].begin, m_blocks[i].begin + m_blocks[i].size);
        follow();
      }
    }
  }

  void follow() noexcept {
    while (!m_found.empty()) {
      const scanned_block& b = m_blocks[m_found[m_found.size() - 1]];
      m_found.pop();
      read_words(b.begin, b.begin + b.size);
    }
  }

  MALLOCSPY_READS_ANYTHING void read_words(std::uintptr_t begin, std::uintptr_t end) noexcept {
    for (std::uintptr_t at = (begin + word - 1) & ~(word - 1); at + word <= end; at += word) {
      const std::uintptr_t value = *reinterpret_cast<const volatile std::uintptr_t*>(at);
      if (value >= m_low && value < m_high) {
        hold(value);
      }
    }
  }

  // returns: the block around the address, or the last one before it; m_count if there is none
  std::size_t last_at_or_before(std::uintptr_t address) const noexcept {
    const scanned_block* behind = std::upper_bound(m_blocks, m_blocks + m_count, address,
                                                   [](std::uintptr_t a, const scanned_block& b) { return a < b.begin; });
    return behind == m_blocks ? m_count : static_cast<std::size_t>(behind - m_blocks - 1);
  }

  void hold(std::uintptr_t address) noexcept {
    const std::size_t i = last_at_or_before(address);
    if (i == m_count || address - m_blocks[i].begin >= std::max<std::size_t>(m_blocks[i].size, 1) || i == m_first) {
      return;
    }
    scanned_block& b = m_blocks[i];
    if (b.held < m_reach) {
      b.held = m_reach;
      m_found.push(static_cast<std::uint32_t>(i));
    }
  }

  // Memory in which blocks may lie: they are no roots.
  void read_between_blocks(std::uintptr_t begin, std::uintptr_t end) noexcept {
    std::size_t i = last_at_or_before(begin);
    i = i == m_count ? 0 : i;
    for (; i < m_count && m_blocks[i].begin < end; ++i) {
      if (m_blocks[i].begin > begin) {
        read_words(begin, m_blocks[i].begin);
      }
      begin = std::max(begin, m_blocks[i].begin + m_blocks[i].size);
    }
    if (begin < end) {
      read_words(begin, end);
    }
  }

  // Where the allocator is the program's malloc as well, it tells which blocks of this thread are handed out. What else is
  // in their pages is free, and what was written there is stale.
  // returns: false without memory
  bool read_heap_of_thread() noexcept {
    blocks::empty_cache();
    m_has_memory = true;
    blocks::backing::visit_heap_of_thread(
        [](void* self, const blocks::backing::heap_part& part) { return static_cast<scan*>(self)->read_part(part); }, this);
    std::sort(m_told.begin(), m_told.end(), [](const told_range& a, const told_range& b) { return a.begin < b.begin; });
    return m_has_memory;
  }

  bool read_part(const blocks::backing::heap_part& part) noexcept {
    if (!part.is_block) {
      m_has_memory = m_told.push({part.begin, part.end});
      return m_has_memory;
    }
    for (std::uintptr_t at = part.begin; at < part.end;) {
      std::uintptr_t end = part.end;
      if (m_pages.is_present(at, part.end, end)) {
        read_between_blocks(at, end);
      }
      at = end;
    }
    return true;
  }

  // effects: reads all of a range but what its heap told, and the blocks in the list
  void read_untold(std::uintptr_t begin, std::uintptr_t end) noexcept {
    const told_range* told = std::upper_bound(m_told.begin(), m_told.end(), begin,
                                              [](std::uintptr_t at, const told_range& r) { return at < r.end; });
    for (; told != m_told.end() && told->begin < end; ++told) {
      if (begin < told->begin) {
        read_between_blocks(begin, told->begin);
      }
      begin = std::max(begin, told->end);
    }
    if (begin < end) {
      read_between_blocks(begin, end);
    }
  }

  // The allocator's: live blocks that are not in the list are all that counts. Where it is the program's malloc as well,
  // all that is not known to be free.
  void read_heap(std::uintptr_t begin, std::uintptr_t end) noexcept {
    if (m_malloc_is_ours) {
      read_untold(begin, end);
      return;
    }
    for (std::uintptr_t at = begin; at < end; at += blocks::granule_size) {
      const blocks::map_byte* byte = blocks::find_byte(reinterpret_cast<const void*>(at));
      if (byte == nullptr) {
        at |= (std::uintptr_t{1} << blocks::leaf_bits) - blocks::granule_size; // none in all of this part
        continue;
      }
      const std::uint8_t value = byte->load(std::memory_order_relaxed);
      if ((value & blocks::start_bit) != 0) {
        read_between_blocks(at, at + blocks::read_size(byte, value));
      }
    }
  }

  void read_present(std::uintptr_t begin, std::uintptr_t end, const memory_mapping& m) noexcept {
    for (std::uintptr_t at = begin; at < end;) {
      const std::uintptr_t next = std::min(end, (at & ~(piece - 1)) + piece);
      const bool heap =
          blocks::backing::is_heap(reinterpret_cast<const void*>(at)) || (m_mapping_is_heap && m.not_reserved);
      heap ? read_heap(at, next) : read_between_blocks(at, next);
      at = next;
    }
  }

  // effects: reads a range, but what lies below the stack pointer of the calling thread
  void read_range(std::uintptr_t begin, std::uintptr_t end, const memory_mapping& m) noexcept {
    const std::uintptr_t stale_begin = m_caller.stack_pointer - stale_stack;
    if (begin < m_caller.stack_pointer && end > stale_begin) {
      read_pages(begin, std::max(begin, stale_begin), m);
      begin = std::min(end, m_caller.stack_pointer);
    }
    read_pages(begin, end, m);
  }

  // effects: reads what is present of a range
  void read_pages(std::uintptr_t begin, std::uintptr_t end, const memory_mapping& m) noexcept {
    while (begin < end) {
      std::uintptr_t part_end = end;
      if (m.shared || m_pages.is_present(begin, end, part_end)) {
        read_present(begin, part_end, m);
      }
      begin = part_end;
    }
  }

  void read_mapping(const memory_mapping& m) noexcept {
    const bool own_table = m.not_reserved && m.not_dumped;
    if (!m.readable || !m.writable || m.device || own_table || m.end - m.begin > largest_mapping ||
        (!m.shared && m.present == 0) || (m.begin <= m_hidden.begin && m_hidden.begin < m.end)) {
      return;
    }
    if (m.shared && !shared_can_be_read(m)) {
      return;
    }
    m_mapping_is_heap = false;
    for (std::uintptr_t at = m.begin; m.not_reserved && at < m.end && !m_mapping_is_heap; at += piece) {
      m_mapping_is_heap = blocks::backing::is_heap(reinterpret_cast<const void*>(at));
    }
    read_range(m.begin, m.end, m);
  }

  // A file may be shorter than its mapping: reading behind its end is a fault.
  bool shared_can_be_read(const memory_mapping& m) const noexcept {
    return m_pages.can_read(m.begin) && m_pages.can_read(m.end - word);
  }

  struct told_range {
    std::uintptr_t begin;
    std::uintptr_t end;
  };

  scanned_block* m_blocks;
  std::size_t m_count;
  const calling_thread& m_caller;
  hidden_range m_hidden;
  std::uintptr_t m_low = 1;
  std::uintptr_t m_high = 0;
  reach m_reach = reach::from_a_root;
  std::size_t m_first = static_cast<std::size_t>(-1); // the lost block that is being followed does not hold itself
  bool m_malloc_is_ours;
  bool m_mapping_is_heap = false;
  bool m_has_memory = true;
  own_array<told_range> m_told;     // by the thread's heap, sorted
  own_array<std::uint32_t> m_found; // held, and not followed yet
  present_pages m_pages;
};

} // namespace

bool find_reachable(scanned_block* blocks, std::size_t count, const calling_thread& caller, hidden_range hidden) noexcept {
  return scan(blocks, count, caller, hidden).run();
}

} // namespace mallocspy::spies
