// SPDX-License-Identifier: MIT
// A table with one entry for each thread, for counters that a thread writes alone. Zeroed memory must be a good entry.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include "blocks/table_memory.hpp"
#include "spies/threads/thread_state.hpp"

namespace mallocspy::spies {

// What every entry begins with.
struct thread_entry {
  std::atomic<std::uint32_t> owner; // serial of the thread that wrote here last; 0: nobody yet
};

// Which entry a thread gets.
enum class entries_by {
  index,  // that of its number: an ended thread's entry goes on under the next one with that number
  serial, // one that no other thread ever gets, as long as there are some
};

// Counters of an entry: written by one thread, read by any. Entry 0 has many writers.
class counter {
public:
  template <class Number> void add(Number change, bool shared) noexcept {
    const auto step = static_cast<std::uint64_t>(change);
    if (MALLOCSPY_UNLIKELY(shared)) {
      m_value.fetch_add(step, std::memory_order_relaxed);
    } else {
      m_value.store(m_value.load(std::memory_order_relaxed) + step, std::memory_order_relaxed);
    }
  }
  void set(std::uint64_t value) noexcept {
    m_value.store(value, std::memory_order_relaxed);
  }
  // effects: makes it the larger of the two
  void raise(std::uint64_t value, bool shared) noexcept {
    std::uint64_t seen = m_value.load(std::memory_order_relaxed);
    if (MALLOCSPY_LIKELY(!shared)) {
      if (seen < value) {
        m_value.store(value, std::memory_order_relaxed);
      }
      return;
    }
    while (seen < value && !m_value.compare_exchange_weak(seen, value, std::memory_order_relaxed)) {
    }
  }
  std::uint64_t get() const noexcept {
    return m_value.load(std::memory_order_relaxed);
  }

private:
  std::atomic<std::uint64_t> m_value;
};

template <class Entry> class per_thread {
public:
  // A thread's entry, and whether other threads write it too.
  struct place {
    Entry& entry;
    bool shared;
  };

  explicit per_thread(entries_by how) noexcept
      : m_by_serial(how == entries_by::serial), m_count(m_by_serial ? 16 * most_threads : most_threads),
        m_entries(static_cast<Entry*>(blocks::map_table(m_count * sizeof(Entry)))) {
    if (m_entries == nullptr) {
      m_count = 0;
      m_entries = &m_spare;
    }
  }
  per_thread(const per_thread&) = delete;
  per_thread& operator=(const per_thread&) = delete;
  ~per_thread() {
    if (m_count != 0) {
      blocks::unmap_table(m_entries, m_count * sizeof(Entry));
    }
  }

  // returns: the calling thread's
  MALLOCSPY_INLINE place mine() noexcept {
    Entry* again = mine_again();
    // The child of a fork may find its entry wiped.
    if (MALLOCSPY_LIKELY(again != nullptr && again->owner.load(std::memory_order_relaxed) == this_thread.serial)) {
      return {*again, false};
    }
    return find_mine();
  }

  // returns: the calling thread's; null if it has asked another table since, or other threads write the entry too. For
  // tables
  //   that no fork wipes
  MALLOCSPY_INLINE Entry* mine_again() noexcept {
    return MALLOCSPY_LIKELY(this_thread.table == m_number) ? static_cast<Entry*>(this_thread.entry) : nullptr;
  }

  // effects: calls f(entry, whether it is the shared one) for each that was ever written
  template <class Function> void for_each(Function f) {
    const std::uint32_t last = m_last.load(std::memory_order_acquire);
    for (std::uint32_t i = 0; i <= last; ++i) {
      if (m_entries[i].owner.load(std::memory_order_acquire) != 0) {
        f(m_entries[i], i == 0);
      }
    }
  }

  // effects: calls f(memory, size in bytes) for the memory in which the entries lie, if there is any
  template <class Function> void with_memory(Function f) {
    if (m_count != 0) {
      f(static_cast<void*>(m_entries), m_count * sizeof(Entry));
    }
  }

  bool shared_is_used() const noexcept {
    return m_entries[0].owner.load(std::memory_order_relaxed) != 0;
  }

private:
  MALLOCSPY_OUT_OF_LINE place find_mine() noexcept {
    const std::uint32_t index = index_of_this_thread();
    const std::uint32_t serial = this_thread.serial;
    const std::uint32_t wanted = m_by_serial && index != 0 ? serial : index;
    const std::uint32_t which = wanted < m_count ? wanted : 0;
    Entry& entry = m_entries[which];
    if (entry.owner.load(std::memory_order_relaxed) != serial) {
      take_over(entry, which, serial);
    }
    if (which != 0) {
      // A signal handler that allocates finds no table with another one's entry.
      this_thread.table = 0;
      std::atomic_signal_fence(std::memory_order_seq_cst);
      this_thread.entry = &entry;
      std::atomic_signal_fence(std::memory_order_seq_cst);
      this_thread.table = m_number;
    }
    return {entry, which == 0};
  }

  MALLOCSPY_COLD void take_over(Entry& entry, std::uint32_t which, std::uint32_t serial) noexcept {
    entry.owner.store(serial, std::memory_order_release);
    std::uint32_t last = m_last.load(std::memory_order_relaxed);
    while (last < which && !m_last.compare_exchange_weak(last, which, std::memory_order_release)) {
    }
  }

  const std::uint64_t m_number = number_of_new_table();
  const bool m_by_serial;
  std::uint32_t m_count;
  Entry* m_entries;
  std::atomic<std::uint32_t> m_last{0};
  Entry m_spare{}; // for all threads, where there is no memory for more
};

} // namespace mallocspy::spies
