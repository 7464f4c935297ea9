// SPDX-License-Identifier: MIT
// malloc and its family, as the program's. The C library's header is not included: it would have opinions on them.
// Runs inside hooks: never allocates from what is hooked, takes no lock without a spy.
#include "interpose/malloc_family.hpp"
#include "interpose/names/names.hpp"
#include "interpose/names/own_addresses.hpp"

using namespace mallocspy::interpose;

MALLOCSPY_NAME void* malloc(std::size_t size) {
  return c_malloc(size);
}
MALLOCSPY_NAME void* calloc(std::size_t count, std::size_t size) {
  return c_calloc(count, size);
}
MALLOCSPY_NAME void* realloc(void* p, std::size_t size) {
  return c_realloc(p, size);
}
MALLOCSPY_NAME void* reallocarray(void* p, std::size_t count, std::size_t size) {
  return c_reallocarray(p, count, size);
}
MALLOCSPY_NAME void free(void* p) {
  c_free(p);
}
MALLOCSPY_NAME int posix_memalign(void** result, std::size_t alignment, std::size_t size) {
  return c_posix_memalign(result, alignment, size);
}
MALLOCSPY_NAME void* aligned_alloc(std::size_t alignment, std::size_t size) {
  return c_aligned_alloc(alignment, size);
}
MALLOCSPY_NAME void* memalign(std::size_t alignment, std::size_t size) {
  return c_memalign(alignment, size);
}
MALLOCSPY_NAME void* valloc(std::size_t size) {
  return c_valloc(size);
}
MALLOCSPY_NAME void* pvalloc(std::size_t size) {
  return c_pvalloc(size);
}
MALLOCSPY_NAME std::size_t malloc_usable_size(void* p) {
  return c_usable_size(p);
}

// C23; newer C libraries have them. The sizes are the caller's word, which free does not need.
MALLOCSPY_WEAK_NAME void free_sized(void* p, std::size_t) {
  c_free(p);
}
MALLOCSPY_WEAK_NAME void free_aligned_sized(void* p, std::size_t, std::size_t) {
  c_free(p);
}

MALLOCSPY_SECOND_NAME("malloc") void* mallocspy_own_malloc(std::size_t) noexcept;
MALLOCSPY_SECOND_NAME("calloc") void* mallocspy_own_calloc(std::size_t, std::size_t) noexcept;
MALLOCSPY_SECOND_NAME("realloc") void* mallocspy_own_realloc(void*, std::size_t) noexcept;
MALLOCSPY_SECOND_NAME("free") void mallocspy_own_free(void*) noexcept;
