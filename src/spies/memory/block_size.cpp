// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#include "spies/memory/block_size.hpp"

#include "blocks/hints.hpp"

#include <mallocspy/blocks/ownership.hpp>

namespace mallocspy::spies {

namespace {
MALLOCSPY_INNER __thread const inner_sizes* present = nullptr;
} // namespace

asking_inner_sizes::asking_inner_sizes(const inner_sizes* inner) noexcept : m_outer(present) {
  present = inner;
}

asking_inner_sizes::~asking_inner_sizes() {
  present = m_outer;
}

SIZE_T size_of_block(void* block, IMalloc* host) {
  if (MALLOCSPY_UNLIKELY(present != nullptr)) {
    return present->size_of(block, host);
  }
  return size_of_raw_block(block, host);
}

SIZE_T size_of_raw_block(void* block, IMalloc* host) {
  return MALLOCSPY_LIKELY(host == nullptr) ? requested_size(block) : host->GetSize(block);
}

} // namespace mallocspy::spies
