// SPDX-License-Identifier: MIT
// Which spy is registered, whether its revocation is pending, and the lock that brackets its calls.
// Runs inside hooks: never allocates from what is hooked. The lock is taken only while a spy is registered.
#pragma once

#include "blocks/hints.hpp"
#include "blocks/spied_set.hpp"

#include <atomic>
#include <mallocspy/contract/contract.hpp>
#include <mallocspy/task/request_info.hpp>

namespace mallocspy::task {

// What the unspied path tests: a hint, decided again under the lock.
MALLOCSPY_INNER extern std::atomic<IMallocSpy*> registered_spy;

inline bool spy_registered() noexcept {
  return registered_spy.load(std::memory_order_relaxed) != nullptr;
}

// One operation under the spy: holds the lock from before Pre until after Post. Nested on the same thread, as often as a
// spy calls the allocator from its hooks. The end of the outermost one completes a pending revocation when no spied block
// is left; the spy is released after the lock.
class spied_call {
public:
  // effects: waits for other threads' calls. If the spy has gone meanwhile, this is no call: test it first
  explicit spied_call(const request_info& request) noexcept;
  ~spied_call();
  spied_call(const spied_call&) = delete;
  spied_call& operator=(const spied_call&) = delete;

  // returns: whether there is a spy to call
  explicit operator bool() const noexcept {
    return m_spy != nullptr;
  }
  // The spy, the same one from Pre to Post.
  IMallocSpy* operator->() const noexcept {
    return m_spy;
  }
  // The client pointers of its blocks.
  blocks::spied_set& spied() const noexcept;

private:
  IMallocSpy* m_spy;
  request_info m_outer;
};

// effects: called before and after a fork, in this order: before; then after in the parent, after in the child. Before
// waits
//   until no other thread is inside the spy
void registry_before_fork() noexcept;
void registry_after_fork_in_parent() noexcept;
void registry_after_fork_in_child() noexcept;

} // namespace mallocspy::task
