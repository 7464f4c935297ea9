// SPDX-License-Identifier: MIT
// A chain's spies themselves, and its hooks for the calls that change nothing. Run inside hooks: never allocate from what
// is hooked.
#include "spies/chain/chain_inner.hpp"
#include "spies/chain/chain_strangers.hpp"
#include "spies/memory/own_memory.hpp"
#include "spies/threads/carried.hpp"

namespace mallocspy {

namespace {

// How far a Pre got, and with which pointers.
struct question {
  unsigned called;
  void* blocks[chain::most_spies];
};

} // namespace

spy_calls chain::calls_of(std::initializer_list<IMallocSpy*> spies) {
  for (IMallocSpy* spy : spies) {
    void* answer = nullptr;
    if (spy != nullptr && FAILED(spy->QueryInterface(IID_IConcurrentMallocSpy, &answer))) {
      return spy_calls::serialised;
    }
    if (answer != nullptr) {
      static_cast<IUnknown*>(answer)->Release();
    }
  }
  return spy_calls::concurrent;
}

chain::chain(std::initializer_list<IMallocSpy*> spies)
    : spy_base(calls_of(spies)), m_strangers(spies::make_own<strangers>()) {
  for (IMallocSpy* spy : spies) {
    void* answer = nullptr;
    if (spy == nullptr || m_count == most_spies || FAILED(spy->QueryInterface(IID_IMallocSpy, &answer)) ||
        answer == nullptr) {
      m_complete = false;
      return;
    }
    m_spies[m_count++] = static_cast<IMallocSpy*>(answer);
  }
}

chain::~chain() {
  for (unsigned i = m_count; i-- != 0;) {
    m_spies[i]->Release();
  }
  spies::destroy_own(m_strangers);
}

HRESULT chain::QueryInterface(REFIID riid, void** ppvObject) {
  if (!m_complete && ppvObject != nullptr && riid != IID_IUnknown) {
    *ppvObject = nullptr;
    return E_NOINTERFACE;
  }
  return spy_base::QueryInterface(riid, ppvObject);
}

void* chain::PreGetSize(void* pRequest, BOOL fSpyed) {
  question done{0, {}};
  void* block = pRequest;
  while (done.called < m_count && block != nullptr) {
    const unsigned i = done.called++;
    done.blocks[i] = block;
    block = m_spies[i]->PreGetSize(block, spyed_by(i, block, fSpyed));
  }
  spies::carry(this, done);
  return block;
}

SIZE_T chain::PostGetSize(SIZE_T cbActual, BOOL fSpyed) {
  question done{};
  if (!spies::take(this, done)) {
    return cbActual; // no memory for a page: the heap's answer is the best there is
  }
  SIZE_T size = cbActual;
  for (unsigned i = done.called; i-- != 0;) {
    size = m_spies[i]->PostGetSize(size, spyed_by(i, done.blocks[i], fSpyed));
  }
  return size;
}

SIZE_T chain::inner::size_of(void* block, IMalloc* host) const {
  question done{m_first, {}};
  while (done.called < m_chain.m_count && block != nullptr) {
    const unsigned i = done.called++;
    done.blocks[i] = block;
    block = m_chain.m_spies[i]->PreGetSize(block, m_chain.spyed_by(i, block, m_spyed));
  }
  SIZE_T size = spies::size_of_raw_block(block, host);
  for (unsigned i = done.called; i-- != m_first;) {
    size = m_chain.m_spies[i]->PostGetSize(size, m_chain.spyed_by(i, done.blocks[i], m_spyed));
  }
  return size;
}

void* chain::PreDidAlloc(void* pRequest, BOOL fSpyed) {
  question done{0, {}};
  void* block = pRequest;
  while (done.called < m_count && block != nullptr) {
    const unsigned i = done.called++;
    done.blocks[i] = block;
    block = m_spies[i]->PreDidAlloc(block, spyed_by(i, block, fSpyed));
  }
  spies::carry(this, done);
  return block;
}

int chain::PostDidAlloc(void*, BOOL fSpyed, int fActual) {
  question done{};
  if (!spies::take(this, done)) {
    return fActual;
  }
  int answer = fActual;
  for (unsigned i = done.called; i-- != 0;) {
    answer = m_spies[i]->PostDidAlloc(done.blocks[i], spyed_by(i, done.blocks[i], fSpyed), answer);
  }
  return answer;
}

void chain::PreHeapMinimize() {
  for (unsigned i = 0; i < m_count; ++i) {
    m_spies[i]->PreHeapMinimize();
  }
}

void chain::PostHeapMinimize() {
  for (unsigned i = m_count; i-- != 0;) {
    m_spies[i]->PostHeapMinimize();
  }
}

} // namespace mallocspy
