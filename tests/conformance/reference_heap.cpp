// SPDX-License-Identifier: MIT
#include "conformance/reference_heap.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace conformance {

namespace {

// No machine has more; and sanitizers stop a program that asks malloc for the absurd.
constexpr SIZE_T most = SIZE_T{1} << (sizeof(SIZE_T) == 8 ? 40 : 30);

} // namespace

HRESULT reference_heap::QueryInterface(REFIID riid, void** ppvObject) {
  if (ppvObject == nullptr) {
    return E_POINTER;
  }
  const bool known = riid == IID_IUnknown || riid == IID_IMalloc;
  *ppvObject = known ? this : nullptr;
  return known ? S_OK : E_NOINTERFACE;
}

ULONG reference_heap::AddRef() {
  return 2;
}

ULONG reference_heap::Release() {
  return 1;
}

void* reference_heap::Alloc(SIZE_T cb) {
  const guard held(m_mutex);
  // Some mallocs align to 16 only what could hold an object so aligned. The byte more keeps the end of this block from
  // being the start of another: a spy with a header hands it out as a client pointer when it is asked for 0 bytes.
  void* fresh = cb > most ? nullptr : std::malloc(std::max<SIZE_T>(cb + 1, 16));
  if (fresh != nullptr) {
    m_blocks[fresh] = cb;
  }
  return fresh;
}

void* reference_heap::Realloc(void* pv, SIZE_T cb) {
  const guard held(m_mutex);
  if (pv == nullptr) {
    return Alloc(cb);
  }
  if (cb == 0) {
    Free(pv);
    return nullptr;
  }
  if (m_blocks.count(pv) == 0) {
    ++m_misuses;
    return nullptr;
  }
  void* fresh = Alloc(cb);
  if (fresh != nullptr) {
    std::memcpy(fresh, pv, std::min(m_blocks[pv], cb));
    Free(pv);
  }
  return fresh;
}

void reference_heap::Free(void* pv) {
  const guard held(m_mutex);
  if (pv == nullptr) {
    return;
  }
  if (m_blocks.erase(pv) == 0) {
    ++m_misuses;
    return;
  }
  std::free(pv);
}

SIZE_T reference_heap::GetSize(void* pv) {
  const guard held(m_mutex);
  const auto block = m_blocks.find(pv);
  return block == m_blocks.end() ? static_cast<SIZE_T>(-1) : block->second;
}

int reference_heap::DidAlloc(void* pv) {
  const guard held(m_mutex);
  if (pv == nullptr) {
    return -1;
  }
  return m_blocks.count(pv) == 0 ? 0 : 1;
}

void reference_heap::HeapMinimize() {}

std::size_t reference_heap::misuses() {
  const guard held(m_mutex);
  return m_misuses;
}

std::size_t reference_heap::live_blocks() {
  const guard held(m_mutex);
  return m_blocks.size();
}

} // namespace conformance
