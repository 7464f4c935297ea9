// SPDX-License-Identifier: MIT
// All blocks of a guard, found by the client's pointer.
// Runs inside hooks: never allocates from what is hooked; its locks are held for a few instructions and never across a
// hook.
#pragma once

#include "blocks/fork_safe_lock.hpp"
#include "spies/guard/guard_block.hpp"

#include <atomic>
#include <cstdint>

namespace mallocspy::spies {

class guard_table {
public:
  guard_table() noexcept;
  ~guard_table();
  guard_table(const guard_table&) = delete;
  guard_table& operator=(const guard_table&) = delete;

  explicit operator bool() const noexcept {
    return m_places != nullptr;
  }

  // returns: a record to be filled in; null without memory. threads: any, as all of these
  guarded_block* make() noexcept;
  // effects: takes back a record that is in no place
  void drop(guarded_block* block) noexcept;

  void insert(guarded_block& block) noexcept;
  void erase(guarded_block& block) noexcept;
  void set_state(guarded_block& block, block_state state) noexcept;

  // What is known of a pointer at one moment.
  struct found {
    guarded_block* block; // null: not known
    block_state state;
  };
  // effects: a live block becomes `leaving`, for the calling thread alone. returns: the state before
  found claim(const void* client) noexcept;

  // returns: a copy of the record, if it is there. Its block may leave meanwhile, unless it is the caller's
  bool copy(const void* client, guarded_block& copied) const noexcept;

  // effects: calls look(block) for each block that is not leaving, under a lock, until it returns true, and then act()
  //   without a lock; goes on until there is nothing more to do
  template <class Look, class Act> void for_each(Look look, Act act) {
    for_each_used_place([&](std::size_t place) {
      while (m_places[place].load(std::memory_order_relaxed) != nullptr && one_at(place, look)) {
        act();
      }
    });
  }

  // effects: calls f(block) for each block, without a lock: for signal handlers, and when nobody else is there
  template <class Function> void for_each_unlocked(Function f) const {
    for_each_used_place([&](std::size_t place) {
      for (guarded_block* b = m_places[place].load(std::memory_order_relaxed); b != nullptr;) {
        guarded_block* next = b->next;
        f(*b);
        b = next;
      }
    });
  }

private:
  static constexpr std::size_t place_count = std::size_t{1} << 20;
  // Of places that never held a block neither the place nor its page is looked at: few groups are in use in a small
  // program.
  static constexpr std::size_t group_places = 32;
  static constexpr std::size_t set_groups = 64; // groups that are told by one word
  static constexpr std::size_t lock_count = 64;
  static constexpr std::size_t chunk_bytes = std::size_t{64} * 1024;

  struct alignas(64) padded_lock {
    blocks::fork_safe_lock lock;
  };
  // Records in reserve, for some of the threads.
  struct alignas(64) stock {
    blocks::fork_safe_lock lock;
    guarded_block* first = nullptr;
  };
  struct chunk {
    chunk* next;
  };

  // Neighbours have neighbouring places, so that few blocks touch few pages of the table.
  static std::size_t place_of(const void* client) noexcept {
    const auto address = reinterpret_cast<std::uintptr_t>(client);
    return ((address >> 4) ^ (address >> 24)) % place_count;
  }
  blocks::fork_safe_lock& lock_of(std::size_t place) const noexcept {
    return m_locks[place % lock_count].lock;
  }
  template <class Visit> void for_each_used_place(Visit visit) const {
    for (std::size_t set = 0; set < set_count; ++set) {
      std::uint64_t used = m_used[set].load(std::memory_order_relaxed);
      for (std::size_t group = set * set_groups; used != 0; ++group, used >>= 1) {
        for (std::size_t i = 0; (used & 1) != 0 && i < group_places; ++i) {
          visit(group * group_places + i);
        }
      }
    }
  }
  void mark_used(std::size_t place) noexcept {
    const std::size_t group = place / group_places;
    std::atomic<std::uint64_t>& set = m_used[group / set_groups];
    const std::uint64_t bit = std::uint64_t{1} << group % set_groups;
    if ((set.load(std::memory_order_relaxed) & bit) == 0) {
      set.fetch_or(bit, std::memory_order_relaxed);
    }
  }
  guarded_block* find(std::size_t place, const void* client) const noexcept;
  bool refill(stock& empty) noexcept;

  template <class Look> bool one_at(std::size_t place, Look look) {
    lock_of(place).lock();
    bool hit = false;
    for (guarded_block* b = m_places[place].load(std::memory_order_relaxed); b != nullptr && !hit; b = b->next) {
      hit = b->state != block_state::leaving && look(*b);
    }
    lock_of(place).unlock();
    return hit;
  }

  std::atomic<guarded_block*>* m_places;
  static constexpr std::size_t set_count = place_count / group_places / set_groups;
  std::atomic<std::uint64_t> m_used[set_count]{}; // groups that have held a block
  std::atomic<chunk*> m_chunks{nullptr};
  mutable padded_lock m_locks[lock_count];
  stock m_stocks[16];
};

} // namespace mallocspy::spies
