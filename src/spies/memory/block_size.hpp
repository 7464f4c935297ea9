// SPDX-License-Identifier: MIT
// How big a block is that a spy is given. In a chain the pointer is what the spies further inside made of the raw one, so
// they are asked; alone it is the raw block, whose size the block map has.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include <mallocspy/contract/contract.hpp>
#include <mallocspy/contract/export.h>

namespace mallocspy::spies {

inline constexpr SIZE_T unknown_size = static_cast<SIZE_T>(-1);

// The spies behind the one that is being called, as far as sizes go.
class inner_sizes {
public:
  // host: asked for the size of the raw block, unless null
  virtual SIZE_T size_of(void* block, IMalloc* host) const = 0;

protected:
  ~inner_sizes() = default;
};

// Makes this thread's questions go to `inner` for a scope.
class asking_inner_sizes {
public:
  explicit asking_inner_sizes(const inner_sizes* inner) noexcept;
  ~asking_inner_sizes();
  asking_inner_sizes(const asking_inner_sizes&) = delete;
  asking_inner_sizes& operator=(const asking_inner_sizes&) = delete;

private:
  const inner_sizes* m_outer;
};

// returns: the bytes that were requested for the block, as the spy that asks in its PreFree or PreRealloc would have them;
// unknown_size if nobody knows. `host`: asked instead of the block map, unless null
MALLOCSPY_API SIZE_T size_of_block(void* block, IMalloc* host = nullptr);

// returns: the same for a block that is the heap's own
SIZE_T size_of_raw_block(void* block, IMalloc* host);

} // namespace mallocspy::spies
