// SPDX-License-Identifier: MIT
// Which spy is registered, how it may be entered, whether its revocation is pending, and the lock behind all that.
// Runs inside hooks: never allocates from what is hooked.
#pragma once

#include "blocks/block_map.hpp"
#include "blocks/hints.hpp"
#include "blocks/in_place.hpp"
#include "blocks/word_lock.hpp"
#include "task/hooks.hpp"
#include "task/spy_thread.hpp"

#include <cstdint>

namespace mallocspy::task {

// The word that every operation reads: 0 without a spy; else its address with bits below. Closed: it is entered with the
// lock only. This is so for a classic spy, and for a concurrent one while its revocation or a fork is under way. Fenced:
// whoever enters without the lock must order its own accesses. Gate, with or without a spy: the process heap is locked
// (process_gate.hpp). Without any of them, the word is the spy.
MALLOCSPY_INNER extern std::atomic<std::uintptr_t> spy_word;
inline constexpr std::uintptr_t closed_bit = 1;
inline constexpr std::uintptr_t fenced_bit = std::uintptr_t{1} << 55; // no address of a program has that one
inline constexpr std::uintptr_t gate_bit = 4;
inline constexpr std::uintptr_t entrance_bits = closed_bit | gate_bit | fenced_bit;
static_assert((no_member & outside & ~entrance_bits) != 0, "a word without a spy is no place where a thread stands");

// returns: whether that is the word now, read after whatever this thread has announced before
MALLOCSPY_INLINE bool spy_word_is(std::uintptr_t expected) noexcept {
  return blocks::equals_now(spy_word, expected);
}

inline bool is_open(std::uintptr_t word) noexcept {
  return (word & ~entrance_bits) != 0 && (word & closed_bit) == 0;
}

// returns: whether an operation must take the slow way: there is a spy, or the process heap is locked
inline bool spy_registered() noexcept {
  return spy_word.load(std::memory_order_relaxed) != 0;
}

// What operations without a spy look up: while one is registered nothing is found, and the way that is for this asks for a
// spy. That saves the question before.
// The classes of blocks to be freed; and the leaves of the block map, where the class is not asked for.
MALLOCSPY_INNER extern std::atomic<const std::uint8_t*> unspied_classes;
MALLOCSPY_INNER extern std::atomic<const blocks::leaf_entry*> unspied_leaves;

// The sizes below this are allocated without a further question: the short ones. While a spy is registered, none.
MALLOCSPY_INNER extern std::atomic<std::size_t> unspied_sizes;

// returns: the byte of the map for p; null while a spy is registered, or where p is not the start of a granule with a leaf
inline blocks::map_byte* find_unspied(const void* p) noexcept {
  return blocks::find_byte(p, unspied_leaves.load(std::memory_order_relaxed));
}

inline IMallocSpy* spy_in(std::uintptr_t word) noexcept {
  return reinterpret_cast<IMallocSpy*>(word & ~entrance_bits);
}

// The set of the spy's client pointers.
MALLOCSPY_INNER extern blocks::spied_set spied_pointers;

// What the lock guards. Nothing here has a destructor: at process exit a registered spy is left alone.
struct registry_state {
  blocks::word_lock lock;
  IMallocSpy* spy = nullptr; // that of the word, or the last one, so that a call need not keep it; written as `hooks` is
  bool spy_is_concurrent = false;
  bool revocation_pending = false;
  bool always_ask = false;             // operations take the slow way even without a spy
  unsigned long registration = 0;      // which one this is, counted up
  std::uintptr_t stand_of_forking = 0; // while a fork is under way: where its thread stood before
  unsigned waiting_to_revoke = 0;      // threads that have closed the word and wait until the others are out
  std::ptrdiff_t spied = 0; // client pointers in the set, as counted under the lock and by threads that have ended
  blocks::node_stock nodes{};
  known_hooks hooks; // written while there is no spy or nobody is inside, and read inside
};
MALLOCSPY_INNER extern registry_state registry;

// Holds the spy's lock for a scope. Not for a thread whose call holds it already.
class registry_lock {
public:
  registry_lock() noexcept;
  ~registry_lock();
  registry_lock(const registry_lock&) = delete;
  registry_lock& operator=(const registry_lock&) = delete;
};

// The ways into and out of the outermost spied call of a thread, beyond the fast ones of spied_call.

// effects: enters with the lock, or makes this thread a member of the roster so that it enters without
// returns: the spy, also kept as the thread's; null if there is none
IMallocSpy* enter_slowly(spy_thread& thread) noexcept;

// effects: leaves with the lock; completes a pending revocation if nothing of the spy is left
void leave_locked(spy_thread& thread);

// effects: after a call without the lock: the same look for a pending revocation
MALLOCSPY_COLD void complete_revocation();

// effects: sets or clears the gate's bit, so that operations of other threads take the slow way, or need not any more
void registry_close_gate(bool closed) noexcept;

// effects: makes all operations take the slow way even without a spy, for doors that look at each of them; or not any more
void registry_always_ask(bool always) noexcept;

// effects: takes over what an ended thread had. Under the lock
void registry_adopt(std::ptrdiff_t spied, blocks::node_stock& nodes) noexcept;

// Around a fork, in this order: before; then after, in the parent and in the child. Before waits until no other thread is
// inside the spy; one that waits in a hook for the lock counts as outside.
void registry_before_fork() noexcept;
void registry_after_fork_in_parent() noexcept;
void registry_after_fork_in_child() noexcept;

} // namespace mallocspy::task
