// SPDX-License-Identifier: MIT
// The spies of a chain behind the one that is being called: they are asked for a block's size (asking_inner_sizes).
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include "spies/memory/block_size.hpp"

#include <mallocspy/spies/chain.hpp>

namespace mallocspy {

class chain::inner final : public spies::inner_sizes {
public:
  inner(const chain& all, unsigned first, BOOL fSpyed) noexcept : m_chain(all), m_first(first), m_spyed(fSpyed) {}

  // returns: what GetSize would give to the spy before
  SIZE_T size_of(void* block, IMalloc* host) const override;

private:
  const chain& m_chain;
  const unsigned m_first;
  const BOOL m_spyed;
};

} // namespace mallocspy
