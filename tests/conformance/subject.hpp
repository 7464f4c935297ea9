// SPDX-License-Identifier: MIT
// What the suite is run on: an implementation of IMalloc, and how to reach what belongs to it. The scenarios know nothing
// else. To run them on another implementation, write another file in subjects/ and add a line to CMakeLists.txt.
#pragma once

#include <cstddef>
#include <mallocspy/contract/contract.hpp>

namespace conformance {

using namespace mallocspy;

// What not every implementation has. Test cases that need something end at once where it is lacking.
enum class ability {
  spies,            // register_spy and revoke_spy
  process_wide,     // get_malloc: the one object of a process
  refuses_null_out, // get_malloc(1, null) returns an error; real Windows crashes
  reports_misuse,   // Free and Realloc of what is no live block change nothing and are counted; elsewhere undefined
  unwinds,          // an exception out of a hook reaches the client and leaves nothing behind; elsewhere undefined
  counts_blocks,    // live_blocks
  limits_book_room, // limit_book_room
};

class subject {
public:
  virtual const char* name() const = 0;
  virtual bool can(ability a) const = 0;

  // The IMalloc. Every operation below is a call of its method, unless the subject has another door to the same thing.
  virtual IMalloc* object() = 0;
  virtual void* Alloc(SIZE_T cb) {
    return object()->Alloc(cb);
  }
  virtual void* Realloc(void* pv, SIZE_T cb) {
    return object()->Realloc(pv, cb);
  }
  virtual void Free(void* pv) {
    object()->Free(pv);
  }
  SIZE_T GetSize(void* pv) {
    return object()->GetSize(pv);
  }
  int DidAlloc(void* pv) {
    return object()->DidAlloc(pv);
  }
  void HeapMinimize() {
    object()->HeapMinimize();
  }

  // CoGetMalloc. Only with ability::process_wide
  virtual HRESULT get_malloc(DWORD context, IMalloc** out);

  // CoRegisterMallocSpy, CoRevokeMallocSpy. Only with ability::spies
  virtual HRESULT register_spy(IMallocSpy* spy);
  virtual HRESULT revoke_spy();

  // returns: how many misuses were reported so far. Only with ability::reports_misuse
  virtual std::size_t misuses();

  // returns: how many raw blocks live in the heap below any spy. Only with ability::counts_blocks, while no other thread
  //   allocates
  virtual std::size_t live_blocks();

  // effects: while on, the implementation gets no further memory for what it remembers about spied blocks; it may use up
  // what it has. Only with ability::limits_book_room
  virtual void limit_book_room(bool on);

protected:
  ~subject() = default;
};

// returns: the subject of this program; each program of the suite defines it once
subject& subject_under_test();

} // namespace conformance
