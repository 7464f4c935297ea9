// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked. Under a classic spy the lock is held from Pre to Post.
#include "task/short_alloc.hpp"
#include "task/short_free.hpp"

namespace mallocspy::task {

namespace {

template <class Call> MALLOCSPY_INLINE void* realloc_entered(void* pv, SIZE_T cb) {
  note_frame();
  const leaving<Call> end;
  return realloc_under(Call(), pv, cb);
}

MALLOCSPY_CHAINED void* realloc_without_lock(void* pv, SIZE_T cb) {
  return realloc_entered<open_call>(pv, cb);
}

// The ways of a call that has announced itself and may not enter without the lock. `stood`: where the thread stood before.
// Who must wait for the lock goes the long way, so that no others save registers for that.

MALLOCSPY_CHAINED void* alloc_elsewhere(SIZE_T cb, std::uintptr_t stood) {
  locked_call::stand_back(stood);
  return alloc_the_long_way(task_request, cb);
}

MALLOCSPY_CHAINED void* alloc_without_entering(SIZE_T cb, std::uintptr_t stood) {
  registry.lock.unlock();
  return alloc_elsewhere(cb, stood);
}

MALLOCSPY_CHAINED void* alloc_with_lock(SIZE_T cb, std::uintptr_t stood) {
  if (MALLOCSPY_UNLIKELY(!locked_call::take_free_lock(stood))) {
    return alloc_elsewhere(cb, stood);
  }
  return locked_call::has_entered() ? alloc_entered<locked_call>(registry.spy, cb) : alloc_without_entering(cb, stood);
}

MALLOCSPY_CHAINED void free_elsewhere(void* pv, std::uintptr_t stood) {
  locked_call::stand_back(stood);
  free_the_long_way(task_request, pv);
}

MALLOCSPY_CHAINED void free_without_entering(void* pv, std::uintptr_t stood) {
  registry.lock.unlock();
  free_elsewhere(pv, stood);
}

MALLOCSPY_CHAINED void free_with_lock(void* pv, blocks::map_byte* byte, std::uintptr_t stood) {
  if (MALLOCSPY_UNLIKELY(!locked_call::take_free_lock(stood))) {
    free_elsewhere(pv, stood);
    return;
  }
  locked_call::has_entered() ? free_entered<locked_call>(pv, byte, registry.spy) : free_without_entering(pv, stood);
}

MALLOCSPY_CHAINED void* realloc_with_lock(void* pv, SIZE_T cb, std::uintptr_t stood) {
  if (MALLOCSPY_LIKELY(locked_call::take_free_lock(stood))) {
    if (locked_call::has_entered()) {
      return realloc_entered<locked_call>(pv, cb);
    }
    registry.lock.unlock();
  }
  locked_call::stand_back(stood);
  return realloc_the_long_way(task_request, pv, cb);
}

MALLOCSPY_INLINE void* alloc_spied(SIZE_T cb) {
  const std::uintptr_t stood = open_call::announce_inside();
  if (MALLOCSPY_UNLIKELY(!spy_word_is(stood))) {
    return alloc_with_lock(cb, stood);
  }
  return alloc_entered<open_call>(open_call::spy_at(stood), cb);
}

// The sizes that are not short: without a spy too.
MALLOCSPY_CHAINED void* alloc_unusual(SIZE_T cb) {
  if (!spy_registered()) {
    return blocks::raw_allocate(cb);
  }
  return cb == 0 ? alloc_the_long_way(task_request, cb) : alloc_spied(cb);
}

} // namespace

void* alloc_otherwise(SIZE_T cb) {
  return MALLOCSPY_UNLIKELY(cb - 1 >= blocks::first_large - 1) ? alloc_unusual(cb) : alloc_spied(cb);
}

void* realloc_otherwise(void* pv, SIZE_T cb) {
  const std::uintptr_t stood = open_call::announce_inside();
  return MALLOCSPY_LIKELY(spy_word_is(stood)) ? realloc_without_lock(pv, cb) : realloc_with_lock(pv, cb, stood);
}

void free_otherwise(void* pv, blocks::map_byte* byte) {
  const std::uintptr_t stood = open_call::announce_inside();
  if (MALLOCSPY_UNLIKELY(!spy_word_is(stood))) {
    free_with_lock(pv, byte, stood);
    return;
  }
  free_entered<open_call>(pv, byte, open_call::spy_at(stood));
}

void free_nowhere(void* pv) {
  if (pv != nullptr) {
    free_the_long_way(task_request, pv);
  }
}

} // namespace mallocspy::task
