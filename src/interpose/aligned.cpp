// SPDX-License-Identifier: MIT
// The functions of the malloc family that take an alignment, or have one of their own.
// Runs inside hooks: never allocates from what is hooked, takes no lock without a spy.
#include "interpose/malloc_family.hpp"
#include "interpose/operations.hpp"

#include <cerrno>
#include <cstdlib> // the C library says here which version it has
#include <unistd.h>

namespace mallocspy::interpose {

namespace {

bool is_power_of_two(std::size_t alignment) noexcept {
  return alignment != 0 && (alignment & (alignment - 1)) == 0;
}

std::size_t page_size() noexcept {
  return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

// returns: null without memory; errno is as it happens to be
void* allocate_aligned(std::size_t alignment, std::size_t size, const void* frame) {
  const std::size_t at_least = alignment < task::default_alignment ? task::default_alignment : alignment;
  if (at_least > PTRDIFF_MAX || size > PTRDIFF_MAX - at_least) {
    return nullptr;
  }
  return allocate_slowly(size, {at_least, false, entry_point::c_library}, origin::c_library, frame);
}

MALLOCSPY_INLINE void* aligned_or_errno(std::size_t alignment, std::size_t size) {
  void* p = allocate_aligned(alignment, size, __builtin_frame_address(0));
  if (p == nullptr) {
    errno = ENOMEM;
  }
  return p;
}

} // namespace

int c_posix_memalign(void** result, std::size_t alignment, std::size_t size) {
  if (!is_power_of_two(alignment) || alignment % sizeof(void*) != 0) {
    return EINVAL;
  }
  const int kept = errno;
  void* p = allocate_aligned(alignment, size, __builtin_frame_address(0));
  errno = kept;
  if (p == nullptr) {
    return ENOMEM;
  }
  *result = p;
  return 0;
}

void* c_memalign(std::size_t alignment, std::size_t size) {
  if (alignment > SIZE_MAX / 2 + 1) {
    errno = EINVAL;
    return nullptr;
  }
  std::size_t power = task::default_alignment;
  while (power < alignment) {
    power *= 2;
  }
  return aligned_or_errno(power, size);
}

void* c_aligned_alloc(std::size_t alignment, std::size_t size) {
#if defined(__GLIBC__)
#if !__GLIBC_PREREQ(2, 38)
  return c_memalign(alignment, size);
#endif
#endif
  if (!is_power_of_two(alignment)) {
    errno = EINVAL;
    return nullptr;
  }
  return aligned_or_errno(alignment, size);
}

void* c_valloc(std::size_t size) {
  return aligned_or_errno(page_size(), size);
}

void* c_pvalloc(std::size_t size) {
  const std::size_t page = page_size();
  if (size > PTRDIFF_MAX - page) {
    errno = ENOMEM;
    return nullptr;
  }
  return aligned_or_errno(page, (size + page - 1) & ~(page - 1));
}

} // namespace mallocspy::interpose
