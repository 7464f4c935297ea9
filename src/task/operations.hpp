// SPDX-License-Identifier: MIT
// The operations of the task allocator. Without a spy: one comparison that the processor predicts, then the raw heap; where
// a block is looked up anyway, the look-up is that comparison. Runs inside hooks: never allocates from what is hooked,
// takes no lock without a spy.
#pragma once

#include "blocks/raw_heap.hpp"
#include "task/spied_operations.hpp"
#include "task/spy_registry.hpp"

namespace mallocspy::task {

// For task_request, which has shorter ways under a spy than others have.
// effects: what alloc does for a large size, and under a spy; and realloc of a block under a spy
void* alloc_otherwise(SIZE_T cb);
void* realloc_otherwise(void* pv, SIZE_T cb);
// effects: what free does where free_unspied_at frees nothing: under a spy, or for a pointer that is no live block
// `byte`: the pointer's byte of the map
void free_otherwise(void* pv, blocks::map_byte* byte);
// effects: the same for a pointer that has no byte of the map, null among them
void free_nowhere(void* pv);

inline void* alloc(SIZE_T cb) {
  if (MALLOCSPY_UNLIKELY(!blocks::is_below(cb, unspied_sizes))) {
    return alloc_otherwise(cb);
  }
  return blocks::raw_allocate_short(cb);
}

// The same with an alignment, zeroed memory, or another door than IMalloc.
inline void* alloc(SIZE_T cb, const request_info& request) {
  if (MALLOCSPY_UNLIKELY(spy_registered())) {
    return spied_alloc(request, cb);
  }
  return blocks::raw_allocate(cb, {request.alignment, request.zeroed});
}

// effects: what the operation does where no unspied block was found: under a spy, or for a pointer that is no live block
void free_otherwise(const request_info& request, void* pv);
SIZE_T get_size_otherwise(const request_info& request, void* pv);
int did_alloc_otherwise(const request_info& request, void* pv);

// effects: frees the block at pv, if no spy is registered and an unmarked one starts there. returns: whether it has
// `byte`: the pointer's byte of the map
MALLOCSPY_INLINE bool free_unspied_at(blocks::map_byte* byte, void* pv) noexcept {
  return blocks::raw_free_classed_at(byte, pv, unspied_classes.load(std::memory_order_relaxed));
}

// effects, returns: the same for any pointer
MALLOCSPY_INLINE bool free_unspied(void* pv) noexcept {
  blocks::map_byte* byte = blocks::find_byte(pv);
  return byte != nullptr && free_unspied_at(byte, pv);
}

inline void free(void* pv) {
  blocks::map_byte* byte = blocks::find_byte(pv);
  if (MALLOCSPY_UNLIKELY(byte == nullptr)) {
    free_nowhere(pv);
  } else if (MALLOCSPY_UNLIKELY(!free_unspied_at(byte, pv))) {
    free_otherwise(pv, byte);
  }
}

inline void free(void* pv, const request_info& request) {
  if (MALLOCSPY_UNLIKELY(!free_unspied(pv))) {
    free_otherwise(request, pv);
  }
}

// effects, returns: what a reallocation does without a spy. Out of line, so that under one nothing is saved for it
void* raw_realloc(void* pv, SIZE_T cb);

inline void* realloc(void* pv, SIZE_T cb) {
  if (pv == nullptr) {
    return alloc(cb);
  }
  return MALLOCSPY_UNLIKELY(spy_registered()) ? realloc_otherwise(pv, cb) : raw_realloc(pv, cb);
}

inline void* realloc(void* pv, SIZE_T cb, const request_info& request) {
  if (MALLOCSPY_UNLIKELY(spy_registered())) {
    return spied_realloc(request, pv, cb);
  }
  return raw_realloc(pv, cb);
}

inline SIZE_T get_size(void* pv, const request_info& request = task_request) {
  const blocks::map_byte* byte = find_unspied(pv);
  if (MALLOCSPY_UNLIKELY(byte == nullptr)) {
    return get_size_otherwise(request, pv);
  }
  return blocks::read_size(byte, byte->load(std::memory_order_acquire));
}

inline int raw_did_alloc(void* pv) noexcept {
  if (blocks::raw_owns(pv)) {
    return 1;
  }
  return pv == nullptr ? -1 : 0;
}

inline int did_alloc(void* pv, const request_info& request = task_request) {
  const blocks::map_byte* byte = find_unspied(pv);
  if (MALLOCSPY_UNLIKELY(byte == nullptr)) {
    return did_alloc_otherwise(request, pv);
  }
  return (byte->load(std::memory_order_acquire) & blocks::start_bit) != 0 ? 1 : 0;
}

inline void heap_minimize() {
  if (MALLOCSPY_UNLIKELY(spy_registered())) {
    spied_heap_minimize(task_request);
    return;
  }
  blocks::raw_minimize();
}

} // namespace mallocspy::task
