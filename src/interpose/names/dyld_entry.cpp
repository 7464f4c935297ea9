// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#include "interpose/names/dyld_entry.hpp"

#include "interpose/dyld_doors.hpp"

#include <atomic>
#include <malloc/malloc.h>
#include <pthread.h>

namespace mallocspy::interpose {

namespace {

std::atomic<bool> in_force{false};
// The thread's value: where its variables are, with `inside` while it is in one of our names. Null in a new thread.
pthread_key_t place_of_thread;
constexpr std::uintptr_t inside = 1;

// The variables of one library take some KiB.
constexpr std::uintptr_t largest_block_of_thread = std::uintptr_t{1} << 20;

void note(std::uintptr_t value) noexcept {
  ::pthread_setspecific(place_of_thread, reinterpret_cast<const void*>(value));
}

} // namespace

dyld_entry::dyld_entry(const void* frame) noexcept : m_in_force(in_force.load(std::memory_order_acquire)) {
  if (!m_in_force) {
    return;
  }
  m_known = reinterpret_cast<std::uintptr_t>(::pthread_getspecific(place_of_thread));
  if ((m_known & inside) != 0) {
    return;
  }
  m_outermost = true;
  note(m_known | inside);
  m_frame_of_door = frame_of_door(); // may call malloc, and comes here again
  *m_frame_of_door = frame;
}

dyld_entry::~dyld_entry() {
  if (m_outermost) {
    *m_frame_of_door = nullptr;
    note(reinterpret_cast<std::uintptr_t>(m_frame_of_door));
  }
}

bool dyld_entry::is_of_thread(const void* p) const noexcept {
  const std::uintptr_t offset = m_known - reinterpret_cast<std::uintptr_t>(p);
  return m_outermost && p != nullptr && m_known != 0 && offset<largest_block_of_thread&& ::malloc_size(p)> offset;
}

bool enter_into_force() noexcept {
  if (::pthread_key_create(&place_of_thread, nullptr) != 0) {
    return false;
  }
  in_force.store(true, std::memory_order_release);
  return true;
}

} // namespace mallocspy::interpose
