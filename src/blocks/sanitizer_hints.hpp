// SPDX-License-Identifier: MIT
// What AddressSanitizer and ThreadSanitizer must be told, since mimalloc is not instrumented. Empty in other builds.
#pragma once

#include <cstddef>
#include <cstdint>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MALLOCSPY_ASAN 1
#endif
#if __has_feature(thread_sanitizer)
#define MALLOCSPY_TSAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define MALLOCSPY_ASAN 1
#endif
#if defined(__SANITIZE_THREAD__)
#define MALLOCSPY_TSAN 1
#endif

// A function that looks into memory which is forbidden to others.
#if defined(MALLOCSPY_ASAN)
#define MALLOCSPY_LOOKS_ANYWHERE __attribute__((no_sanitize_address, noinline))
#else
#define MALLOCSPY_LOOKS_ANYWHERE
#endif

#if defined(MALLOCSPY_ASAN)
#include <sanitizer/asan_interface.h>
#endif
#if defined(MALLOCSPY_TSAN)
#include <sanitizer/tsan_interface.h>
#endif

namespace mallocspy::blocks::sanitizer {

#if defined(MALLOCSPY_ASAN)
inline constexpr bool wants_usable_size = true;
// The heap's own memset goes through AddressSanitizer's, which would refuse memory that is still poisoned.
inline constexpr bool zeroes_by_hand = true;

// Memory that the heap gives back to the system would stay poisoned for whoever maps it next. It gives back what it mapped
// alone for one block; the rest it keeps as long as it is not told to collect.
inline constexpr std::size_t mapped_alone = std::size_t{1} << 20;
inline constexpr bool may_collect = false;

// A giant block comes fresh from the system, and its shadow would cost an eighth of it.
inline constexpr std::size_t giant = std::size_t{1} << 30;

// effects: `size` bytes may be touched, the slack up to `usable` may not
inline void block_lives(void* p, std::size_t size, std::size_t usable) noexcept {
  if (usable < giant) {
    ASAN_UNPOISON_MEMORY_REGION(p, size);
    ASAN_POISON_MEMORY_REGION(static_cast<char*>(p) + size, usable - size);
  }
}
// effects: none of the block's bytes may be touched
inline void block_dies(void* p, std::size_t usable) noexcept {
  if (usable < mapped_alone) {
    ASAN_POISON_MEMORY_REGION(p, usable);
  } else if (usable < giant) {
    ASAN_UNPOISON_MEMORY_REGION(p, usable);
  }
}
// effects: memory that was just mapped may be touched, whatever was there before
inline void memory_is_fresh(void* p, std::size_t size) noexcept {
  ASAN_UNPOISON_MEMORY_REGION(p, size);
}
// effects: the bytes may not be touched, in memory that is the library's own
inline void forbid(void* p, std::size_t size) noexcept {
  ASAN_POISON_MEMORY_REGION(p, size);
}
#elif defined(MALLOCSPY_TSAN)
inline constexpr bool wants_usable_size = true;
inline constexpr bool zeroes_by_hand = false;
inline constexpr bool may_collect = true;

// The heap hands memory from thread to thread with synchronisation of its own, which ThreadSanitizer does not see, and not
// only block for block: a page of small blocks comes back as one of larger ones. So whoever receives memory is ordered
// behind whoever freed something in the same 64 KiB.
inline constexpr unsigned region_bits = 16;
inline constexpr std::uintptr_t region_count = 4096;
inline char regions[region_count];

template <class Edge> inline void for_each_region(const void* p, std::size_t usable, Edge edge) noexcept {
  const std::uintptr_t first = reinterpret_cast<std::uintptr_t>(p) >> region_bits;
  const std::uintptr_t last = (reinterpret_cast<std::uintptr_t>(p) + usable) >> region_bits;
  for (std::uintptr_t r = first; r <= last && r < first + region_count; ++r) {
    edge(&regions[r % region_count]);
  }
}
inline void block_lives(void* p, std::size_t, std::size_t usable) noexcept {
  for_each_region(p, usable, __tsan_acquire);
}
inline void block_dies(void* p, std::size_t usable) noexcept {
  for_each_region(p, usable, __tsan_release);
}
inline void memory_is_fresh(void*, std::size_t) noexcept {}
inline void forbid(void*, std::size_t) noexcept {}
#else
inline constexpr bool wants_usable_size = false;
inline constexpr bool zeroes_by_hand = false;
inline constexpr bool may_collect = true;

inline void block_lives(void*, std::size_t, std::size_t) noexcept {}
inline void block_dies(void*, std::size_t) noexcept {}
inline void memory_is_fresh(void*, std::size_t) noexcept {}
inline void forbid(void*, std::size_t) noexcept {}
#endif

} // namespace mallocspy::blocks::sanitizer
