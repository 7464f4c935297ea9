// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock without a spy.
#include "interpose/operations.hpp"

#include "heap/process_heap.hpp"
#include "interpose/foreign_pointers.hpp"
#include "interpose/mismatches.hpp"

#include <cerrno>

namespace mallocspy::interpose {

namespace {

void* allocate_anyhow(std::size_t size, const request_info& request, const void* frame) {
  if (size > PTRDIFF_MAX) {
    return nullptr; // not shown to the spy, which might add to it
  }
  if (goes_unspied()) {
    blocks::raw_request raw;
    raw.alignment = request.alignment;
    raw.zeroed = request.zeroed;
    raw.about = blocks::marks::keep;
    return blocks::raw_allocate(size, raw);
  }
  return task::spied_alloc(request, size, frame);
}

// A block that a hook frees leaves the spy's set without a call to the spy: a hook that answered it would free once more.
// Where the spy has moved the client's pointer off the block, only the spy knows where that is.
void free_in_hook(void* p, const request_info& request, const char* operation, const void* frame) {
  if (heap::process_free(p, false)) {
    return;
  }
  if (task::spied_pointers.contains(p)) {
    task::spied_free(request, p, frame);
  } else {
    blocks::raw_free(p, operation);
  }
}

} // namespace

void* allocate_slowly(std::size_t size, const request_info& request, origin made_by, const void* frame) {
  void* p = allocate_anyhow(size, request, frame);
  if (MALLOCSPY_UNLIKELY(tells_mismatches()) && p != nullptr) {
    remember_origin(p, made_by, size);
  }
  return p;
}

void free_slowly(void* p, const request_info& request, origin fitting, const char* operation, const void* frame) {
  if (p == nullptr) {
    return;
  }
  const int kept = errno;
  if (!is_ours(p)) {
    if (const next_definitions* next = next_for(p)) {
      next->free(p);
      errno = kept;
      return;
    }
  } else if (MALLOCSPY_UNLIKELY(tells_mismatches())) {
    check_origin(p, fitting, operation);
  }
  if (!task::spy_registered()) {
    blocks::raw_free(p, operation);
  } else if (task::spy_thread::in_call()) {
    free_in_hook(p, request, operation, frame);
  } else {
    task::spied_free(request, p, frame);
  }
  errno = kept;
}

} // namespace mallocspy::interpose
