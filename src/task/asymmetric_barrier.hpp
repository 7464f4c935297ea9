// SPDX-License-Identifier: MIT
// A barrier between many threads that announce themselves often and one that rarely waits for them. The frequent side pays
// nothing where the system can interrupt all of the process's threads (membarrier on Linux); elsewhere it pays a fence.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
//
// What it is for, and all that it promises:
//
//   frequent side                          rare side
//     announce(here, 1)                      change a word that the frequent side reads
//     read that word                         heavy_barrier()
//                                            read `here`
//
// Either the frequent side reads the changed word, or the rare side reads the announcement.
#pragma once

#include "blocks/hints.hpp"
#include "blocks/sanitizer_hints.hpp"

#include <atomic>

namespace mallocspy::task {

// effects: finds out what the system can do
// returns: whether the frequent side must order its own accesses (announce_fenced), since nobody can do it from outside
// threads: one at a time
bool fences_needed() noexcept;

// effects: every thread of the process passes a full barrier before this returns. Where membarrier is missing, or has been
//   forbidden since prepare_barrier, by taking a page's permission away, which interrupts all processors on x86
void heavy_barrier() noexcept;

// effects: stores `value`, ordered before what this thread reads next; by itself, or with the help of heavy_barrier
template <class T> void announce_fenced(std::atomic<T>& here, T value) noexcept {
  here.exchange(value, std::memory_order_seq_cst);
}
template <class T> MALLOCSPY_INLINE void announce(std::atomic<T>& here, T value) noexcept {
#if defined(MALLOCSPY_TSAN)
  announce_fenced(here, value); // ThreadSanitizer follows atomics, not system calls
#else
  here.store(value, std::memory_order_release);
  std::atomic_signal_fence(std::memory_order_seq_cst);
#endif
}

} // namespace mallocspy::task
