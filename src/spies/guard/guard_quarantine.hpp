// SPDX-License-Identifier: MIT
// Freed blocks in the order in which they were freed. A hook can give back one block to the heap for each that comes, so
// for each that comes at most one leaves: a block that does not fit in the place of the oldest one is not taken.
// Runs inside hooks: never allocates from what is hooked; its lock is held for a few instructions and never across a hook.
#pragma once

#include "blocks/fork_safe_lock.hpp"
#include "spies/guard/guard_block.hpp"

namespace mallocspy::spies {

class guard_quarantine {
public:
  guard_quarantine(std::size_t most_bytes, std::size_t most_blocks) noexcept
      : m_most_bytes(most_bytes), m_most_blocks(most_blocks) {}

  // Room for one block that is to come.
  struct room {
    bool granted;
    guarded_block* leaves; // who left for it, the caller's from now on; null: nobody had to
  };

  // threads: any, as all of these
  room reserve(SIZE_T bytes) noexcept {
    m_lock.lock();
    room answer{m_count < m_most_blocks && bytes <= m_most_bytes - m_bytes, nullptr};
    if (!answer.granted && m_oldest != nullptr && bytes <= m_most_bytes - (m_bytes - m_oldest->raw_size)) {
      answer = {true, pop()};
    }
    if (answer.granted) {
      m_bytes += bytes;
      ++m_count;
    }
    m_lock.unlock();
    return answer;
  }

  // effects: the block takes the room that was granted for its raw_size
  void enter(guarded_block& block) noexcept {
    m_lock.lock();
    block.newer = nullptr;
    (m_oldest == nullptr ? m_oldest : m_newest->newer) = &block;
    m_newest = &block;
    m_lock.unlock();
  }

  // effects: the room is not needed after all, and who left for it comes back
  void cancel(SIZE_T bytes, guarded_block* left) noexcept {
    m_lock.lock();
    m_bytes -= bytes;
    --m_count;
    if (left != nullptr) {
      m_bytes += left->raw_size;
      ++m_count;
      left->newer = m_oldest;
      m_newest = m_oldest == nullptr ? left : m_newest;
      m_oldest = left;
    }
    m_lock.unlock();
  }

  // returns: the oldest block, out of quarantine; null if there is none
  guarded_block* take_oldest() noexcept {
    m_lock.lock();
    guarded_block* oldest = m_oldest == nullptr ? nullptr : pop();
    m_lock.unlock();
    return oldest;
  }

private:
  guarded_block* pop() noexcept {
    guarded_block* oldest = m_oldest;
    m_oldest = oldest->newer;
    m_bytes -= oldest->raw_size;
    --m_count;
    return oldest;
  }

  const std::size_t m_most_bytes;
  const std::size_t m_most_blocks;
  blocks::fork_safe_lock m_lock;
  std::size_t m_bytes = 0; // with the rooms that were granted
  std::size_t m_count = 0;
  guarded_block* m_oldest = nullptr;
  guarded_block* m_newest = nullptr;
};

} // namespace mallocspy::spies
