// SPDX-License-Identifier: MIT
// The ways of some earlier walks, from their innermost frame to where they met the walk before. A program allocates from a
// few places again and again: whoever goes the same way need not unwind it, but see that the words that led there are the
// same.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include "blocks/hints.hpp"
#include "spies/stacks/walked_frame.hpp"

#include <cstddef>
#include <cstdint>

namespace mallocspy::spies {

struct walked_path {
  static constexpr std::size_t capacity = 8;

  walked_frame innermost;      // with a stack pointer of 0 there is no path
  std::size_t count;           // frames before the meeting
  walked_step steps[capacity]; // to the frames behind the innermost one; the last one to that at the meeting
  // The frame of the last walk at which this one met it, if it still is there, and what of it is no step.
  const walked_frame* meeting;
  std::uintptr_t meeting_pointer;
  bool meeting_needs_pointer;
  std::uint32_t stored; // the number of the stack; 0: none
  // What the number is for: of the stack's frames, the sums of the one at the meeting and of their callers.
  std::size_t stored_count;
  std::uint64_t stored_sum;
  std::uint64_t stored_callers;

  // returns: whether the last walk, which begins at `last_innermost`, still has the frame at the meeting in that place
  MALLOCSPY_INLINE bool meets(const walked_frame* last_innermost) const noexcept {
    const walked_step& end = steps[count - 1];
    return meeting >= last_innermost && meeting->stack_pointer == end.stack_pointer &&
           meeting->return_address == end.return_address &&
           (!meeting->needs_pointer || (meeting_needs_pointer && meeting->frame_pointer == meeting_pointer));
  }

  // returns: whether it has the number of the stack of so many frames, whose callers have this sum
  MALLOCSPY_INLINE bool is_stored(std::uint64_t callers, std::size_t frames) const noexcept {
    return stored != 0 && stored_sum == meeting->sum && stored_callers == callers && stored_count == frames;
  }
  MALLOCSPY_INLINE void set_stored(std::uint32_t number, std::uint64_t callers, std::size_t frames) noexcept {
    stored = number;
    stored_sum = meeting->sum;
    stored_callers = callers;
    stored_count = frames;
  }

  // effects: keeps the way from `from` to the meeting, `steps_to_it` frames further
  MALLOCSPY_INLINE void keep(const walked_frame* from, std::size_t steps_to_it) noexcept {
    innermost.copy(*from);
    innermost.frame_pointer = from->frame_pointer;
    innermost.needs_pointer = from->needs_pointer;
    count = steps_to_it;
    for (std::size_t i = 0; i < steps_to_it; ++i) {
      steps[i].copy(*++from);
    }
    meeting = from;
    meeting_pointer = from->frame_pointer;
    meeting_needs_pointer = from->needs_pointer;
  }
};

// The paths of a thread, by where they begin. A hit saves more than twice what a miss costs; a program that hardly ever
// goes the same way is asked only now and then.
class walked_paths {
public:
  // returns: the path that may begin there; null while they are not worth it
  MALLOCSPY_INLINE walked_path* of(const stack_frame& f) noexcept {
    if (MALLOCSPY_LIKELY(m_credit > 0)) {
      return &m_paths[(f.stack_pointer >> 4 ^ f.return_address) % count];
    }
    return rest();
  }
  MALLOCSPY_INLINE void hit() noexcept {
    m_credit += m_credit < most_credit ? 2 : 0;
  }
  MALLOCSPY_INLINE void missed() noexcept {
    --m_credit;
  }

private:
  static constexpr std::size_t count = 32;
  static constexpr std::int32_t most_credit = 256;
  static constexpr std::int32_t first_credit = 64;
  static constexpr std::int32_t walks_of_rest = 8192;

  walked_path* rest() noexcept {
    if (--m_credit < -walks_of_rest) {
      m_credit = first_credit;
    }
    return nullptr;
  }

  std::int32_t m_credit = first_credit;
  walked_path m_paths[count]{};
};

} // namespace mallocspy::spies
