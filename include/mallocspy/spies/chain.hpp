// SPDX-License-Identifier: MIT
// Several spies as one.
// source: ours
#pragma once

#include <initializer_list>
#include <mallocspy/spies/spy_base.hpp>

namespace mallocspy {

// The first spy stands next to the client, the last one next to the heap: Pre hooks are called in written order and Post
// hooks in reverse. Each spy is a client of the next: what one asks for (a header's bytes more, another pointer), the next
// is asked. Each sees the IMallocSpy contract as if it were registered alone:
//
//   * its own pointers, and its own fSpyed
//   * a refused request (Pre returns 0) reaches no spy behind; those before it get their Post with null, in reverse order,
//     and the refusing one gets none
//   * for a client that asked for 0 bytes a refusal is ignored, as IMallocSpy has it: the block is made, and the spy that
//     refused does not know it (its fSpyed is FALSE)
//   * where PreFree keeps a block (returns null), the spies behind hear of no free; where PreRealloc asks for a new block
//     (stores null), they are asked for an allocation
//   * a spy that asks how big a block is that it is to free gets the answer of the spies behind it
//
// The chain is concurrent if all of its spies are; one serialised spy serialises them all.
//
// Owns one reference of each spy for its own life, as of a registration: a spy that is a local variable is declared before
// the chain.
class MALLOCSPY_API chain : public spy_base {
public:
  static constexpr unsigned most_spies = 8;

  // effects: none if it is empty: an empty chain passes everything through
  // errors: std::bad_alloc. Null, an object that does not answer IID_IMallocSpy, or more than most_spies make a chain that
  //   cannot be registered: it does not answer IID_IMallocSpy itself, and CoRegisterMallocSpy returns E_INVALIDARG
  chain(std::initializer_list<IMallocSpy*> spies);
  ~chain() override;

  HRESULT STDMETHODCALLTYPE QueryInterface(REFIID riid, void** ppvObject) override;

  SIZE_T STDMETHODCALLTYPE PreAlloc(SIZE_T cbRequest) override;
  void* STDMETHODCALLTYPE PostAlloc(void* pActual) override;
  void* STDMETHODCALLTYPE PreFree(void* pRequest, BOOL fSpyed) override;
  void STDMETHODCALLTYPE PostFree(BOOL fSpyed) override;
  SIZE_T STDMETHODCALLTYPE PreRealloc(void* pRequest, SIZE_T cbRequest, void** ppNewRequest, BOOL fSpyed) override;
  void* STDMETHODCALLTYPE PostRealloc(void* pActual, BOOL fSpyed) override;
  void* STDMETHODCALLTYPE PreGetSize(void* pRequest, BOOL fSpyed) override;
  SIZE_T STDMETHODCALLTYPE PostGetSize(SIZE_T cbActual, BOOL fSpyed) override;
  void* STDMETHODCALLTYPE PreDidAlloc(void* pRequest, BOOL fSpyed) override;
  int STDMETHODCALLTYPE PostDidAlloc(void* pRequest, BOOL fSpyed, int fActual) override;
  void STDMETHODCALLTYPE PreHeapMinimize() override;
  void STDMETHODCALLTYPE PostHeapMinimize() override;

private:
  class inner;
  struct strangers;

  static spy_calls calls_of(std::initializer_list<IMallocSpy*> spies);
  BOOL spyed_by(unsigned spy, const void* block, BOOL fSpyed) const noexcept;

  IMallocSpy* m_spies[most_spies] = {};
  unsigned m_count = 0;
  bool m_complete = true;
  strangers* m_strangers;
};

} // namespace mallocspy
