// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked. Each holds the spy's lock while it runs.
//
// A hook must not throw. If one does, the destructors here leave everything as if the client's call had failed: the lock is
// free, no block is lost to the heap, and the exception reaches the client.
#include "task/spied_operations.hpp"

#include "blocks/line.hpp"
#include "task/operations.hpp"

namespace mallocspy::task {

namespace {

using blocks::spied_set;

BOOL as_fspyed(bool spied) noexcept {
  return spied ? TRUE : FALSE;
}

// A raw block on its way to the client: freed unless it gets there.
class block_in_transit {
public:
  explicit block_in_transit(void* raw) noexcept : m_raw(raw) {}
  block_in_transit(const block_in_transit&) = delete;
  block_in_transit& operator=(const block_in_transit&) = delete;
  ~block_in_transit() {
    if (m_raw != nullptr) {
      blocks::raw_free(m_raw, "Alloc");
    }
  }
  void delivered() noexcept {
    m_raw = nullptr;
  }

private:
  void* m_raw;
};

// Once the spy is on its way to the raw heap: what it does there with `client` as its result.
void* deliver(const spied_call& call, spied_set::place& room, void* client, void* raw, SIZE_T size) noexcept {
  if (raw == nullptr || client == nullptr) {
    return nullptr; // a spy that keeps a good block owns it
  }
  call.spied().insert(room, client, raw, size);
  return client;
}

void free_under(const spied_call& call, void* pv, const char* operation) {
  const BOOL spyed = as_fspyed(call.spied().contains(pv));
  void* raw = call->PreFree(pv, spyed);
  call.spied().erase(pv);
  if (raw != nullptr) {
    blocks::raw_free(raw, operation);
  }
  call->PostFree(spyed);
}

void* alloc_under(const spied_call& call, SIZE_T cb, const request_info& request) {
  const SIZE_T size = call->PreAlloc(cb);
  if (size == 0 && cb != 0) {
    return nullptr;
  }
  spied_set::place room(call.spied());
  void* raw = room ? blocks::raw_allocate(size, request.alignment, request.zeroed, blocks::marks::keep) : nullptr;
  block_in_transit transit(raw);
  void* client = call->PostAlloc(raw);
  transit.delivered();
  return deliver(call, room, client, raw, size);
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
  return blocks::raw_allocate(cb, request.alignment, request.zeroed, blocks::marks::keep);
}

} // namespace

void* spied_alloc(const request_info& request, SIZE_T cb) {
  const spied_call call(request);
  if (!call) {
    return blocks::raw_allocate(cb, request.alignment, request.zeroed);
  }
  void* client = alloc_under(call, cb, request);
  if (request.alignment > default_alignment && !is_aligned(client, request.alignment)) {
    return alloc_past_spy(call, client, cb, request);
  }
  return client;
}

void* spied_realloc(const request_info& request, void* pv, SIZE_T cb) {
  if (pv == nullptr) {
    return spied_alloc(request, cb);
  }
  const spied_call call(request);
  if (!call) {
    return raw_realloc(pv, cb);
  }
  if (cb == 0) {
    free_under(call, pv, "Realloc");
    return nullptr;
  }
  spied_set& spied = call.spied();
  const BOOL spyed = as_fspyed(spied.contains(pv));
  void* raw = pv; // for a spy that forgets to store it
  const SIZE_T size = call->PreRealloc(pv, cb, &raw, spyed);
  if (size == 0) {
    return nullptr;
  }
  const auto leaves_set = [&] { spied.erase(pv); };
  spied_set::place room(spied);
  void* fresh = nullptr;
  if (room && raw != nullptr) {
    fresh = blocks::raw_reallocate(raw, size, "Realloc", leaves_set);
  } else if (room) {
    fresh = blocks::raw_allocate(size, blocks::marks::keep);
    if (fresh != nullptr) {
      leaves_set(); // the spy has taken over the old block
    }
  }
  block_in_transit transit(fresh);
  void* client = call->PostRealloc(fresh, spyed);
  transit.delivered();
  return deliver(call, room, client, fresh, size);
}

void spied_free(const request_info& request, void* pv) {
  if (pv == nullptr) {
    return;
  }
  const spied_call call(request);
  if (!call) {
    blocks::raw_free(pv, "Free");
    return;
  }
  free_under(call, pv, "Free");
}

SIZE_T spied_get_size(const request_info& request, void* pv) {
  if (pv == nullptr) {
    return blocks::no_size;
  }
  const spied_call call(request);
  if (!call) {
    return blocks::raw_size(pv);
  }
  const BOOL spyed = as_fspyed(call.spied().contains(pv));
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
  const BOOL spyed = as_fspyed(call.spied().contains(pv));
  void* raw = call->PreDidAlloc(pv, spyed);
  return call->PostDidAlloc(pv, spyed, raw_did_alloc(raw));
}

void spied_heap_minimize(const request_info& request) {
  const spied_call call(request);
  if (!call) {
    blocks::backing::minimize();
    return;
  }
  call->PreHeapMinimize();
  blocks::backing::minimize();
  call->PostHeapMinimize();
}

} // namespace mallocspy::task
