// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock without a spy.
#include "interpose/operators.hpp"

#include "interpose/new_failure.hpp"
#include "interpose/operations.hpp"

namespace mallocspy::interpose {

namespace {

MALLOCSPY_OUT_OF_LINE void* new_otherwise(std::size_t size) {
  if (void* p = allocate_unkept(size)) {
    return p;
  }
  for (;;) {
    void* p = allocate_slowly(size, new_request, origin::object, __builtin_frame_address(0));
    if (MALLOCSPY_LIKELY(p != nullptr)) {
      return p;
    }
    call_new_handler_or_throw();
  }
}

// A spy is not told from a client by noexcept: what a hook throws must not pass a delete. std::terminate is what is left.
MALLOCSPY_OUT_OF_LINE void delete_otherwise(void* p) noexcept {
  free_slowly(p, new_request, origin::object, "operator delete", __builtin_frame_address(0));
}

} // namespace

void* cpp_new(std::size_t size) {
  void* p = allocate_shortly(size);
  return MALLOCSPY_LIKELY(p != nullptr) ? p : new_otherwise(size);
}

void* cpp_new_aligned(std::size_t size, std::size_t alignment) {
  const std::size_t at_least = alignment < task::default_alignment ? task::default_alignment : alignment;
  const request_info request{at_least, false, entry_point::operator_new};
  const bool impossible = (alignment & (alignment - 1)) != 0 || at_least > PTRDIFF_MAX || size > PTRDIFF_MAX - at_least;
  for (;;) {
    void* p = impossible ? nullptr : allocate_slowly(size, request, origin::aligned_object, __builtin_frame_address(0));
    if (MALLOCSPY_LIKELY(p != nullptr)) {
      return p;
    }
    call_new_handler_or_throw();
  }
}

void cpp_delete(void* p) noexcept {
  if (!free_shortly(p)) {
    delete_otherwise(p);
  }
}

void cpp_delete_aligned(void* p) noexcept {
  if (!free_shortly(p)) {
    free_slowly(p, new_request, origin::aligned_object, "operator delete with an alignment", __builtin_frame_address(0));
  }
}

} // namespace mallocspy::interpose
