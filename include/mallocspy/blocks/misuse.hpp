// SPDX-License-Identifier: MIT
// What happens when a pointer that is no live block is freed or reallocated, by the task allocator or a heap.
// source: ours (the COM contract leaves it undefined)
#pragma once

#include <cstddef>
#include <mallocspy/contract/export.h>

namespace mallocspy {

// What the pointer is instead of the start of a live block.
enum class misuse_kind {
  freed_before, // a block started here and was freed; told as long as the map remembers it
  interior,     // inside a live block, `offset` bytes behind its start
  not_a_block,  // none of these: foreign, stack, wild, or its memory has been reused otherwise
  mismatch, // a live block, freed or reallocated by another function, or with another size, than its allocation asks for
};

// A detected misuse. Nothing has been changed when it is told. A mismatch is told only on request
// (interpose/mismatch.hpp), and if the handler says go_on, the operation is then carried out as if it fitted.
struct misuse {
  misuse_kind kind;
  const char* operation; // "Free", "Realloc", "HeapFree" ...: what was asked for, a string with static storage
  const void* pointer;   // the pointer given
  const void* block;     // interior: the start of the live block around it; else null
  std::size_t offset;    // interior: pointer minus block, in bytes; else 0
  std::size_t size;      // interior: the requested size of that block, in bytes; mismatch: of the block; else 0

  // mismatch: what made the block ("malloc", "operator new[]" ...), a string with static storage; else null
  const char* allocated_with = nullptr;
  // mismatch: the size that a sized operator delete was given, in bytes; what `size` says where none was given; else 0
  std::size_t freed_size = 0;
};

enum class misuse_action {
  go_on, // the operation returns as if it had not been called (Realloc: null)
  abort, // std::abort
};

// Decides what follows. Called on the thread of the faulty call, for a spied call with the spy's lock held; must not throw;
// may allocate.
// default: writes one line to stderr that names the pointer and the kind, without allocating; then goes on, or aborts if
// abort_on_misuse is set
using misuse_handler = misuse_action (*)(const misuse&);

// effects: installs a handler; null installs the default one
// returns: the handler before, never null
// threads: any
MALLOCSPY_API misuse_handler set_misuse_handler(misuse_handler handler) noexcept;

// returns: the present handler, never null. threads: any
MALLOCSPY_API misuse_handler get_misuse_handler() noexcept;

// effects: makes the default handler abort after its line, or not
// default: what the environment variable MALLOCSPY_ABORT_ON_MISUSE says at the first misuse: set to anything but empty and
// "0" means abort
// returns: what was in force before
// threads: any
MALLOCSPY_API bool set_abort_on_misuse(bool abort) noexcept;

} // namespace mallocspy
