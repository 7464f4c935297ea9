// SPDX-License-Identifier: MIT
// What an allocation and a free under a spy consist of, for all kinds of call, and both as a whole the long way.
// Runs inside hooks: never allocates from what is hooked. Under a classic spy the lock is held from Pre to Post.
//
// A hook must not throw. If one does, the destructors here leave everything as if the client's call had failed: the lock is
// free, no block is lost to the heap, and the exception reaches the client.
#pragma once

#include "blocks/line.hpp"
#include "task/operations.hpp"
#include "task/spied_call.hpp"

// A function that the one before ends with. The frame of the last one in such a chain is the client frame of the call
// (blocks/thread_words.hpp), so it must return to the client, whichever way the call has come: by a jump, or, where the
// compiler makes none of calls, as one function.
#if defined(MALLOCSPY_TSAN) || defined(MALLOCSPY_ASAN) || !defined(__OPTIMIZE__)
#define MALLOCSPY_CHAINED MALLOCSPY_INLINE
#else
#define MALLOCSPY_CHAINED MALLOCSPY_OUT_OF_LINE inline
#endif

namespace mallocspy::task {

using blocks::spied_set;

inline BOOL as_fspyed(bool spied) noexcept {
  return spied ? TRUE : FALSE;
}

// Frees the raw block that a spy named, which need not be the one that its client had.
inline void release_named(void* raw, const char* operation) {
  if (blocks::raw_owns(raw)) {
    spied_pointers.before_release(raw, blocks::backing::usable_size(raw));
  }
  blocks::raw_free(raw, operation);
}

// Runs the Post hook of an allocation. If it throws, the raw block goes back, since it did not reach the client.
template <class Post> void* or_give_back(void* raw, Post post) {
  try {
    return post();
  } catch (...) {
    if (raw != nullptr) {
      release_named(raw, "Alloc");
    }
    throw;
  }
}

// What follows serves all kinds of call: open_call and locked_call, the short ways, and spied_call.

// returns: what the client gets, once the spy has named its pointer
template <class Call>
void* deliver(const Call& call, spied_set::place& room, void* client, void* raw, SIZE_T size) noexcept {
  if (raw == nullptr || client == nullptr) {
    return nullptr; // a spy that keeps a good block owns it
  }
  call.count(spied_pointers.insert(room, client, raw, size) ? 1 : 0);
  return client;
}

// effects: all of an allocation from PreAlloc's answer on
template <class Call> void* alloc_sized(const Call& call, SIZE_T cb, SIZE_T size, const request_info& request) {
  if (size == 0 && cb != 0) {
    return nullptr;
  }
  spied_set::place room(call.nodes(), call.is_nested());
  void* raw = nullptr;
  if (room) {
    const bool plain = cb != 0 && request.alignment <= default_alignment && !request.zeroed;
    raw = plain ? blocks::raw_allocate(size, blocks::marks::keep)
                : blocks::raw_allocate(size, {request.alignment, request.zeroed, cb == 0, blocks::marks::keep});
  }
  void* client = or_give_back(raw, [&] { return call->PostAlloc(raw); });
  return deliver(call, room, client, raw, size);
}

template <class Call> void free_under(const Call& call, void* pv, const char* operation) {
  const BOOL spyed = as_fspyed(spied_pointers.contains(pv));
  void* raw = call->PreFree(pv, spyed);
  call.count(spied_pointers.erase(pv, call.nodes()) ? -1 : 0);
  if (raw != nullptr) {
    release_named(raw, operation);
  }
  call->PostFree(spyed);
}

// `pv`: not null
template <class Call> void* realloc_under(const Call& call, void* pv, SIZE_T cb) {
  if (cb == 0) {
    free_under(call, pv, "Realloc");
    return nullptr;
  }
  const BOOL spyed = as_fspyed(spied_pointers.contains(pv));
  void* raw = pv; // for a spy that forgets to store it
  const SIZE_T size = call->PreRealloc(pv, cb, &raw, spyed);
  if (size == 0) {
    return nullptr;
  }
  const auto leaves_set = [&] { call.count(spied_pointers.erase(pv, call.nodes()) ? -1 : 0); };
  spied_set::place room(call.nodes(), call.is_nested());
  void* fresh = nullptr;
  if (room && raw != nullptr) {
    fresh = blocks::raw_reallocate(raw, size, "Realloc", [&](std::size_t room_of_raw) {
      leaves_set();
      spied_pointers.before_release(raw, room_of_raw); // or before it gets one more mark where it is
    });
  } else if (room) {
    fresh = blocks::raw_allocate(size, blocks::marks::keep);
    if (fresh != nullptr) {
      leaves_set(); // the spy has taken over the old block
    }
  }
  void* client = or_give_back(fresh, [&] { return call->PostRealloc(fresh, spyed); });
  return deliver(call, room, client, fresh, size);
}

// The long way, which every call may take.

inline bool is_aligned(const void* p, std::size_t alignment) noexcept {
  return (reinterpret_cast<std::uintptr_t>(p) & (alignment - 1)) == 0;
}

// The spy moved an aligned block off its alignment: its block goes back, with its knowledge, and the request is served
// without it.
inline void* alloc_past_spy(const spied_call& call, void* misaligned, SIZE_T cb, const request_info& request) {
  blocks::line()
      .text("the spy returned ")
      .address(misaligned)
      .text(" where an alignment of ")
      .number(request.alignment)
      .text(" was asked; this request is served unspied")
      .write();
  free_under(call, misaligned, "Free");
  return blocks::raw_allocate(cb, {request.alignment, request.zeroed});
}

MALLOCSPY_INLINE void* alloc_in(const spied_call& call, const request_info& request, SIZE_T cb) {
  if (!call) {
    return blocks::raw_allocate(cb, {request.alignment, request.zeroed});
  }
  void* client = alloc_sized(call, cb, call->PreAlloc(cb), request);
  const bool misaligned = request.alignment > default_alignment && !is_aligned(client, request.alignment);
  return misaligned ? alloc_past_spy(call, client, cb, request) : client;
}

MALLOCSPY_INLINE void free_in(const spied_call& call, void* pv) {
  if (!call) {
    blocks::raw_free(pv, "Free");
    return;
  }
  free_under(call, pv, "Free");
}

// Out of line, so that the short way stays short.
MALLOCSPY_CHAINED void* alloc_the_long_way(const request_info& request, SIZE_T cb) {
  const spied_call call(request);
  return alloc_in(call, request, cb);
}

MALLOCSPY_CHAINED void free_the_long_way(const request_info& request, void* pv) {
  const spied_call call(request);
  free_in(call, pv);
}

MALLOCSPY_INLINE void* realloc_in(const spied_call& call, void* pv, SIZE_T cb) {
  return call ? realloc_under(call, pv, cb) : raw_realloc(pv, cb);
}

MALLOCSPY_CHAINED void* realloc_the_long_way(const request_info& request, void* pv, SIZE_T cb) {
  const spied_call call(request);
  return realloc_in(call, pv, cb);
}

} // namespace mallocspy::task
