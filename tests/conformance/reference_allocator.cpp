// SPDX-License-Identifier: MIT
// The numbers are those of the sections of contract.md.
#include "conformance/reference_allocator.hpp"

#include <utility>

namespace conformance {

// 5.10: everything from before Pre until after Post, and the decision whether a pending revocation is complete.
class reference_allocator::operation {
public:
  explicit operation(reference_allocator& a) : m_allocator(a), m_spy(nullptr) {
    a.m_mutex.lock();
    m_spy = a.m_spy;
    a.m_depth += m_spy != nullptr ? 1 : 0;
  }
  operation(const operation&) = delete;
  operation& operator=(const operation&) = delete;
  ~operation() {
    IMallocSpy* revoked = nullptr;
    if (m_spy != nullptr) {
      --m_allocator.m_depth;
      if (m_allocator.m_depth == 0 && m_allocator.m_pending && m_allocator.m_spied.empty()) {
        revoked = m_spy;
        m_allocator.m_spy = nullptr;
        m_allocator.m_pending = false;
      }
    }
    m_allocator.m_mutex.unlock();
    if (revoked != nullptr) {
      revoked->Release();
    }
  }
  // The spy of this operation; null without one.
  IMallocSpy* spy() const noexcept {
    return m_spy;
  }

private:
  reference_allocator& m_allocator;
  IMallocSpy* m_spy;
};

namespace {

// Gives a raw block back if a hook throws before the client has it.
class raw_block {
public:
  raw_block(reference_heap& heap, void* raw) noexcept : m_heap(heap), m_raw(raw) {}
  raw_block(const raw_block&) = delete;
  raw_block& operator=(const raw_block&) = delete;
  ~raw_block() {
    m_heap.Free(m_raw);
  }
  void keep() noexcept {
    m_raw = nullptr;
  }

private:
  reference_heap& m_heap;
  void* m_raw;
};

} // namespace

HRESULT reference_allocator::QueryInterface(REFIID riid, void** ppvObject) {
  const HRESULT result = m_heap.QueryInterface(riid, ppvObject);
  if (SUCCEEDED(result)) {
    *ppvObject = this;
  }
  return result;
}

ULONG reference_allocator::AddRef() {
  return 2;
}

ULONG reference_allocator::Release() {
  return 1;
}

// 5.2
void* reference_allocator::Alloc(SIZE_T cb) {
  const operation op(*this);
  if (op.spy() == nullptr) {
    return m_heap.Alloc(cb);
  }
  const SIZE_T n = op.spy()->PreAlloc(cb);
  if (cb != 0 && n == 0) {
    return nullptr;
  }
  client_pointers::node_type room = room_for_one();
  void* p = room.empty() ? nullptr : m_heap.Alloc(n);
  raw_block in_transit(m_heap, p);
  void* q = op.spy()->PostAlloc(p);
  in_transit.keep();
  return deliver(std::move(room), p, q);
}

// 5.3
void* reference_allocator::Realloc(void* pv, SIZE_T cb) {
  const operation op(*this);
  if (op.spy() == nullptr) {
    return m_heap.Realloc(pv, cb);
  }
  if (pv == nullptr) {
    return Alloc(cb);
  }
  if (cb == 0) {
    Free(pv);
    return nullptr;
  }
  const BOOL f = is_spied(pv);
  void* np = pv;
  const SIZE_T n = op.spy()->PreRealloc(pv, cb, &np, f);
  if (n == 0) {
    return nullptr;
  }
  client_pointers::node_type room = room_for_one();
  void* r = room.empty() ? nullptr : m_heap.Realloc(np, n);
  if (r != nullptr) {
    m_spied.erase(pv);
  }
  raw_block in_transit(m_heap, r);
  void* q = op.spy()->PostRealloc(r, f);
  in_transit.keep();
  return deliver(std::move(room), r, q);
}

// 5.4
void reference_allocator::Free(void* pv) {
  const operation op(*this);
  if (op.spy() == nullptr || pv == nullptr) {
    m_heap.Free(pv);
    return;
  }
  const BOOL f = is_spied(pv);
  void* x = op.spy()->PreFree(pv, f);
  m_spied.erase(pv);
  m_heap.Free(x);
  op.spy()->PostFree(f);
}

// 5.5
SIZE_T reference_allocator::GetSize(void* pv) {
  const operation op(*this);
  if (op.spy() == nullptr || pv == nullptr) {
    return m_heap.GetSize(pv);
  }
  const BOOL f = is_spied(pv);
  void* x = op.spy()->PreGetSize(pv, f);
  return op.spy()->PostGetSize(m_heap.GetSize(x), f);
}

// 5.6
int reference_allocator::DidAlloc(void* pv) {
  const operation op(*this);
  if (op.spy() == nullptr || pv == nullptr) {
    return m_heap.DidAlloc(pv);
  }
  const BOOL f = is_spied(pv);
  void* x = op.spy()->PreDidAlloc(pv, f);
  return op.spy()->PostDidAlloc(pv, f, m_heap.DidAlloc(x));
}

// 5.7
void reference_allocator::HeapMinimize() {
  const operation op(*this);
  if (op.spy() == nullptr) {
    m_heap.HeapMinimize();
    return;
  }
  op.spy()->PreHeapMinimize();
  m_heap.HeapMinimize();
  op.spy()->PostHeapMinimize();
}

// 3
HRESULT reference_allocator::get_malloc(DWORD context, IMalloc** out) {
  if (out == nullptr) {
    return E_INVALIDARG;
  }
  *out = context == 1 ? this : nullptr;
  return context == 1 ? S_OK : E_INVALIDARG;
}

// 5.8
HRESULT reference_allocator::register_spy(IMallocSpy* spy) {
  const std::lock_guard<std::recursive_mutex> held(m_mutex);
  if (spy == nullptr) {
    return E_INVALIDARG;
  }
  if (m_spy != nullptr) {
    return CO_E_OBJISREG;
  }
  void* answer = nullptr;
  if (FAILED(spy->QueryInterface(IID_IMallocSpy, &answer)) || answer == nullptr) {
    return E_INVALIDARG;
  }
  m_spy = static_cast<IMallocSpy*>(answer);
  return S_OK;
}

HRESULT reference_allocator::revoke_spy() {
  IMallocSpy* revoked = nullptr;
  {
    const std::lock_guard<std::recursive_mutex> held(m_mutex);
    if (m_spy == nullptr) {
      return CO_E_OBJNOTREG;
    }
    if (m_depth != 0 || !m_spied.empty()) {
      m_pending = true;
      return E_ACCESSDENIED;
    }
    revoked = std::exchange(m_spy, nullptr);
    m_pending = false;
  }
  revoked->Release();
  return S_OK;
}

void reference_allocator::limit_book_room(bool on) {
  const std::lock_guard<std::recursive_mutex> held(m_mutex);
  m_no_room = on;
}

BOOL reference_allocator::is_spied(void* pv) const {
  return m_spied.count(pv) == 0 ? FALSE : TRUE;
}

// Set aside before the spy is asked for the client pointer, so that putting it in cannot fail (decision 26).
reference_allocator::client_pointers::node_type reference_allocator::room_for_one() const {
  client_pointers spare;
  if (!m_no_room) {
    spare.insert(nullptr);
  }
  return spare.extract(nullptr);
}

void* reference_allocator::deliver(client_pointers::node_type room, void* raw, void* client) {
  if (raw == nullptr || client == nullptr) {
    return nullptr;
  }
  room.value() = client;
  m_spied.insert(std::move(room));
  return client;
}

} // namespace conformance
