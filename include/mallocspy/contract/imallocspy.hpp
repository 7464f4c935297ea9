// SPDX-License-Identifier: MIT
// IMallocSpy: sees every call to the task allocator before and after, and may change its outcome.
#pragma once

#include <mallocspy/contract/iunknown.hpp>

#if defined(_WIN32)
#include <objidl.h>
#endif

namespace mallocspy {

#if defined(_WIN32)
using ::IMallocSpy;
#else

// Twelve hooks, two for each operation: Pre before the raw heap works, Post after it. The allocator calls them; clients
// never do.
//
// Words: the client pointer is what the client of IMalloc sees; the raw pointer is the heap's. They differ for a spy that
// puts a header in front of its blocks. fSpyed is TRUE (1) if the block was allocated, or reallocated successfully, while
// this spy was registered, and FALSE (0) otherwise; it is exact for every client pointer.
//
// Holds for every hook:
//   called    on the thread of the client's call, for calls from every source. No other thread's hook comes between a Pre
//             and the return of its Post, so a spy may keep values in members from one to the other
//   not called  for null pointers given to Free, GetSize and DidAlloc; for calls that began before registration
//   must not  throw; block on another thread that allocates; allocate from the task allocator without a guard of its own
//             (nested calls are spied too). It may call GetSize and the like, and CoRevokeMallocSpy
//
// source: COM; the slots are in the order of the published method table
class IMallocSpy : public IUnknown {
public:
  // Slot 3. Before Alloc, and before Realloc of a null pointer.
  // called: once for each such call; cbRequest is what the client asked for
  // returns: the bytes to ask the heap for, cbRequest or more. 0 makes the call fail (null to the client, no PostAlloc, no
  // heap call), unless cbRequest is 0: then the block of size 0 is made as usual
  virtual SIZE_T STDMETHODCALLTYPE PreAlloc(SIZE_T cbRequest) = 0;

  // Slot 4. After the heap's allocation.
  // called: once after each PreAlloc that did not force a failure, with null when the heap had no memory
  // not called: after a forced failure
  // returns: the client pointer: pActual, or pActual plus the size of a header. Ignored when pActual is null. Null for a
  // good block gives the client null; the block then belongs to the spy
  virtual void* STDMETHODCALLTYPE PostAlloc(void* pActual) = 0;

  // Slot 5. Before Free, and before Realloc to size 0.
  // called: once for each such call with a pointer that is not null; the block is still spied during the call
  // returns: the raw pointer to free; null keeps the block from the heap (quarantine), and it counts as freed all the same
  virtual void* STDMETHODCALLTYPE PreFree(void* pRequest, BOOL fSpyed) = 0;

  // Slot 6. After the heap's free; once after each PreFree, with the same fSpyed.
  virtual void STDMETHODCALLTYPE PostFree(BOOL fSpyed) = 0;

  // Slot 7. Before Realloc of a block to a size that is not 0.
  // called: once for each such call
  // not called: for a null pointer (PreAlloc instead) and for size 0 (PreFree instead)
  // returns: the bytes to ask the heap for; 0 makes the call fail: the client gets null, the block stays as it is, no
  // PostRealloc. Must store the raw pointer to resize in *ppNewRequest; null there makes the heap allocate a new block, and
  // the old one belongs to the spy
  // An unspied block becomes spied by a successful realloc. A spy with a header either adopts it (asks for the header's
  // bytes too and moves the payload up in PostRealloc) or remembers which blocks carry its header.
  virtual SIZE_T STDMETHODCALLTYPE PreRealloc(void* pRequest, SIZE_T cbRequest, void** ppNewRequest, BOOL fSpyed) = 0;

  // Slot 8. After the heap's realloc.
  // called: once after each PreRealloc that did not force a failure, with the same fSpyed; pActual is the raw pointer that
  // the heap returned, null when it had no memory
  // returns: the client pointer, as from PostAlloc
  virtual void* STDMETHODCALLTYPE PostRealloc(void* pActual, BOOL fSpyed) = 0;

  // Slot 9. Before GetSize. returns: the raw pointer to ask the heap about
  virtual void* STDMETHODCALLTYPE PreGetSize(void* pRequest, BOOL fSpyed) = 0;

  // Slot 10. After GetSize; once after each PreGetSize, with the same fSpyed.
  // called: with cbActual, the bytes that were requested from the heap: with what PreAlloc added, without rounding
  // returns: what the client gets
  virtual SIZE_T STDMETHODCALLTYPE PostGetSize(SIZE_T cbActual, BOOL fSpyed) = 0;

  // Slot 11. Before DidAlloc. returns: the raw pointer to ask the heap about
  virtual void* STDMETHODCALLTYPE PreDidAlloc(void* pRequest, BOOL fSpyed) = 0;

  // Slot 12. After DidAlloc; once after each PreDidAlloc, with the same fSpyed.
  // called: with the client's own pointer and fActual, the heap's answer for the raw pointer: 1, 0, or -1 for null
  // returns: what the client gets
  virtual int STDMETHODCALLTYPE PostDidAlloc(void* pRequest, BOOL fSpyed, int fActual) = 0;

  // Slots 13 and 14. Around HeapMinimize, once each.
  virtual void STDMETHODCALLTYPE PreHeapMinimize() = 0;
  virtual void STDMETHODCALLTYPE PostHeapMinimize() = 0;

protected:
  ~IMallocSpy() = default;
};

#endif

} // namespace mallocspy
