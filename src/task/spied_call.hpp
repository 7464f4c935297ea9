// SPDX-License-Identifier: MIT
// One operation under the spy, from before Pre until after Post. Nested on the same thread as often as a spy calls the
// allocator from its hooks. A classic spy is called under one lock, a concurrent one under none.
// Runs inside hooks: never allocates from what is hooked.
#pragma once

#include "task/spy_registry.hpp"

namespace mallocspy::task {

class spied_call {
public:
  // effects: enters the spy. If it has gone since the caller looked, this is no call: test it first
  // `client_frame`: the frame of the caller of this constructor
  explicit spied_call(const request_info& request, const void* client_frame = __builtin_frame_address(0)) noexcept;
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

  bool is_nested() const noexcept {
    return m_level == level::nested;
  }
  // Where nodes for the spied set come from and go to.
  blocks::node_stock& nodes() const noexcept;
  // effects: says that as many client pointers more are in the spied set
  void count(std::ptrdiff_t change) const noexcept {
    if (spy_thread::holds_lock()) {
      registry.spied += change;
    } else {
      blocks::this_words.spied += change;
    }
  }

private:
  enum class level : unsigned char {
    outermost, // without the lock
    locked,    // outermost, with the lock
    nested,    // in either
    none,      // there was no spy
  };

  IMallocSpy* enter() noexcept;

  level m_level = level::outermost;
  // What the thread stands at between calls, once this one is over.
  std::uintptr_t m_afterwards = outside;
  const request_info* m_outer;
  const void* m_outer_frame;
  IMallocSpy* m_spy;
};

} // namespace mallocspy::task
