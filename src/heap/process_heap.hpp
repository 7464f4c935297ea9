// SPDX-License-Identifier: MIT
// The process heap as the heap functions see it: the task allocator's raw blocks, of which the block map tells. No spy is
// called; client pointers in blocks that go are taken out of the spy's set.
#pragma once

#include "blocks/block_map.hpp"

#include <cstddef>
#include <mallocspy/contract/types.hpp>

namespace mallocspy::heap {

// All of these wait while another thread has locked the process heap, unless `serialized` is false.

// effects, returns: as HeapAlloc without exceptions
void* process_alloc(std::size_t size, bool zeroed, bool serialized) noexcept;

// What came of resizing a block.
struct resized {
  void* block;         // null: failed, the old one is as it was
  std::size_t present; // the size before; blocks::no_size: there was no block
};

// effects: as HeapReAlloc, without zeroing
resized process_resize(void* p, std::size_t size, bool in_place_only, bool serialized);

// effects: frees the block. returns: whether there was one
bool process_free(void* p, bool serialized);

// returns: the requested size; blocks::no_size if there is no block
std::size_t process_size(const void* p, bool serialized) noexcept;

// returns: the live block with the lowest address from `from` on; start 0: there is none
blocks::found_block first_block_from(std::uintptr_t from) noexcept;

// returns: whether no live block reaches into the next one
bool process_heap_is_sound() noexcept;

} // namespace mallocspy::heap
