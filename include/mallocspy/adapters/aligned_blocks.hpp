// SPDX-License-Identifier: MIT
// Blocks of any alignment from any IMalloc, which itself knows only one. What the other adapters are made of.
// source: ours
#pragma once

#include <cstdint>
#include <cstring>
#include <mallocspy/contract/contract.hpp>
#include <mallocspy/contract/export.h>
#include <mallocspy/task/task_memory.hpp>

namespace mallocspy {

// What every IMalloc aligns its blocks to.
inline constexpr std::size_t imalloc_alignment = 2 * sizeof(void*);

// returns: the task allocator, for the defaults below. It is never destroyed and not counted. threads: any
inline IMalloc* task_imalloc() noexcept {
  IMalloc* allocator = nullptr;
  CoGetMalloc(MEMCTX_TASK, &allocator);
  return allocator;
}

// returns: a block of `size` bytes aligned to `alignment`, a power of two; null without memory. Beyond the usual alignment
//   the block is larger by it, and the pointer to the whole is kept in front of it
// threads: as of the allocator
inline void* allocate_aligned(IMalloc& allocator, std::size_t size, std::size_t alignment) {
  if (alignment <= imalloc_alignment) {
    return allocator.Alloc(size);
  }
  if (size > SIZE_MAX - alignment) {
    return nullptr;
  }
  void* whole = allocator.Alloc(size + alignment);
  if (whole == nullptr) {
    return nullptr;
  }
  // The whole is aligned to at least 16, so at least a pointer fits in front.
  const auto start = reinterpret_cast<std::uintptr_t>(whole);
  char* block = static_cast<char*>(whole) + (alignment - start % alignment);
  std::memcpy(block - sizeof whole, &whole, sizeof whole);
  return block;
}

// effects: frees a block of allocate_aligned, with the alignment given there; null is allowed
// threads: as of the allocator
inline void free_aligned(IMalloc& allocator, void* block, std::size_t alignment) {
  void* whole = block;
  if (block != nullptr && alignment > imalloc_alignment) {
    std::memcpy(&whole, static_cast<char*>(block) - sizeof whole, sizeof whole);
  }
  allocator.Free(whole);
}

// Holds a reference of an IMalloc.
// threads: one at a time for each object
class imalloc_ref {
public:
  // effects: adds a reference. allocator: not null
  explicit imalloc_ref(IMalloc* allocator) noexcept : m_allocator(allocator) {
    m_allocator->AddRef();
  }
  imalloc_ref(const imalloc_ref& other) noexcept : imalloc_ref(other.m_allocator) {}
  // Swapped with a copy, which then gives back the old reference: fit for itself too.
  imalloc_ref& operator=(imalloc_ref other) noexcept {
    IMalloc* const present = m_allocator;
    m_allocator = other.m_allocator;
    other.m_allocator = present;
    return *this;
  }
  ~imalloc_ref() {
    m_allocator->Release();
  }

  IMalloc* get() const noexcept {
    return m_allocator;
  }
  IMalloc& operator*() const noexcept {
    return *m_allocator;
  }

private:
  IMalloc* m_allocator;
};

} // namespace mallocspy
