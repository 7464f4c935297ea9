// SPDX-License-Identifier: MIT
// The slow, obviously right implementation of contract.md sections 3 to 5: the reference heap, a set of client pointers,
// one recursive mutex around everything. It checks the suite, and shows that the suite is not tied to our implementation.
#pragma once

#include "conformance/reference_heap.hpp"

#include <set>

namespace conformance {

class reference_allocator final : public IMalloc {
public:
  HRESULT STDMETHODCALLTYPE QueryInterface(REFIID riid, void** ppvObject) override;
  ULONG STDMETHODCALLTYPE AddRef() override;
  ULONG STDMETHODCALLTYPE Release() override;
  void* STDMETHODCALLTYPE Alloc(SIZE_T cb) override;
  void* STDMETHODCALLTYPE Realloc(void* pv, SIZE_T cb) override;
  void STDMETHODCALLTYPE Free(void* pv) override;
  SIZE_T STDMETHODCALLTYPE GetSize(void* pv) override;
  int STDMETHODCALLTYPE DidAlloc(void* pv) override;
  void STDMETHODCALLTYPE HeapMinimize() override;

  // CoGetMalloc, CoRegisterMallocSpy, CoRevokeMallocSpy, for this object
  HRESULT get_malloc(DWORD context, IMalloc** out);
  HRESULT register_spy(IMallocSpy* spy);
  HRESULT revoke_spy();

  reference_heap& heap() noexcept {
    return m_heap;
  }
  // effects: while on, there is no room for a further client pointer
  void limit_book_room(bool on);

private:
  class operation;
  using client_pointers = std::set<void*>;

  BOOL is_spied(void* pv) const;
  client_pointers::node_type room_for_one() const;
  void* deliver(client_pointers::node_type room, void* raw, void* client);

  std::recursive_mutex m_mutex;
  reference_heap m_heap;
  IMallocSpy* m_spy = nullptr;
  bool m_pending = false;
  unsigned m_depth = 0; // of spied operations; not 0 only while the mutex is held
  client_pointers m_spied;
  bool m_no_room = false;
};

} // namespace conformance
