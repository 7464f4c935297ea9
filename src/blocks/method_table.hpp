// SPDX-License-Identifier: MIT
// Where the methods of an object are found, as the compiler lays it out, and what a spy tells its host about its own.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include "blocks/hints.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <mallocspy/contract/contract.hpp>

namespace mallocspy::blocks {

// Whether an object begins with the address of its methods' addresses, in the order of their declaration and as they are.
#if defined(__GXX_ABI_VERSION) && !defined(_WIN32) && !defined(__arm64e__)
inline constexpr bool knows_method_tables = true;
#else
inline constexpr bool knows_method_tables = false;
#endif

// returns: the spy's method table, as far as it is constructed; null where that cannot be told
MALLOCSPY_INLINE const void* method_table(const IMallocSpy* spy) noexcept {
  const void* table = nullptr;
  if constexpr (knows_method_tables) {
    std::memcpy(&table, static_cast<const void*>(spy), sizeof table);
  }
  return table;
}

// returns: whether both tables have the same method in that place
inline bool share_method(const void* one, const void* other, std::size_t place) noexcept {
  constexpr std::size_t width = sizeof(void*);
  return std::memcmp(static_cast<const char*>(one) + place * width, static_cast<const char*>(other) + place * width,
                     width) == 0;
}

// The places of hooks in the method table of IMallocSpy.
enum hook_place : unsigned char { of_pre_alloc = 3, of_post_alloc, of_pre_free, of_post_free };

// What a spy tells while it is asked for IID_IConcurrentMallocSpy, for the thread that asks.
struct told_hooks {
  const IMallocSpy* spy;
  const void*
      passing; // a method table: a hook that the spy has in common with it does nothing but to pass everything through
  std::uint32_t as_well; // a bit for each place in the spy's own table of which that is so until it says that it is not
};
// Not thread_local: the compiler would call a function on each use, to see whether it must be constructed.
MALLOCSPY_INNER extern __thread told_hooks told_by_spy;

// effects: what the spy has told of hooks that pass everything through is not so any more, if the host goes by it
// threads: while no other thread allocates
void take_back_told_hooks(const IMallocSpy* spy) noexcept;

// effects: from now on the host is told so there. threads: any
using told_hooks_listener = void (*)(const IMallocSpy* spy) noexcept;
void tell_taken_back_hooks_to(told_hooks_listener host) noexcept;

} // namespace mallocspy::blocks
