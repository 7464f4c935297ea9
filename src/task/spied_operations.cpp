// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked. Under a classic spy the lock is held from Pre to Post.
//
// A hook must not throw. If one does, the destructors here leave everything as if the client's call had failed: the lock is
// free, no block is lost to the heap, and the exception reaches the client.
#include "task/spied_operations.hpp"

#include "blocks/line.hpp"
#include "task/lone_call.hpp"
#include "task/open_call.hpp"
#include "task/operations.hpp"
#include "task/spied_call.hpp"

// A function that the one before ends with. The frame of the last one in such a chain is the client frame of the call
// (blocks/client_frame.hpp), so it must return to the client, whichever way the call has come: by a jump, or, where the
// compiler makes none of calls, as one function.
#if defined(MALLOCSPY_TSAN) || defined(MALLOCSPY_ASAN) || !defined(__OPTIMIZE__)
#define MALLOCSPY_CHAINED MALLOCSPY_INLINE
#else
#define MALLOCSPY_CHAINED MALLOCSPY_OUT_OF_LINE
#endif

namespace mallocspy::task {

namespace {

using blocks::spied_set;

BOOL as_fspyed(bool spied) noexcept {
  return spied ? TRUE : FALSE;
}

// Frees the raw block that a spy named, which need not be the one that its client had.
void release_named(void* raw, const char* operation) {
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

// Ends a call at the end of its scope.
template <class Call> class leaving {
public:
  explicit leaving(Call call) noexcept : m_call(call) {}
  MALLOCSPY_INLINE ~leaving() {
    m_call.leave();
  }
  leaving(const leaving&) = delete;
  leaving& operator=(const leaving&) = delete;

private:
  const Call m_call;
};

// What follows serves all kinds of call: open_call and lone_call, the short ways, and spied_call.

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

// The ways of most allocations and frees: a short size, a spy that moves no pointer. Whatever is otherwise is left to those
// above, out of line.

template <class Call> MALLOCSPY_OUT_OF_LINE void* alloc_otherwise_sized(Call call, SIZE_T cb, SIZE_T size) {
  return alloc_sized(call, cb, size, task_request);
}

template <class Call> MALLOCSPY_OUT_OF_LINE void* deliver_moved(Call call, void* client, void* raw) noexcept {
  const SIZE_T size = blocks::raw_size(raw);
  spied_set::place room(call.nodes(), false); // there was room before, and it is the outermost call's
  return deliver(call, room, client, raw, size);
}

template <class Call> MALLOCSPY_INLINE void* alloc_shortly(Call call, SIZE_T cb) {
  const leaving<Call> end(call);
  const SIZE_T size = call->PreAlloc(cb);
  if (MALLOCSPY_UNLIKELY(size - 1 >= blocks::first_large - 1 || cb == 0 || call.nodes().count == 0 ||
                         spied_pointers.marks_are_left_behind())) {
    return alloc_otherwise_sized(call, cb, size);
  }
  const blocks::placed_block fresh = blocks::raw_place_short(size, blocks::marks::none);
  void* client = or_give_back(fresh.start, [&] { return call->PostAlloc(fresh.start); });
  if (MALLOCSPY_UNLIKELY(client != fresh.start || client == nullptr)) {
    return deliver_moved(call, client, fresh.start);
  }
  if (MALLOCSPY_LIKELY(blocks::add_mark(fresh.byte))) {
    call.count(1);
  }
  return client;
}

// What is left of a free once PreFree has named the raw block, and it is not the client's.
template <class Call> MALLOCSPY_OUT_OF_LINE void free_moved(Call call, void* pv, void* raw) {
  call.count(spied_pointers.erase(pv, call.nodes()) ? -1 : 0);
  if (raw != nullptr) {
    release_named(raw, "Free");
  }
}

template <class Call> MALLOCSPY_OUT_OF_LINE void free_unmarked(Call call, void* pv) {
  free_under(call, pv, "Free");
}

template <class Call> MALLOCSPY_INLINE void free_shortly(Call call, void* pv) {
  const leaving<Call> end(call);
  blocks::map_byte* byte = blocks::find_byte(pv);
  if (MALLOCSPY_UNLIKELY(byte == nullptr || (byte->load(std::memory_order_relaxed) & blocks::mark_bit) == 0)) {
    free_unmarked(call, pv);
    return;
  }
  void* raw = call->PreFree(pv, TRUE);
  const std::uint8_t value = byte->load(std::memory_order_relaxed);
  if (MALLOCSPY_LIKELY(raw == pv && blocks::claim_marked(byte, value))) {
    call.count(-1); // the mark has gone with the block
    blocks::detail::hand_back(pv, blocks::class_of_block(value));
  } else {
    free_moved(call, pv, raw);
  }
  call->PostFree(TRUE);
}

bool is_aligned(const void* p, std::size_t alignment) noexcept {
  return (reinterpret_cast<std::uintptr_t>(p) & (alignment - 1)) == 0;
}

// The spy moved an aligned block off its alignment: its block goes back, with its knowledge, and the request is served
// without it.
void* alloc_past_spy(const spied_call& call, void* misaligned, SIZE_T cb, const request_info& request) {
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

} // namespace

namespace {

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

} // namespace

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

namespace {

MALLOCSPY_CHAINED void* alloc_under_lock(SIZE_T cb, std::uintptr_t word) {
  const lone_call call = lone_call::enter(word);
  if (MALLOCSPY_UNLIKELY(!call)) {
    return alloc_the_long_way(task_request, cb);
  }
  return alloc_shortly(call, cb);
}

MALLOCSPY_CHAINED void free_under_lock(void* pv, std::uintptr_t word) {
  const lone_call call = lone_call::enter(word);
  if (MALLOCSPY_UNLIKELY(!call)) {
    free_the_long_way(task_request, pv);
    return;
  }
  free_shortly(call, pv);
}

MALLOCSPY_CHAINED void* alloc_spied(SIZE_T cb, std::uintptr_t word) {
  const open_call call = open_call::enter(word);
  if (MALLOCSPY_UNLIKELY(!call)) {
    return alloc_under_lock(cb, word);
  }
  return alloc_shortly(call, cb);
}

} // namespace

void* alloc_otherwise(SIZE_T cb) {
  const std::uintptr_t word = spy_word.load(std::memory_order_relaxed);
  return word == 0 ? blocks::raw_allocate(cb) : alloc_spied(cb, word);
}

void free_otherwise(void* pv) {
  if (MALLOCSPY_UNLIKELY(pv == nullptr)) {
    return;
  }
  const std::uintptr_t word = spy_word.load(std::memory_order_relaxed);
  const open_call call = open_call::enter(word);
  if (MALLOCSPY_UNLIKELY(!call)) {
    free_under_lock(pv, word);
    return;
  }
  free_shortly(call, pv);
}

namespace {

MALLOCSPY_INLINE void* realloc_in(const spied_call& call, void* pv, SIZE_T cb) {
  if (!call) {
    return raw_realloc(pv, cb);
  }
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

} // namespace

void* spied_realloc(const request_info& request, void* pv, SIZE_T cb) {
  if (pv == nullptr) {
    return spied_alloc(request, cb);
  }
  const spied_call call(request);
  return realloc_in(call, pv, cb);
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
