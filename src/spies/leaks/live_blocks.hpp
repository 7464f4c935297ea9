// SPDX-License-Identifier: MIT
// The live blocks of a spy, each with a few facts. A block's address leads to the number of its record through a table of
// the address space, so that threads meet only where they free each other's blocks.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include "blocks/hints.hpp"
#include "blocks/one_thread.hpp"
#include "spies/threads/per_thread.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mallocspy/contract/export.h>

namespace mallocspy::spies {

struct block_facts {
  std::uintptr_t address;
  std::size_t size;
  std::uint64_t number; // of the request
  std::uint32_t stack;
  std::uint32_t thread; // its serial
};

class live_blocks {
public:
  // errors: without memory for the top of the table nothing can be put in
  live_blocks() noexcept;
  ~live_blocks();
  live_blocks(const live_blocks&) = delete;
  live_blocks& operator=(const live_blocks&) = delete;

  // effects: puts a block in. Two blocks at one time are at least 16 bytes apart
  // returns: false without memory for it
  // threads: any, as all of these
  bool put(const block_facts& facts) noexcept;

  // effects, returns: the same, where it is called; the number of the stack is what walk() returns. The memory that the
  //   facts go to is fetched during walk(): writes that wait for it would hold up the many that a walk makes
  template <class Walk> MALLOCSPY_INLINE bool put_here(const block_facts& facts, Walk walk) noexcept;

  // effects: takes the block at the address out, and tells its facts unless `facts` is null
  // returns: whether it was in
  bool take(std::uintptr_t address, block_facts* facts = nullptr) noexcept;

  // effects, returns: the same, where it is called
  MALLOCSPY_INLINE bool take_here(std::uintptr_t address, block_facts* facts = nullptr) noexcept;

  // returns: whether the block at the address is in
  MALLOCSPY_API bool find(std::uintptr_t address, block_facts& facts) const noexcept;

  // returns: more than the numbers of records in use
  std::uint32_t bound() const noexcept {
    return m_next.load(std::memory_order_relaxed);
  }
  // returns: whether the record with the number is a live block's. The facts belong together, even if other threads
  //   allocate
  MALLOCSPY_API bool read(std::uint32_t number, block_facts& facts) const noexcept;

private:
  static constexpr std::memory_order relaxed = std::memory_order_relaxed;

  // A live one's place holds its number. A block that is freed leaves its record as it is: nobody waits for that memory.
  struct record {
    std::atomic<std::uintptr_t> hidden; // the address, so that it is no pointer for whoever looks for some
    std::atomic<std::size_t> size;
    std::atomic<std::uint64_t> number;
    std::atomic<std::uint32_t> stack; // in a returned batch: the next record of it
    std::atomic<std::uint32_t>
        thread; // of the first of a returned batch: how many there are; the next batch is in `number`
  };
  // Numbers of free records, of one thread. Atomic for the eyes of tools only.
  struct stock : thread_entry {
    static constexpr std::uint32_t room = 8191;
    std::atomic<std::uint32_t> count;
    std::atomic<std::uint32_t> numbers[room];

    // returns: the one that was put in last, which is taken out; there is one
    MALLOCSPY_INLINE std::uint32_t take() noexcept {
      const std::uint32_t rest = count.load(relaxed) - 1;
      count.store(rest, relaxed);
      return numbers[rest].load(relaxed);
    }
    // effects: puts one in; there is room
    MALLOCSPY_INLINE void put(std::uint32_t number) noexcept {
      const std::uint32_t present = count.load(relaxed);
      numbers[present].store(number, relaxed);
      count.store(present + 1, relaxed);
    }
  };
  // Holds the number of a record; 0: none. With `aside`, the block does not begin where its granule does.
  using place = std::atomic<std::uint32_t>;
  static constexpr std::uint32_t aside = std::uint32_t{1} << 31;
  // In front of the places of a leaf.
  struct leaf_header {
    std::atomic<place*> next; // all leaves are in one list
  };

  // returns: what is added to a place's number if a block begins here
  static constexpr std::uint32_t aside_bit(std::uintptr_t address) noexcept {
    return (address & 15U) != 0 ? aside : 0;
  }
  static constexpr std::uintptr_t hide(std::uintptr_t address) noexcept {
    return ~address; // never 0 for a pointer of user space
  }

  static constexpr unsigned granule_bits = 4;
  static constexpr unsigned leaf_bits = 26; // of address space: 64 MiB
  static constexpr unsigned address_bits = 48;
  static constexpr std::size_t top_count = std::size_t{1} << (address_bits - leaf_bits);
  static constexpr std::size_t leaf_count = std::size_t{1} << (leaf_bits - granule_bits);
  static constexpr std::size_t leaf_size = sizeof(leaf_header) + leaf_count * sizeof(place);
  static constexpr unsigned chunk_bits = 16;
  static constexpr std::size_t chunk_records = std::size_t{1} << chunk_bits;
  static constexpr std::size_t chunk_count = std::size_t{1} << (31 - chunk_bits);

  place* find_place(std::uintptr_t address) const noexcept {
    const std::uintptr_t top = address >> leaf_bits;
    if (MALLOCSPY_UNLIKELY(top >= m_top_count)) {
      return nullptr;
    }
    place* leaf = m_top[top].load(std::memory_order_acquire);
    return leaf == nullptr ? nullptr : &leaf[(address >> granule_bits) % leaf_count];
  }
  MALLOCSPY_COLD place* make_place(std::uintptr_t address) noexcept;
  record* at(std::uint32_t number) const noexcept {
    return &m_chunks[number >> chunk_bits].load(std::memory_order_acquire)[number % chunk_records];
  }
  MALLOCSPY_INLINE std::uint32_t take_record() noexcept;
  MALLOCSPY_COLD std::uint32_t take_record_slowly() noexcept;
  std::uint32_t take_new(std::uint32_t count) noexcept;
  MALLOCSPY_COLD bool refill(stock& s) noexcept;
  MALLOCSPY_INLINE void give_back(std::uint32_t number) noexcept;
  MALLOCSPY_COLD void give_back_slowly(std::uint32_t number) noexcept;
  MALLOCSPY_COLD void give_back_half(stock& s) noexcept;
  void push_returned(std::uint32_t first, std::uint32_t count) noexcept;

  std::atomic<place*>* m_top;
  std::size_t m_top_count; // 0 without memory
  std::atomic<place*> m_leaves{nullptr};
  std::atomic<record*>* m_chunks;
  std::atomic<std::uint32_t> m_next{1};     // number of the next new record
  std::atomic<std::uint32_t> m_returned{0}; // batches of records that threads had too many of
  per_thread<stock> m_stocks{entries_by::index};
};

MALLOCSPY_INLINE std::uint32_t live_blocks::take_record() noexcept {
  stock* mine = m_stocks.mine_again();
  if (MALLOCSPY_UNLIKELY(mine == nullptr || mine->count.load(relaxed) == 0)) {
    return take_record_slowly();
  }
  return mine->take();
}

MALLOCSPY_INLINE void live_blocks::give_back(std::uint32_t number) noexcept {
  stock* mine = m_stocks.mine_again();
  if (MALLOCSPY_UNLIKELY(mine == nullptr || mine->count.load(relaxed) == stock::room)) {
    give_back_slowly(number);
    return;
  }
  mine->put(number);
}

template <class Walk> MALLOCSPY_INLINE bool live_blocks::put_here(const block_facts& facts, Walk walk) noexcept {
  place* p = find_place(facts.address);
  if (MALLOCSPY_UNLIKELY(p == nullptr)) {
    p = make_place(facts.address);
  }
  const std::uint32_t number = p == nullptr ? 0 : take_record();
  if (MALLOCSPY_UNLIKELY(number == 0)) {
    return false;
  }
  record& r = *at(number);
  MALLOCSPY_PREFETCH_TO_WRITE(&r);
  MALLOCSPY_PREFETCH_TO_WRITE(p);
  const std::uint32_t stack = walk();
  r.size.store(facts.size, relaxed);
  r.number.store(facts.number, relaxed);
  r.thread.store(facts.thread, relaxed);
  r.stack.store(stack, relaxed);
  r.hidden.store(hide(facts.address), std::memory_order_release);
  p->store(number | aside_bit(facts.address), std::memory_order_release);
  return true;
}

MALLOCSPY_INLINE bool live_blocks::take_here(std::uintptr_t address, block_facts* facts) noexcept {
  place* p = find_place(address);
  std::uint32_t value = p == nullptr ? 0 : p->load(std::memory_order_acquire);
  if (value == 0) {
    return false;
  }
  const std::uint32_t number = value & ~aside;
  // The record of a block that begins with its granule is not looked at: its memory may have to be waited for.
  const bool is_aside = MALLOCSPY_UNLIKELY(((value & aside) | aside_bit(address)) != 0);
  if (is_aside && at(number)->hidden.load(relaxed) != hide(address)) {
    return false;
  }
  if (facts != nullptr) {
    const record& r = *at(number);
    *facts = {address, r.size.load(relaxed), r.number.load(relaxed), r.stack.load(relaxed), r.thread.load(relaxed)};
  }
  // Of two threads that free one block at once, one gets it.
  if (blocks::process_has_one_thread()) {
    p->store(0, relaxed);
  } else if (!p->compare_exchange_strong(value, 0, std::memory_order_acq_rel)) {
    return false;
  }
  give_back(number);
  return true;
}

} // namespace mallocspy::spies
