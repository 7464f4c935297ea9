// SPDX-License-Identifier: MIT
// A spy that writes every event to a file, with the call stack of each allocation.
// source: ours
#pragma once

#include <cstdint>
#include <mallocspy/spies/spy_base.hpp>

namespace mallocspy {

struct trace_options {
  std::size_t depth = 16; // frames to keep of each call stack, up to 64; 0: none
};

// Writes allocations, reallocations, frees and failed requests, each with its number, so that the order of events is known
// across threads. Each thread has a buffer of 16 KiB, which goes to the file when it is full: nothing is allocated, no
// event is lost, and a process that is killed loses only what is in the buffers of its threads. Concurrent.
// trace_reader.hpp turns the file into what viewers open.
//
// fork: the child writes a file of its own, named like the parent's with "." and the child's process number behind, from
//   its first event on. What the parent had buffered goes to the parent's file, once. (Linux. Elsewhere the child writes
//   nothing.)
//
// A file that cannot be made or written (no permission, full disk): one line on stderr, what was written stays, events
// from then on are counted as dropped, and the program goes on.
class MALLOCSPY_API trace : public spy_base {
public:
  // effects: makes the file, or empties it
  // errors: std::bad_alloc; one line on stderr if the file cannot be made
  explicit trace(const char* path, const trace_options& options = {});
  // effects: writes what is buffered. The spy is not registered any more
  ~trace() override;

  // effects: writes what all threads have buffered. threads: while no other thread allocates; else they may lose events
  void flush() noexcept;

  // returns: events so far. threads: any, as the next two
  std::uint64_t events() const noexcept;
  // returns: events that could not be written; 0 unless the file fails
  std::uint64_t dropped() const noexcept;
  // returns: errno of the first failure; 0 if there was none
  int error() const noexcept;

  SIZE_T STDMETHODCALLTYPE PreAlloc(SIZE_T cbRequest) override;
  void* STDMETHODCALLTYPE PostAlloc(void* pActual) override;
  void* STDMETHODCALLTYPE PreFree(void* pRequest, BOOL fSpyed) override;
  SIZE_T STDMETHODCALLTYPE PreRealloc(void* pRequest, SIZE_T cbRequest, void** ppNewRequest, BOOL fSpyed) override;
  void* STDMETHODCALLTYPE PostRealloc(void* pActual, BOOL fSpyed) override;

private:
  struct output;
  output* m_output;
};

} // namespace mallocspy
