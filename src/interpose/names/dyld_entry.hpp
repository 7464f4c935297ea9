// SPDX-License-Identifier: MIT
// macOS: whether a call that dyld has led to one of our names is ours to answer. Thread-local variables are made by dyld
// with malloc, which it has been led to as well: a call from within one of our names is answered by the system's. Which
// call that is, no thread-local variable can tell; a key of pthread can, which takes no memory there. Runs inside hooks:
// never allocates from what is hooked, takes no lock.
#pragma once

#include <cstdint>

namespace mallocspy::interpose {

class dyld_entry {
public:
  // frame: of the name that the client has called
  explicit dyld_entry(const void* frame) noexcept;
  ~dyld_entry();
  dyld_entry(const dyld_entry&) = delete;
  dyld_entry& operator=(const dyld_entry&) = delete;

  // returns: whether blocks of ours can be here at all: from the start of this library on
  bool is_in_force() const noexcept {
    return m_in_force;
  }
  // returns: whether memory comes from us: a call of the program, not one from within
  bool allocates() const noexcept {
    return m_outermost;
  }
  // returns: whether this is the block of the thread's variables, which the end of the thread frees before other keys'
  //   destructors have used them for the last time. It is kept
  bool is_of_thread(const void* p) const noexcept;

private:
  bool m_in_force;
  bool m_outermost = false;
  const void** m_frame_of_door = nullptr;
  std::uintptr_t m_known = 0; // where this thread had its variables before
};

// effects: from now on calls are answered here. returns: false if that is not possible. Once, before there are threads
bool enter_into_force() noexcept;

} // namespace mallocspy::interpose
