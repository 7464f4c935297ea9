// SPDX-License-Identifier: MIT
// A spy that knows every live block: its size, its number, its thread and its call stack; and which of them are lost.
// source: ours
#pragma once

#include <cstdint>
#include <mallocspy/spies/leak_report.hpp>
#include <mallocspy/spies/spy_base.hpp>

namespace mallocspy {

namespace spies {
struct leak_access;
} // namespace spies

struct leak_options {
  // Frames to keep of each call stack, up to 64. 0: no stacks, which makes the spy cheaper still.
  std::size_t depth = 16;
  // Whether recording begins at once; else with start().
  bool recording = true;
};

// Keeps a record of each block that is allocated while it records, until the block is freed. Concurrent; adds nothing to
// the blocks; its memory comes straight from the system: about 40 bytes for a small live block, and each call stack once. A
// block that is reallocated counts as a new request, with the number and the stack of that.
//
//   leak_tracker tracker;
//   CoRegisterMallocSpy(&tracker);
//   ...
//   leak_report report = tracker.report();
//   report.print();                       // by call stack, largest loss first
//
// Where there is no memory for a record the block is not tracked: untracked() counts them, and the report says so.
// threads: all may be called from any thread, not from a hook
class MALLOCSPY_API leak_tracker : public spy_base {
public:
  // errors: std::bad_alloc
  explicit leak_tracker(const leak_options& options = {});
  ~leak_tracker() override;

  // A window: what is allocated between start() and stop() is recorded. Blocks that are recorded are taken off when they
  // are freed, in a window or not. Windows may be opened again; all that is recorded stays
  void start() noexcept;
  void stop() noexcept;

  // returns: the number of the next request that is recorded. Numbers are 1, 2, 3 ... in the order of requests, failed ones
  // included; report(mark) has only the blocks from that mark on
  std::uint64_t mark() const noexcept;

  // effects: a block that may survive: it is left out of reports, which tell how many there are. Ends when it is freed
  // returns: false if no such block is recorded
  bool expect(const void* block) noexcept;

  // effects: the same for all blocks that have a function or a module on their stack whose name contains `part`
  // (demangled name; path of the module). Up to 16 of them. The string is copied
  // returns: false if there is no room
  bool expect_under(const char* part) noexcept;

  struct live {
    std::uint64_t blocks;
    std::uint64_t bytes;
  };
  // returns: what is recorded and alive, requested bytes
  live count() const noexcept;

  // returns: blocks that could not be recorded
  std::uint64_t untracked() const noexcept;

  // effects: looks at all recorded blocks with numbers from `from` on, and finds out which of them the program can still
  //   reach (leak_report.hpp). The process is copied for that (copy on write); it goes on while its copy is looked at, but
  //   this call waits for the answer
  // errors: without memory or permission for a copy the blocks' states are unknown, with one line on stderr
  leak_report report(std::uint64_t from = 0) const;

  SIZE_T STDMETHODCALLTYPE PreAlloc(SIZE_T cbRequest) override;
  void* STDMETHODCALLTYPE PostAlloc(void* pActual) override;
  void* STDMETHODCALLTYPE PreFree(void* pRequest, BOOL fSpyed) override;
  SIZE_T STDMETHODCALLTYPE PreRealloc(void* pRequest, SIZE_T cbRequest, void** ppNewRequest, BOOL fSpyed) override;
  void* STDMETHODCALLTYPE PostRealloc(void* pActual, BOOL fSpyed) override;

private:
  friend struct spies::leak_access; // for the layer testing

  struct tables;
  tables* m_tables;
};

} // namespace mallocspy
