// SPDX-License-Identifier: MIT
// Call stacks for spies: captured and stored so cheaply that a hook can do it on every allocation, and named only when
// somebody reads them.
//
//   PostAlloc:  record.stack = capture_client_stack_id(16);
//   report:     for (const void* address : stored_stack(record.stack)) locate_code(address) ...
//
// Everything here may be called in a hook: it never allocates from what is hooked and takes no lock that code in a hook may
// wait for. Its own memory comes straight from the system and is never given back: a stack's number is good for the life of
// the process.
//
// Limits: x86-64 Linux (by the unwind tables that every compiler writes, -fomit-frame-pointer or not), aarch64 Linux and
// macOS (by frame pointers). Elsewhere stacks are empty. A module that is loaded where another one was unloaded may get
// stacks that end early. source: ours
#pragma once

#include <cstddef>
#include <cstdint>
#include <mallocspy/contract/export.h>

namespace mallocspy {

// More frames than this are never captured.
inline constexpr std::size_t max_stack_depth = 64;

// effects: stores the return addresses of the calling thread's stack in `addresses`, innermost first. addresses[0] lies in
//   the function that calls capture_stack
// returns: how many; at most `capacity` and max_stack_depth. 0 where stacks cannot be walked
// threads: any; a signal handler may call it too
MALLOCSPY_API std::size_t capture_stack(const void** addresses, std::size_t capacity) noexcept;

// For signal handlers: the stack of the code that the signal interrupted, from the interrupted instruction on, also where
// the handler runs on a stack of its own. context: the third argument of a handler with SA_SIGINFO effects, returns: as
// capture_stack; addresses[0] is the interrupted instruction's address and one, as of a return address threads: in a signal
// handler
MALLOCSPY_API std::size_t capture_interrupted_stack(const void* context, const void** addresses,
                                                    std::size_t capacity) noexcept;

// A stored stack. Equal stacks have equal numbers; 0 is the empty one.
using stack_id = std::uint32_t;

// effects: stores a stack, unless it is there. Frames beyond max_stack_depth are cut off
// returns: its number; 0 for no frames, and where there is no memory for it
// threads: any
MALLOCSPY_API stack_id store_stack(const void* const* addresses, std::size_t count) noexcept;

// effects, returns: capture_stack and store_stack in one, with at most `depth` frames, beginning with the caller's. Cheaper
// threads: any
MALLOCSPY_API stack_id capture_stack_id(std::size_t depth) noexcept;

// For hooks: the stack of the client's call that is being spied, without the frames of this library.
// effects, returns: as capture_stack_id, but the first frame is where the allocator was called. Under another host than
//   mallocspy: as capture_stack_id
// threads: any, in a hook only
MALLOCSPY_API stack_id capture_client_stack_id(std::size_t depth) noexcept;

// The return addresses of a stored stack, innermost first.
class stored_stack {
public:
  // returns: an empty one for 0 and for a number that was never handed out. threads: any
  MALLOCSPY_API explicit stored_stack(stack_id id) noexcept;

  const void* const* begin() const noexcept {
    return m_addresses;
  }
  const void* const* end() const noexcept {
    return m_addresses + m_count;
  }
  std::size_t size() const noexcept {
    return m_count;
  }
  const void* operator[](std::size_t i) const noexcept {
    return m_addresses[i];
  }

private:
  const void* const* m_addresses = nullptr;
  std::size_t m_count = 0;
};

// Where an address of code lies, as far as the loaded files tell without debug information.
struct code_location {
  const char* module;             // path of the executable or shared library; null if the address lies in none
  std::uintptr_t module_offset;   // the address as the module's file has it: what addr2line takes
  const char* function;           // linker's name (mangled); null if unknown
  std::uintptr_t function_offset; // address minus the function's first, in bytes; 0 if unknown
};

// returns: where the call is that returns to this address. The strings live for ever
// effects: finds the name in the module's symbol table, static functions included unless the file is stripped. The first
//   question about an address takes a search, and the first about a module maps its file; answers are remembered
// threads: any; also in a hook
MALLOCSPY_API code_location locate_code(const void* return_address) noexcept;

// effects: writes a stored stack to a file descriptor (2: stderr), a line for each frame, with the linker's names; without
//   the frames of this library at its inner end
// threads: any; also in a hook
MALLOCSPY_API void write_stack(int descriptor, stack_id id) noexcept;

} // namespace mallocspy
