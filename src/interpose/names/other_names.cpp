// SPDX-License-Identifier: MIT
// Other names for the same functions: those that the C library has besides, and those of other systems that mimalloc's
// shared library exports. A library that was bound to one of mimalloc's would hand its blocks past the block map. Runs
// inside hooks: never allocates from what is hooked, takes no lock without a spy.
#include "interpose/malloc_family.hpp"
#include "interpose/names/names.hpp"
#include "interpose/names/own_addresses.hpp"

using namespace mallocspy::interpose;

// NOLINTBEGIN(bugprone-reserved-identifier): the names are the C library's
MALLOCSPY_NAME void cfree(void* p) {
  c_free(p);
}
MALLOCSPY_NAME void* __libc_malloc(std::size_t size) {
  return c_malloc(size);
}
MALLOCSPY_NAME void* __libc_calloc(std::size_t count, std::size_t size) {
  return c_calloc(count, size);
}
MALLOCSPY_NAME void* __libc_realloc(void* p, std::size_t size) {
  return c_realloc(p, size);
}
MALLOCSPY_NAME void __libc_free(void* p) {
  c_free(p);
}
MALLOCSPY_NAME void __libc_cfree(void* p) {
  c_free(p);
}
MALLOCSPY_NAME void* __libc_memalign(std::size_t alignment, std::size_t size) {
  return c_memalign(alignment, size);
}
MALLOCSPY_NAME void* __libc_valloc(std::size_t size) {
  return c_valloc(size);
}
MALLOCSPY_NAME void* __libc_pvalloc(std::size_t size) {
  return c_pvalloc(size);
}
MALLOCSPY_NAME int __posix_memalign(void** result, std::size_t alignment, std::size_t size) {
  return c_posix_memalign(result, alignment, size);
}

MALLOCSPY_WEAK_NAME std::size_t malloc_size(const void* p) {
  return c_usable_size(const_cast<void*>(p));
}
MALLOCSPY_WEAK_NAME std::size_t malloc_good_size(std::size_t size) {
  return size; // exact sizes are told, so no larger one is any better
}
MALLOCSPY_WEAK_NAME void* reallocf(void* p, std::size_t size) {
  return c_reallocf(p, size);
}
MALLOCSPY_WEAK_NAME int reallocarr(void* place_of_pointer, std::size_t count, std::size_t size) {
  return c_reallocarr(place_of_pointer, count, size);
}
MALLOCSPY_WEAK_NAME void vfree(void* p) {
  c_free(p);
}
MALLOCSPY_WEAK_NAME void* _aligned_malloc(std::size_t alignment, std::size_t size) {
  return c_aligned_alloc(alignment, size); // in mimalloc's order of arguments
}
// NOLINTEND(bugprone-reserved-identifier)

MALLOCSPY_SECOND_NAME("cfree") void mallocspy_own_cfree(void*) noexcept;
