// SPDX-License-Identifier: MIT
// macOS: malloc and its family, as all other modules of the process find them. What they take from within one of our
// names is the system's, and so is what they took before this library began; freed is each by whom it is.
// Runs inside hooks: never allocates from what is hooked, takes no lock without a spy.
#include "interpose/dyld_doors.hpp"
#include "interpose/malloc_family.hpp"
#include "interpose/names/dyld_entry.hpp"
#include "interpose/names/dyld_tuple.hpp"

#include <cstdlib>
#include <malloc/malloc.h>

using namespace mallocspy::interpose;

namespace {

// The plain names are the system's in this library.

void* malloc_here(std::size_t size) {
  const dyld_entry here(__builtin_frame_address(0));
  return here.allocates() ? c_malloc(size) : ::malloc(size);
}

void* calloc_here(std::size_t count, std::size_t size) {
  const dyld_entry here(__builtin_frame_address(0));
  return here.allocates() ? c_calloc(count, size) : ::calloc(count, size);
}

// A block that is resized to 0 bytes becomes the smallest one, as the system's manual says, and is not null.
std::size_t at_least_one(const void* p, std::size_t size) noexcept {
  return p != nullptr && size == 0 ? 1 : size;
}

void* realloc_here(void* p, std::size_t size) {
  const dyld_entry here(__builtin_frame_address(0));
  const bool ours = here.allocates() || (here.is_in_force() && p != nullptr);
  return ours ? c_realloc(p, at_least_one(p, size)) : ::realloc(p, size);
}

void* reallocf_here(void* p, std::size_t size) {
  const dyld_entry here(__builtin_frame_address(0));
  const bool ours = here.allocates() || (here.is_in_force() && p != nullptr);
  return ours ? c_reallocf(p, at_least_one(p, size)) : ::reallocf(p, size);
}

void free_here(void* p) {
  const dyld_entry here(__builtin_frame_address(0));
  if (here.is_of_thread(p)) {
    return;
  }
  here.is_in_force() ? c_free(p) : ::free(p);
}

int posix_memalign_here(void** result, std::size_t alignment, std::size_t size) {
  const dyld_entry here(__builtin_frame_address(0));
  return here.allocates() ? c_posix_memalign(result, alignment, size) : ::posix_memalign(result, alignment, size);
}

void* aligned_alloc_here(std::size_t alignment, std::size_t size) {
  const dyld_entry here(__builtin_frame_address(0));
  return here.allocates() ? c_aligned_alloc(alignment, size) : ::aligned_alloc(alignment, size);
}

void* valloc_here(std::size_t size) {
  const dyld_entry here(__builtin_frame_address(0));
  return here.allocates() ? c_valloc(size) : ::valloc(size);
}

// The system's libraries ask about what is no block at all.
std::size_t malloc_size_here(const void* p) {
  const dyld_entry here(__builtin_frame_address(0));
  return here.is_in_force() && is_block_of_ours(p) ? c_usable_size(const_cast<void*>(p)) : ::malloc_size(p);
}

std::size_t malloc_good_size_here(std::size_t size) {
  return size; // exact sizes are told, so no larger one is any better
}

MALLOCSPY_DYLD_TUPLE<void*(std::size_t)> of_malloc{malloc_here, ::malloc};
MALLOCSPY_DYLD_TUPLE<void*(std::size_t, std::size_t)> of_calloc{calloc_here, ::calloc};
MALLOCSPY_DYLD_TUPLE<void*(void*, std::size_t)> of_realloc{realloc_here, ::realloc};
MALLOCSPY_DYLD_TUPLE<void*(void*, std::size_t)> of_reallocf{reallocf_here, ::reallocf};
MALLOCSPY_DYLD_TUPLE<void(void*)> of_free{free_here, ::free};
MALLOCSPY_DYLD_TUPLE<int(void**, std::size_t, std::size_t)> of_posix_memalign{posix_memalign_here, ::posix_memalign};
MALLOCSPY_DYLD_TUPLE<void*(std::size_t, std::size_t)> of_aligned_alloc{aligned_alloc_here, ::aligned_alloc};
MALLOCSPY_DYLD_TUPLE<void*(std::size_t)> of_valloc{valloc_here, ::valloc};
MALLOCSPY_DYLD_TUPLE<std::size_t(const void*)> of_malloc_size{malloc_size_here, ::malloc_size};
MALLOCSPY_DYLD_TUPLE<std::size_t(std::size_t)> of_malloc_good_size{malloc_good_size_here, ::malloc_good_size};

} // namespace

// From macOS 14 on compilers turn malloc(size) into malloc_type_malloc(size, type), in the system's libraries first of all.
#if defined(__has_include) && defined(__LP64__)
#if __has_include(<malloc/_malloc_type.h>)

extern "C" {
__attribute__((weak_import)) void* malloc_type_malloc(std::size_t, unsigned long long);
__attribute__((weak_import)) void* malloc_type_calloc(std::size_t, std::size_t, unsigned long long);
__attribute__((weak_import)) void* malloc_type_realloc(void*, std::size_t, unsigned long long);
__attribute__((weak_import)) void malloc_type_free(void*, unsigned long long);
__attribute__((weak_import)) void* malloc_type_valloc(std::size_t, unsigned long long);
__attribute__((weak_import)) void* malloc_type_aligned_alloc(std::size_t, std::size_t, unsigned long long);
__attribute__((weak_import)) int malloc_type_posix_memalign(void**, std::size_t, std::size_t, unsigned long long);
}

namespace {

void* malloc_type_malloc_here(std::size_t size, unsigned long long) {
  const dyld_entry here(__builtin_frame_address(0));
  return here.allocates() ? c_malloc(size) : ::malloc(size);
}

void* malloc_type_calloc_here(std::size_t count, std::size_t size, unsigned long long) {
  const dyld_entry here(__builtin_frame_address(0));
  return here.allocates() ? c_calloc(count, size) : ::calloc(count, size);
}

void* malloc_type_realloc_here(void* p, std::size_t size, unsigned long long) {
  const dyld_entry here(__builtin_frame_address(0));
  const bool ours = here.allocates() || (here.is_in_force() && p != nullptr);
  return ours ? c_realloc(p, at_least_one(p, size)) : ::realloc(p, size);
}

void malloc_type_free_here(void* p, unsigned long long) {
  const dyld_entry here(__builtin_frame_address(0));
  if (here.is_of_thread(p)) {
    return;
  }
  here.is_in_force() ? c_free(p) : ::free(p);
}

void* malloc_type_valloc_here(std::size_t size, unsigned long long) {
  const dyld_entry here(__builtin_frame_address(0));
  return here.allocates() ? c_valloc(size) : ::valloc(size);
}

void* malloc_type_aligned_alloc_here(std::size_t alignment, std::size_t size, unsigned long long) {
  const dyld_entry here(__builtin_frame_address(0));
  return here.allocates() ? c_aligned_alloc(alignment, size) : ::aligned_alloc(alignment, size);
}

int malloc_type_posix_memalign_here(void** result, std::size_t alignment, std::size_t size, unsigned long long) {
  const dyld_entry here(__builtin_frame_address(0));
  return here.allocates() ? c_posix_memalign(result, alignment, size) : ::posix_memalign(result, alignment, size);
}

// They are null on an older system than they were made for.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wunguarded-availability-new"
using type_id = unsigned long long;
MALLOCSPY_DYLD_TUPLE<void*(std::size_t, type_id)> of_type_malloc{malloc_type_malloc_here, ::malloc_type_malloc};
MALLOCSPY_DYLD_TUPLE<void*(std::size_t, std::size_t, type_id)> of_type_calloc{malloc_type_calloc_here,
                                                                              ::malloc_type_calloc};
MALLOCSPY_DYLD_TUPLE<void*(void*, std::size_t, type_id)> of_type_realloc{malloc_type_realloc_here, ::malloc_type_realloc};
MALLOCSPY_DYLD_TUPLE<void(void*, type_id)> of_type_free{malloc_type_free_here, ::malloc_type_free};
MALLOCSPY_DYLD_TUPLE<void*(std::size_t, type_id)> of_type_valloc{malloc_type_valloc_here, ::malloc_type_valloc};
MALLOCSPY_DYLD_TUPLE<void*(std::size_t, std::size_t, type_id)> of_type_aligned_alloc{malloc_type_aligned_alloc_here,
                                                                                     ::malloc_type_aligned_alloc};
MALLOCSPY_DYLD_TUPLE<int(void**, std::size_t, std::size_t, type_id)> of_type_posix_memalign{malloc_type_posix_memalign_here,
                                                                                            ::malloc_type_posix_memalign};
#pragma clang diagnostic pop

} // namespace

#endif
#endif
