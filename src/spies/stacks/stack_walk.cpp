// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#include "spies/stacks/stack_walk.hpp"

#include "blocks/hints.hpp"
#include "spies/stacks/frame_step.hpp"
#include "spies/stacks/lent_walk.hpp"
#include "spies/stacks/stack_reading.hpp"
#include "spies/stacks/stack_table.hpp"

#include <algorithm>
#include <cstring>

namespace mallocspy::spies {

namespace {

static_assert(sizeof(std::uintptr_t) == sizeof(const void*));

struct found_stack {
  const void* const* addresses; // innermost first
  std::size_t count;
};

// returns: f(the thread's last walk, or an empty one)
template <class Function> MALLOCSPY_COLD auto with_empty_walk(Function f) noexcept {
  walked_stack empty;
  return f(empty);
}
template <class Function> MALLOCSPY_INLINE auto with_last_walk(Function f) noexcept {
  const lent_walk last;
  return MALLOCSPY_LIKELY(last) ? f(*last) : with_empty_walk(f);
}

#if defined(__linux__) && defined(__x86_64__)

found_stack found_in(const walked_stack& walked, std::size_t capacity) noexcept {
  return {reinterpret_cast<const void* const*>(walked.return_addresses + walked.top),
          std::min(capacity, walked_stack::capacity - walked.top)};
}

// returns: bits from there on, for `from` at most 64
constexpr std::uint64_t bits_from(std::size_t from) noexcept {
  return from == 64 ? 0 : ~std::uint64_t{0} << from;
}

// What a walk has found before it meets the last one. No address of it is taken, so that it stays in registers; the frames
// are an array beside it.
struct fresh_frames {
  std::size_t count = 0;
  std::uint64_t needs_pointer = 0; // as in a walked_stack

  // effects: the way out from frame `i` depends on its frame pointer, and so do those from all frames that lead there from
  //   where that was read
  MALLOCSPY_INLINE void depend_on_pointer(const stack_frame* frames, std::size_t i) noexcept {
    needs_pointer |= std::uint64_t{1} << i;
    while (MALLOCSPY_UNLIKELY(frames[i].slot == 0) && i-- != 0) {
      needs_pointer |= std::uint64_t{1} << i;
    }
  }
};

// effects: moves the frames [from, to) of the last walk to its end
MALLOCSPY_COLD void keep_only(walked_stack& last, std::size_t from, std::size_t to) noexcept {
  const std::size_t place = walked_stack::capacity - (to - from);
  for (std::uintptr_t* values : {last.stack_pointers, last.return_addresses, last.frame_pointers, last.slots, last.held}) {
    std::memmove(values + place, values + from, (to - from) * sizeof(std::uintptr_t));
  }
  last.needs_pointer <<= place - from;
  last.top = place;
  last.complete = false; // the outermost ones may have gone
}

// effects: puts the frames in front of those of the last walk from `behind` on
MALLOCSPY_INLINE void put_in_front(walked_stack& last, std::size_t behind, const fresh_frames& fresh,
                                   const stack_frame* frames) noexcept {
  last.top = behind - fresh.count;
  last.needs_pointer = (last.needs_pointer & bits_from(behind)) | fresh.needs_pointer << last.top;
  for (std::size_t i = 0; i < fresh.count; ++i) {
    last.set(last.top + i, frames[i]);
  }
}

// returns: the first frame of the last walk in [from, to) to which its callee does not lead any more; `to` if there is none
MALLOCSPY_READS_STACKS MALLOCSPY_INLINE std::size_t first_changed(walked_stack& last, std::size_t from,
                                                                  std::size_t to) noexcept {
  // Frames lie one above the other: if the uppermost can be read, all can. The slots are between them.
  if (from >= to || !last.readable.holds(last.stack_pointers[to - 1] - 8)) {
    return from;
  }
  std::size_t i = from;
  if ((last.needs_pointer & bits_from(from)) == 0) {
    while (i != to && word_at(last.stack_pointers[i] - 8) == last.return_addresses[i]) {
      ++i;
    }
    return i;
  }
  while (i != to && ((word_at(last.stack_pointers[i] - 8) ^ last.return_addresses[i]) |
                     (word_at(last.slots[i]) ^ last.held[i])) == 0) {
    ++i;
  }
  return i;
}

// effects: if the last walk goes on behind the frame, which is its frame `at`, as this one does, takes over from it all
// that is
//   wanted; `changed` gets its first frame of which that is not so
// returns: whether the walk is over
MALLOCSPY_READS_STACKS MALLOCSPY_INLINE bool take_over(walked_stack& last, std::size_t at, const stack_frame& frame,
                                                       fresh_frames& fresh, const stack_frame* frames, std::size_t capacity,
                                                       std::size_t& changed) noexcept {
  const std::size_t needed = at + (capacity - fresh.count);
  const std::size_t to = std::min(walked_stack::capacity, needed);
  changed = first_changed(last, at + 1, to);
  if (MALLOCSPY_UNLIKELY(changed < to || (to != needed && !last.complete))) {
    return false;
  }
  if (fresh.count == 0 && at == last.top) {
    return true; // nothing has changed at all
  }
  if (last.needs_pointer_at(at) && frame.slot == 0 && fresh.count != 0) {
    fresh.depend_on_pointer(frames, fresh.count - 1);
  }
  last.needs_pointer |= (fresh.needs_pointer >> fresh.count) << at;
  last.set(at, frame); // the way that led here is another one now
  last.stored = 0;
  if (MALLOCSPY_UNLIKELY(fresh.count > at)) {
    keep_only(last, at, to);
    at = last.top;
  }
  put_in_front(last, at, fresh, frames);
  return true;
}

MALLOCSPY_READS_STACKS void walk(const void* frame_address, std::uintptr_t stack_pointer, std::uintptr_t return_address,
                                 std::uintptr_t frame_pointer, walked_stack& last, std::size_t capacity) noexcept {
  stack_frame frame{stack_pointer, return_address, frame_pointer, reinterpret_cast<std::uintptr_t>(frame_address)};
  fresh_frames fresh;
  stack_frame frames[walked_stack::capacity];
  last.readable.start_at(stack_pointer - 16);
  std::size_t at = last.top;
  std::size_t changed = 0; // no frame of the last walk before this one need be looked at
  bool complete = false;
  for (;;) {
    while (last.stack_pointers[at] < frame.stack_pointer) {
      ++at;
    }
    if (last.is_at(at, frame) && at >= changed && take_over(last, at, frame, fresh, frames, capacity, changed)) {
      return;
    }
    frames[fresh.count].stack_pointer = frame.stack_pointer;
    frames[fresh.count].return_address = frame.return_address;
    frames[fresh.count].frame_pointer = frame.frame_pointer;
    frames[fresh.count].slot = frame.slot;
    if (++fresh.count == capacity) {
      break;
    }
    const way_out way = step_out(frame, last.readable);
    if (way != way_out::by_stack) {
      if (MALLOCSPY_UNLIKELY(way == way_out::unrepeatable)) {
        fresh.needs_pointer |= std::uint64_t{1} << fresh.count; // so that it is looked at
      } else {
        fresh.depend_on_pointer(frames, fresh.count - 1);
      }
      if (MALLOCSPY_UNLIKELY(way == way_out::none)) {
        complete = true;
        break;
      }
    }
  }
  last.complete = complete;
  last.stored = 0;
  put_in_front(last, walked_stack::capacity, fresh, frames);
}

MALLOCSPY_READS_STACKS MALLOCSPY_INLINE found_stack walk_from(const void* frame_address, std::size_t capacity,
                                                              walked_stack& last) noexcept {
  const auto base = reinterpret_cast<std::uintptr_t>(frame_address);
  walk(frame_address, base + 16, word_at(base + 8), word_at(base), last, capacity);
  return found_in(last, capacity);
}

MALLOCSPY_READS_STACKS found_stack walk_from_interrupted(const interrupted_code& code, std::size_t capacity,
                                                         walked_stack& last) noexcept {
  walk(nullptr, code.stack_pointer, code.instruction + 1, code.frame_pointer, last, capacity);
  return found_in(last, capacity);
}

#elif defined(__aarch64__) || (defined(__APPLE__) && defined(__x86_64__))

// Bits of a signed return address that are no part of it.
constexpr std::uintptr_t address_mask = (std::uintptr_t{1} << 48) - 1;

MALLOCSPY_READS_STACKS MALLOCSPY_INLINE found_stack walk_from(const void* frame_address, std::size_t capacity,
                                                              walked_stack& last) noexcept {
  auto at = reinterpret_cast<std::uintptr_t>(frame_address);
  last.readable.start_at(at);
  last.stored = 0; // nothing is taken over here
  last.top = 0;
  std::size_t n = 0;
  while (n < capacity && at % 16 == 0 && last.readable.holds(at) && last.readable.holds(at + 8)) {
    const std::uintptr_t return_address = word_at(at + 8) & address_mask;
    const std::uintptr_t next = word_at(at);
    if (return_address == 0) {
      break;
    }
    last.return_addresses[n++] = return_address;
    if (next <= at) {
      break;
    }
    at = next;
  }
  return {reinterpret_cast<const void* const*>(last.return_addresses), n};
}

found_stack walk_from_interrupted(const interrupted_code& code, std::size_t capacity, walked_stack& last) noexcept {
  // The frame pointer is the caller's if the instruction is one of the first of a function: its caller is then left out.
  const found_stack found = capacity < 2 ? found_stack{nullptr, 0}
                                         : walk_from(reinterpret_cast<const void*>(code.frame_pointer), capacity - 1, last);
  std::memmove(last.return_addresses + 1, last.return_addresses, found.count * sizeof(std::uintptr_t));
  last.return_addresses[0] = code.instruction + 1;
  return {reinterpret_cast<const void* const*>(last.return_addresses), found.count + 1};
}

#else

found_stack walk_from_interrupted(const interrupted_code&, std::size_t, walked_stack& last) noexcept {
  return {reinterpret_cast<const void* const*>(last.return_addresses), 0};
}

found_stack walk_from(const void*, std::size_t, walked_stack& last) noexcept {
  return {reinterpret_cast<const void* const*>(last.return_addresses), 0};
}

#endif

} // namespace

std::size_t walk_stack(const void* frame_address, const void** addresses, std::size_t capacity) noexcept {
  return with_last_walk([&](walked_stack& last) {
    const found_stack found = walk_from(frame_address, capacity, last);
    std::memcpy(addresses, found.addresses, found.count * sizeof *addresses);
    return found.count;
  });
}

std::size_t walk_interrupted(const interrupted_code& code, const void** addresses, std::size_t capacity) noexcept {
  return with_last_walk([&](walked_stack& last) {
    const found_stack found = walk_from_interrupted(code, capacity, last);
    std::memcpy(addresses, found.addresses, found.count * sizeof *addresses);
    return found.count;
  });
}

std::uint32_t walk_and_store(const void* frame_address, std::size_t capacity, walked_stack& last) noexcept {
  const found_stack found = walk_from(frame_address, capacity, last);
  if (last.stored == 0 || last.stored_count != found.count) {
    const bool to_the_end = last.top + found.count == walked_stack::capacity;
    last.stored = enter_stack(found.addresses, found.count, to_the_end);
    last.stored_count = found.count;
  }
  return last.stored;
}

std::uint32_t walk_and_store(const void* frame_address, std::size_t capacity) noexcept {
  return with_last_walk([&](walked_stack& last) { return walk_and_store(frame_address, capacity, last); });
}

} // namespace mallocspy::spies
