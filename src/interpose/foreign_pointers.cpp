// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#include "interpose/foreign_pointers.hpp"

#include "blocks/backing.hpp"
#include "blocks/block_map.hpp"
#include "interpose/c_library.hpp"
#include "interpose/glibc_chunk.hpp"
#include "spies/process/readable_range.hpp"
#include "spies/symbols/loaded_module.hpp"

#include <atomic>
#include <cstdlib>

namespace mallocspy::interpose {

namespace {

next_definitions next_in_line;
bool next_is_the_c_library = false;
std::atomic<bool> next_is_known{false};

std::uintptr_t address_of(const void* p) noexcept {
  return reinterpret_cast<std::uintptr_t>(p);
}

std::uintptr_t module_of(std::uintptr_t address) noexcept {
  return spies::find_module(address).begin;
}

template <class Function> std::uintptr_t module_of(Function* function) noexcept {
  return module_of(reinterpret_cast<std::uintptr_t>(function));
}

template <class Function> void find(Function*& found, const char* name) noexcept {
  found = reinterpret_cast<Function*>(const_cast<void*>(function_of_c_library(name)));
}

next_definitions definitions_of_c_library() noexcept {
  next_definitions found;
  find(found.free, "free");
  find(found.realloc, "realloc");
  find(found.usable_size, "malloc_usable_size");
  return found;
}

bool is_complete(const next_definitions& found) noexcept {
  return found.free != nullptr && found.realloc != nullptr && found.usable_size != nullptr;
}

// returns: whether p lies in memory that our blocks come from: freed before, interior, or a block of mimalloc's own doors
bool is_of_our_heap(const void* p) noexcept {
  return blocks::backing::is_heap(p) || blocks::find_around(address_of(p)).start != 0;
}

#if !defined(__APPLE__)
// returns: whether p lies on the stack of this thread, as far as its frames are known to go
bool is_on_this_stack(const void* p) noexcept {
  constexpr std::uintptr_t page = 4096;
  constexpr std::uintptr_t usual_stack = std::uintptr_t{8} << 20;
  const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
  const std::uintptr_t address = address_of(p);
  if (address < here || address - here > usual_stack) {
    return false;
  }
  // A stack is one piece: a hole on the way there means that p lies beyond its end.
  for (std::uintptr_t at = here & ~(page - 1); at < address; at += page) {
    if (!spies::page_is_readable(at)) {
      return false;
    }
  }
  return true;
}
#endif

} // namespace

void use_next(next_definitions next) noexcept {
  const next_definitions c_library = definitions_of_c_library();
  // mimalloc would take any pointer for one of its own blocks. If it is a part of this module, it has no free of its own.
  const std::uintptr_t backing = module_of(blocks::backing::some_function());
  const bool is_backing = next.free != nullptr && module_of(next.free) == backing;
  next_in_line = is_complete(next) && !is_backing ? next : c_library;
  next_is_the_c_library = next_in_line.free == c_library.free;
  next_is_known.store(is_complete(next_in_line), std::memory_order_release);
}

#if defined(__APPLE__)

// The system's own malloc_size answers for any value at all: 0 for what is no block of one of its zones. Zones have locks
// of their own.
const next_definitions* next_for(const void* p) noexcept {
  if (!next_is_known.load(std::memory_order_acquire) || is_of_our_heap(p)) {
    return nullptr;
  }
  return next_in_line.usable_size(const_cast<void*>(p)) != 0 ? &next_in_line : nullptr;
}

#else

const next_definitions* next_for(const void* p) noexcept {
  const std::uintptr_t address = address_of(p);
  if (!next_is_known.load(std::memory_order_acquire) || address % (2 * sizeof(void*)) != 0 ||
      (address >> blocks::address_bits) != 0 || is_of_our_heap(p)) {
    return nullptr;
  }
  // Allocators keep their knowledge right in front of a block, and need the block itself for their lists.
  if (!spies::page_is_readable(address - 1) || !spies::page_is_readable(address) || spies::find_module(address).end != 0) {
    return nullptr;
  }
  const bool may_be = next_is_the_c_library ? looks_like_a_chunk(address) : !is_on_this_stack(p);
  return may_be ? &next_in_line : nullptr;
}

#endif

} // namespace mallocspy::interpose
