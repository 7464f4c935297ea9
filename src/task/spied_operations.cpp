// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked. Under a classic spy the lock is held from Pre to Post.
#include "task/spied_operations.hpp"

#include "task/spied_steps.hpp"

namespace mallocspy::task {

void* spied_alloc(const request_info& request, SIZE_T cb) {
  return alloc_the_long_way(request, cb);
}

void* spied_alloc(const request_info& request, SIZE_T cb, const void* client_frame) {
  const spied_call call(request, client_frame);
  return alloc_in(call, request, cb);
}

void spied_free(const request_info& request, void* pv, const void* client_frame) {
  const spied_call call(request, client_frame);
  free_in(call, pv);
}

void* spied_realloc(const request_info& request, void* pv, SIZE_T cb) {
  if (pv == nullptr) {
    return spied_alloc(request, cb);
  }
  return realloc_the_long_way(request, pv, cb);
}

void* spied_realloc(const request_info& request, void* pv, SIZE_T cb, const void* client_frame) {
  const spied_call call(request, client_frame);
  return realloc_in(call, pv, cb);
}

void spied_free(const request_info& request, void* pv) {
  if (pv != nullptr) {
    free_the_long_way(request, pv);
  }
}

void free_otherwise(const request_info& request, void* pv) {
  if (spy_registered()) {
    spied_free(request, pv);
  } else {
    blocks::raw_free(pv, "Free");
  }
}

SIZE_T get_size_otherwise(const request_info& request, void* pv) {
  return spy_registered() ? spied_get_size(request, pv) : blocks::raw_size(pv);
}

int did_alloc_otherwise(const request_info& request, void* pv) {
  return spy_registered() ? spied_did_alloc(request, pv) : raw_did_alloc(pv);
}

SIZE_T spied_get_size(const request_info& request, void* pv) {
  if (pv == nullptr) {
    return blocks::no_size;
  }
  const spied_call call(request);
  if (!call) {
    return blocks::raw_size(pv);
  }
  const BOOL spyed = as_fspyed(spied_pointers.contains(pv));
  void* raw = call->PreGetSize(pv, spyed);
  return call->PostGetSize(blocks::raw_size(raw), spyed);
}

int spied_did_alloc(const request_info& request, void* pv) {
  if (pv == nullptr) {
    return -1;
  }
  const spied_call call(request);
  if (!call) {
    return raw_did_alloc(pv);
  }
  const BOOL spyed = as_fspyed(spied_pointers.contains(pv));
  void* raw = call->PreDidAlloc(pv, spyed);
  return call->PostDidAlloc(pv, spyed, raw_did_alloc(raw));
}

void spied_heap_minimize(const request_info& request) {
  const spied_call call(request);
  if (!call) {
    blocks::raw_minimize();
    return;
  }
  call->PreHeapMinimize();
  blocks::raw_minimize();
  call->PostHeapMinimize();
}

} // namespace mallocspy::task
