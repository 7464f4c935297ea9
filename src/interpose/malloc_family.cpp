// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock without a spy.
#include "interpose/malloc_family.hpp"

#include "interpose/operations.hpp"

#include <cerrno>
#include <cstring>

namespace mallocspy::interpose {

namespace {

void* or_enomem(void* p) noexcept {
  if (MALLOCSPY_UNLIKELY(p == nullptr)) {
    errno = ENOMEM;
  }
  return p;
}

constexpr request_info zeroed_request{task::default_alignment, true, entry_point::c_library};

// Reached by a jump from the functions below, so that these frames return to the client.

MALLOCSPY_OUT_OF_LINE void* malloc_otherwise(std::size_t size) {
  if (void* p = allocate_unkept(size)) {
    return p;
  }
  return or_enomem(allocate_slowly(size, c_request, origin::c_library, __builtin_frame_address(0)));
}

MALLOCSPY_OUT_OF_LINE void* calloc_otherwise(std::size_t size) {
  return or_enomem(allocate_slowly(size, zeroed_request, origin::c_library, __builtin_frame_address(0)));
}

MALLOCSPY_OUT_OF_LINE void free_otherwise(void* p) {
  free_slowly(p, c_request, origin::c_library, "free", __builtin_frame_address(0));
}

} // namespace

void* c_malloc(std::size_t size) {
  void* p = allocate_shortly(size);
  return MALLOCSPY_LIKELY(p != nullptr) ? p : malloc_otherwise(size);
}

void* c_calloc(std::size_t count, std::size_t size) {
  std::size_t total = 0;
  if (MALLOCSPY_UNLIKELY(__builtin_mul_overflow(count, size, &total))) {
    errno = ENOMEM;
    return nullptr;
  }
  void* p = allocate_shortly(total);
  return MALLOCSPY_LIKELY(p != nullptr) ? std::memset(p, 0, total) : calloc_otherwise(total);
}

void c_free(void* p) {
  if (!free_shortly(p)) {
    free_otherwise(p);
  }
}

} // namespace mallocspy::interpose
