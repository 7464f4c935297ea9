// SPDX-License-Identifier: MIT
// What a request asked for beyond its size. IMalloc has no alignment and never zeroes; aligned and zeroing entry points
// (mallocspy.h) do both over the same blocks. Here and not in task, since spies ask without knowing who calls them.
// source: ours
#pragma once

#include <cstddef>
#include <mallocspy/contract/export.h>

namespace mallocspy {

enum class entry_point {
  none,         // outside of any request
  task,         // IMalloc and CoTaskMem*
  c,            // the functions of mallocspy.h
  c_library,    // malloc and its family, where they are interposed
  operator_new, // operator new and operator delete, where they are interposed
};

struct request_info {
  std::size_t alignment; // in bytes, a power of two: what the client pointer must be a multiple of
  bool zeroed;           // the client expects zeroed memory
  entry_point entry;

  friend constexpr bool operator==(const request_info& a, const request_info& b) noexcept {
    return a.alignment == b.alignment && a.zeroed == b.zeroed && a.entry == b.entry;
  }
  friend constexpr bool operator!=(const request_info& a, const request_info& b) noexcept {
    return !(a == b);
  }
};

// For spies, between a Pre and the return of its Post: the request that is being served on this thread. A spy that moves
// pointers keeps its offset a multiple of the alignment, and leaves zeroed memory zero. If a client pointer comes back less
// aligned than an aligned entry point asked, the block is given back through the spy and the request is served unspied,
// with one line on stderr.
// returns: outside of a spied request, and under another host's CoRegisterMallocSpy: twice the size of a pointer, not
//   zeroed, none
// threads: any; each sees its own
MALLOCSPY_API request_info current_request() noexcept;

} // namespace mallocspy
