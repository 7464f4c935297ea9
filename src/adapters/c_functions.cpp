// SPDX-License-Identifier: MIT
// mallocspy.h: the task allocator with the manners of C, errno included.
#include "task/operations.hpp"

#include <cerrno>
#include <cstring>
#include <mallocspy/mallocspy.h>

namespace {

using namespace mallocspy;

constexpr request_info c_request{task::default_alignment, false, entry_point::c};

void* or_enomem(void* block) noexcept {
  if (block == nullptr) {
    errno = ENOMEM;
  }
  return block;
}

// Sizes and owners are asked for through const pointers in C; IMalloc's methods take any pointer and write nothing.
void* as_pv(const void* block) noexcept {
  return const_cast<void*>(block);
}

} // namespace

void* mallocspy_alloc(size_t size) {
  return or_enomem(task::alloc(size, c_request));
}

void* mallocspy_calloc(size_t count, size_t size) {
  size_t total = 0;
  if (__builtin_mul_overflow(count, size, &total)) {
    errno = ENOMEM;
    return nullptr;
  }
  return or_enomem(task::alloc(total, {task::default_alignment, true, entry_point::c}));
}

void* mallocspy_realloc(void* block, size_t size) {
  void* moved = task::realloc(block, size, c_request);
  const bool freed = block != nullptr && size == 0;
  return freed ? nullptr : or_enomem(moved);
}

void mallocspy_free(void* block) {
  const int kept = errno;
  task::free(block, c_request);
  errno = kept;
}

size_t mallocspy_size(const void* block) {
  const size_t size = task::get_size(as_pv(block), c_request);
  return size == blocks::no_size ? 0 : size;
}

int mallocspy_owns(const void* block) {
  return task::did_alloc(as_pv(block), c_request) == 1 ? 1 : 0;
}

void* mallocspy_aligned_alloc(size_t alignment, size_t size) {
  if (alignment == 0 || (alignment & (alignment - 1)) != 0) {
    errno = EINVAL;
    return nullptr;
  }
  const size_t at_least = alignment < task::default_alignment ? task::default_alignment : alignment;
  return or_enomem(task::alloc(size, {at_least, false, entry_point::c}));
}

char* mallocspy_strdup(const char* string) {
  const size_t size = std::strlen(string) + 1;
  void* copy = mallocspy_alloc(size);
  return copy == nullptr ? nullptr : static_cast<char*>(std::memcpy(copy, string, size));
}
