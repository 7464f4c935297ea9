// SPDX-License-Identifier: MIT
// A spy that finds writes beyond blocks and uses of freed ones.
// source: ours
#pragma once

#include <cstddef>
#include <mallocspy/blocks/misuse.hpp>
#include <mallocspy/spies/call_stack.hpp>
#include <mallocspy/spies/spy_base.hpp>

namespace mallocspy {

namespace spies {
struct guard_access;
} // namespace spies

enum class guard_fault {
  overflow,       // a byte behind the block was written
  underflow,      // a byte in front of it
  use_after_free, // a freed block was written
  freed_twice,    // a freed block was freed or reallocated again
  not_the_block,  // what was freed is where the block's red zone starts, not the block
};

struct guard_finding {
  guard_fault fault;
  const char* found_at;  // "Free", "Realloc", "check_all", "quarantine" (the block left it): a string with static storage
  const void* block;     // the client's pointer
  SIZE_T size;           // what the client asked for, in bytes
  std::ptrdiff_t offset; // of the first damaged byte from the block's start; 0 where there is none
  stack_id allocated;    // who allocated it, or reallocated it last; 0: unknown
  stack_id freed;        // who freed it; 0: nobody, or unknown
};

// Decides what follows a finding. Called on the thread that found it, in a hook as a rule; must not throw; may allocate.
// default: writes to stderr what was found and both stacks, without allocating; then goes on
using guard_handler = misuse_action (*)(const guard_finding&);

struct guard_options {
  SIZE_T red_zone = 16;                       // bytes before and behind each block, at least 16, a multiple of 16
  bool fill = true;                           // fresh blocks get 0xA5 in each byte; freed ones 0xDF, which is checked later
  SIZE_T most_fill = static_cast<SIZE_T>(-1); // bytes at the beginning of a block that are filled at most
  std::size_t quarantine_bytes = 16 << 20;    // freed blocks that are kept, with all that is around them; 0: none
  std::size_t quarantine_blocks = 1 << 16;    // and how many of them at most
  std::size_t stack_depth = 16;               // frames of each stack; 0: no stacks
  bool pages = false;                         // each block ends at an inaccessible page
  bool exact_end = false;                     // with pages: to the byte, and blocks are not aligned as they should be
  std::size_t most_pages = 0;                 // with pages: blocks with a page at one time; 0: what the kernel allows
  guard_handler handler = nullptr;            // null: the default
  IMalloc* host = nullptr; // under another host than mallocspy: its IMalloc; asked for sizes of blocks that are adopted
};

// Puts red zones around each block and looks at them when the block is freed or reallocated, and when check_all() is
// called. Freed blocks stay in quarantine for a while: whoever writes to one is found when it leaves, or by check_all();
// whoever frees it again at once. A damaged block is told once, and serves on as before.
//
// GetSize gives what the client asked for. Alignment is kept (current_request), but with exact_end. Blocks that were
// allocated before are passed through; if one is reallocated, it is guarded from then on.
//
// pages: a read or write behind the block, rounded up to its alignment, stops the program at that instruction (exact_end:
// to the byte), and so does any use while it is in quarantine; the guard then says which block that was. Each block takes
// at least three pages more and two mappings of the kernel; where its limit (vm.max_map_count) is near, one line says so
// and further blocks get red zones only.
//
// Concurrent. In a chain the guard is best last, next to the heap: what the others add to a block is then guarded too.
class MALLOCSPY_API guard : public spy_base {
public:
  // errors: std::bad_alloc
  explicit guard(const guard_options& options = {});
  // effects: checks the blocks in quarantine and gives them back to the heap (under another host than mallocspy: to
  //   options.host, and without one they are lost)
  ~guard() override;

  // effects: looks at all blocks, live and in quarantine; each one that is damaged goes to the handler
  // returns: how many were damaged and had not been told before
  // threads: any, but not while another thread forks
  std::size_t check_all();

  // returns: how many findings there were. threads: any
  std::size_t findings() const noexcept;

  SIZE_T STDMETHODCALLTYPE PreAlloc(SIZE_T cbRequest) override;
  void* STDMETHODCALLTYPE PostAlloc(void* pActual) override;
  void* STDMETHODCALLTYPE PreFree(void* pRequest, BOOL fSpyed) override;
  void STDMETHODCALLTYPE PostFree(BOOL fSpyed) override;
  SIZE_T STDMETHODCALLTYPE PreRealloc(void* pRequest, SIZE_T cbRequest, void** ppNewRequest, BOOL fSpyed) override;
  void* STDMETHODCALLTYPE PostRealloc(void* pActual, BOOL fSpyed) override;
  void* STDMETHODCALLTYPE PreGetSize(void* pRequest, BOOL fSpyed) override;
  SIZE_T STDMETHODCALLTYPE PostGetSize(SIZE_T cbActual, BOOL fSpyed) override;
  void* STDMETHODCALLTYPE PreDidAlloc(void* pRequest, BOOL fSpyed) override;

private:
  friend struct spies::guard_access; // for the layer testing
  struct parts;
  struct reallocation;

  parts* m_parts;
};

} // namespace mallocspy
