// SPDX-License-Identifier: MIT
// The handles of heaps. A handle is no address but a number: which place of a table, and for the how-manieth heap in it. So
// a handle is looked up without being followed, and that of a destroyed heap is never anybody's again. What a place points
// to is kept when its heap is destroyed, for the next one in that place: a thread that comes too late finds a heap with
// another handle, not memory that is gone.
#pragma once

#include "blocks/hints.hpp"
#include "heap/private_heap.hpp"

#include <mallocspy/heap/flags.hpp>

namespace mallocspy::heap {

inline constexpr unsigned place_bits = 16; // at most so many heaps at once
inline constexpr unsigned place_shift = 4;
inline constexpr std::size_t place_count = std::size_t{1} << place_bits;

// Place 0 is the process heap's, and that of a null handle: no private heap is there.
MALLOCSPY_INNER extern std::atomic<private_heap*> heap_places[place_count];
inline constexpr std::uintptr_t process_heap_handle = std::uintptr_t{1} << (place_bits + place_shift);

inline bool is_process_heap(HANDLE handle) noexcept {
  return reinterpret_cast<std::uintptr_t>(handle) == process_heap_handle;
}

// returns: the private heap with this handle; null if there is none
inline private_heap* find_private_heap(HANDLE handle) noexcept {
  const auto value = reinterpret_cast<std::uintptr_t>(handle);
  private_heap* heap = heap_places[(value >> place_shift) % place_count].load(std::memory_order_acquire);
  const bool found = heap != nullptr && heap->handle.load(std::memory_order_acquire) == value;
  return MALLOCSPY_LIKELY(found) ? heap : nullptr;
}

// A private heap in use, from looking up its handle to the end of the scope: locked, unless the heap or the call says not.
class heap_use {
public:
  heap_use(HANDLE handle, DWORD flags) noexcept : m_heap(find_private_heap(handle)) {
    if (m_heap != nullptr && ((m_heap->options | flags) & HEAP_NO_SERIALIZE) == 0) {
      m_heap->gate.lock();
      m_heap->gate.wait_for_others();
      m_locked = m_heap;
      if (MALLOCSPY_UNLIKELY(m_heap->handle.load(std::memory_order_relaxed) != reinterpret_cast<std::uintptr_t>(handle))) {
        m_heap->gate.unlock(); // destroyed while this thread waited
        m_locked = nullptr;
        m_heap = nullptr;
      }
    }
  }
  heap_use(const heap_use&) = delete;
  heap_use& operator=(const heap_use&) = delete;
  ~heap_use() {
    if (m_locked != nullptr) {
      m_locked->gate.unlock();
    }
  }

  // returns: whether there is such a heap
  explicit operator bool() const noexcept {
    return m_heap != nullptr;
  }
  private_heap* operator->() const noexcept {
    return m_heap;
  }

private:
  private_heap* m_heap;
  private_heap* m_locked = nullptr;
};

// effects: makes a heap. returns: its handle, 0 without memory, or where there are too many. threads: any
std::uintptr_t create_heap(DWORD options, std::size_t maximum) noexcept;

// effects: destroys a private heap. returns: false if the handle is none. threads: any
bool destroy_heap(HANDLE handle) noexcept;

// effects: stores the handles of all private heaps in the order of their creation, as far as there is room
// returns: how many there are. threads: any
std::size_t list_heaps(HANDLE* to, std::size_t room) noexcept;

// returns: how many places of the table were ever used
std::size_t used_places() noexcept;

} // namespace mallocspy::heap
