// SPDX-License-Identifier: MIT
// IMalloc: the task allocator as COM programs see it.
#pragma once

#include <mallocspy/contract/iunknown.hpp>

#if defined(_WIN32)
#include <objidl.h>
#endif

namespace mallocspy {

#if defined(_WIN32)
using ::IMalloc;
#else

// What each method promises without a spy. A registered spy sees every call and may change its outcome (imallocspy.hpp).
// threads: every method may be called from any thread at any time.
// errors: lack of memory is a null pointer, never an exception; the last error is never touched.
// A pointer that is no live block is answered as told at each method; the memory behind it is never read.
// source: COM; the slots are in the order of the published method table
class IMalloc : public IUnknown {
public:
  // Slot 3. Allocates.
  // effects: a block of cb bytes with undefined contents, aligned to twice the size of a pointer
  // returns: the block; for cb 0 a block of size 0 of its own, never null for that reason; null without memory
  virtual void* STDMETHODCALLTYPE Alloc(SIZE_T cb) = 0;

  // Slot 4. Changes the size of a block; it may move.
  //   pv null            as Alloc(cb), for cb 0 too
  //   pv, cb 0           as Free(pv); returns null
  //   pv, cb not 0       the first min(old, new) bytes are kept, further bytes are undefined
  // returns: the block in its new place; null without memory, and then pv is as it was
  // errors: pv is no live block: one line through the misuse handler, null, nothing is changed
  virtual void* STDMETHODCALLTYPE Realloc(void* pv, SIZE_T cb) = 0;

  // Slot 5. Frees a block. Null is allowed and has no effect.
  // errors: pv is no live block: one line through the misuse handler, nothing is changed. Of two threads that free the
  // same block at once one frees it and the other gets the line
  virtual void STDMETHODCALLTYPE Free(void* pv) = 0;

  // Slot 6. Asks for the size of a block.
  // returns: the bytes that were requested, exactly (27 for 27, whatever the heap used); (SIZE_T)-1 for null and for every
  // pointer that is not the start of a live block
  virtual SIZE_T STDMETHODCALLTYPE GetSize(void* pv) = 0;

  // Slot 7. Asks whether this allocator allocated a block.
  // returns: 1 if pv is the start of a live block; 0 if not, exactly, for every pointer value; -1 for null
  virtual int STDMETHODCALLTYPE DidAlloc(void* pv) = 0;

  // Slot 8. effects: gives unused memory back to the system as far as possible; live blocks stay where they are
  virtual void STDMETHODCALLTYPE HeapMinimize() = 0;

protected:
  ~IMalloc() = default;
};

#endif

} // namespace mallocspy
