// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock; errno is kept.
#include "blocks/zeroing.hpp"

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <sys/mman.h>
#include <unistd.h>

namespace mallocspy::blocks {

void zero_by_pages(void* p, std::size_t size) noexcept {
#if defined(__linux__)
  // Only here: elsewhere the advice is free to keep the old contents.
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto begin = reinterpret_cast<std::uintptr_t>(p);
  const std::uintptr_t first = (begin + page - 1) & ~(page - 1);
  const std::uintptr_t last = (begin + size) & ~(page - 1);
  const int kept = errno;
  const bool given = first < last && ::madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED) == 0;
  errno = kept;
  if (given) {
    std::memset(p, 0, first - begin);
    std::memset(reinterpret_cast<void*>(last), 0, begin + size - last);
    return;
  }
#endif
  std::memset(p, 0, size);
}

} // namespace mallocspy::blocks
