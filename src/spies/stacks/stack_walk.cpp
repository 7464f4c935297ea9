// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#include "spies/stacks/stack_walk.hpp"

#include "blocks/hints.hpp"
#include "spies/stacks/frame_step.hpp"
#include "spies/stacks/lent_walk.hpp"
#include "spies/stacks/stack_hash.hpp"
#include "spies/stacks/stack_reading.hpp"
#include "spies/stacks/stack_table.hpp"

#include <cstring>

namespace mallocspy::spies {

#if defined(__linux__) && defined(__x86_64__)

namespace {

static_assert(sizeof(std::uintptr_t) == sizeof(const void*));
static_assert(walked_stack::capacity <= hash_detail::most_frames);

stack_frame first_frame(const interrupted_code& code) noexcept {
  return {code.stack_pointer, code.instruction + 1, code.frame_pointer, 0};
}

MALLOCSPY_READS_STACKS MALLOCSPY_INLINE stack_frame first_frame(const void* frame_address) noexcept {
  const auto base = reinterpret_cast<std::uintptr_t>(frame_address);
  return {base + 16, word_at(base + 8), word_at(base), base};
}

// What a walk has found before it meets the last one. No address of the number is taken, so that it stays in a register.
struct fresh_frames {
  stack_frame frames[walked_stack::capacity];
  bool needs_pointer[walked_stack::capacity];

  // effects: the way out from frame `i` depends on its frame pointer, and so do those from all frames that lead there from
  //   where that was read
  MALLOCSPY_INLINE void depend_on_pointer(std::size_t i) noexcept {
    needs_pointer[i] = true;
    while (MALLOCSPY_UNLIKELY(frames[i].slot == 0) && i-- != 0) {
      needs_pointer[i] = true;
    }
  }
};

// The frames that were found, from the last walk's innermost one on.
struct found_stack {
  std::size_t fresh; // of them; if not less than `count`, it did not meet the walk before
  std::size_t count;
  std::uint64_t callers; // the sum of those that are further out
};

// returns: the first frame, from `from` on and of so many, to which its callee does not lead any more; if all are as they
//   were, the one behind them. `count` is left with those that were not looked at
MALLOCSPY_READS_STACKS MALLOCSPY_INLINE const walked_frame* first_changed(const walked_frame* from,
                                                                          std::size_t& count) noexcept {
  while (count != 0 && from->is_unchanged()) {
    ++from;
    --count;
  }
  return from;
}

// effects: makes room for `count` frames in front of `behind`, at the cost of the outermost ones
// returns: where `behind` is then
MALLOCSPY_COLD walked_frame* make_room(walked_stack& last, walked_frame* behind, std::size_t count) noexcept {
  const std::size_t kept = walked_stack::capacity - count;
  last.outside()->sum = behind[kept].sum;
  last.complete = false;
  walked_frame* place = last.frames + count;
  std::memmove(place, behind, kept * sizeof *behind);
  return place;
}

// effects: puts the fresh frames in front of `behind`
MALLOCSPY_INLINE void put_in_front(walked_stack& last, walked_frame* behind, const fresh_frames& fresh,
                                   std::size_t count) noexcept {
  if (MALLOCSPY_UNLIKELY(behind < last.frames + count)) {
    behind = make_room(last, behind, count);
  }
  last.stored = 0;
  last.innermost = behind - count;
  std::uint64_t sum = behind->sum;
  for (std::size_t i = count; i-- != 0;) {
    const stack_frame& f = fresh.frames[i];
    --behind;
    sum = sum_with_callers(f.return_address, sum);
    behind->sum = sum;
    behind->needs_pointer = fresh.needs_pointer[i];
    behind->set(f);
  }
}

// effects: if the last walk goes on behind the frame, its frame `at`, as this one does, takes over all that is wanted of
//   it; else `changed` gets the stack pointer of its first frame of which that is not so
// depends: the way from the frame's callee must be gone again by each walk
// returns: what was found; a count of 0 if nothing was taken over
MALLOCSPY_READS_STACKS MALLOCSPY_INLINE found_stack take_over(walked_stack& last, walked_frame* at,
                                                              const stack_frame& frame, bool depends, fresh_frames& fresh,
                                                              std::size_t count, std::size_t wanted,
                                                              std::uintptr_t& changed) noexcept {
  // Frames lie one above the other: if the outermost can be read, all can. The slots are between them.
  std::size_t missing = wanted - count - 1;
  const walked_frame* outermost = last.outside() - 1;
  const walked_frame* behind =
      last.readable.holds_up_to(outermost->stack_pointer) ? first_changed(at + 1, missing) : at + 1;
  if (MALLOCSPY_UNLIKELY(missing != 0 && (behind != last.outside() || !last.complete))) {
    changed = behind->stack_pointer;
    return {0, 0, 0};
  }
  const found_stack found{count, wanted - missing, behind->sum};
  if (count == 0 && at == last.innermost) {
    return found; // nothing has changed at all
  }
  if (at->needs_pointer && frame.slot == 0 && count != 0) {
    fresh.depend_on_pointer(count - 1);
  }
  at->needs_pointer = at->needs_pointer || depends;
  at->set(frame); // the way that led here is another one now
  put_in_front(last, at, fresh, count);
  return found;
}

MALLOCSPY_READS_STACKS MALLOCSPY_INLINE found_stack walk(stack_frame frame, walked_stack& last,
                                                         std::size_t wanted) noexcept {
  fresh_frames fresh;
  std::size_t count = 0;
  std::uintptr_t changed = 0; // no frame of the last walk below need be looked at
  walked_frame* at = last.innermost;
  bool depends = false;
  for (;;) {
    while (at->stack_pointer < frame.stack_pointer) {
      ++at;
    }
    if (at->is(frame) && frame.stack_pointer >= changed) {
      const found_stack found = take_over(last, at, frame, depends, fresh, count, wanted, changed);
      if (MALLOCSPY_LIKELY(found.count != 0)) {
        return found;
      }
    }
    fresh.frames[count].stack_pointer = frame.stack_pointer;
    fresh.frames[count].return_address = frame.return_address;
    fresh.frames[count].frame_pointer = frame.frame_pointer;
    fresh.frames[count].slot = frame.slot;
    fresh.needs_pointer[count] = depends;
    depends = false;
    if (++count == wanted) {
      last.complete = false;
      break;
    }
    const way_out way = step_out(frame, last.readable);
    if (way == way_out::by_frame) {
      fresh.depend_on_pointer(count - 1);
    } else if (MALLOCSPY_UNLIKELY(way == way_out::unrepeatable)) {
      depends = true;
    } else if (MALLOCSPY_UNLIKELY(way == way_out::none)) {
      last.complete = true;
      break;
    }
  }
  last.outside()->sum = 0;
  put_in_front(last, last.outside(), fresh, count);
  return {count, count, 0};
}

void copy_addresses(const walked_frame* from, std::size_t count, const void** addresses) noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    addresses[i] = reinterpret_cast<const void*>(from[i].return_address);
  }
}

// effects, returns: as walk_stack(), without the last walk: for the first frame as it is found
MALLOCSPY_COLD std::size_t walk_alone(stack_frame frame, const void** addresses, std::size_t wanted) noexcept {
  readable_range readable;
  readable.start_at(frame.stack_pointer - 16);
  std::size_t count = 0;
  do {
    addresses[count++] = reinterpret_cast<const void*>(frame.return_address);
  } while (count != wanted && step_out(frame, readable) != way_out::none);
  return count;
}

MALLOCSPY_INLINE std::size_t walk_from(const stack_frame& frame, const void** addresses, std::size_t capacity) noexcept {
  const lent_walk last;
  if (MALLOCSPY_UNLIKELY(!last)) {
    return walk_alone(frame, addresses, capacity);
  }
  (*last).readable.start_at(frame.stack_pointer - 16);
  const found_stack found = walk(frame, *last, capacity);
  copy_addresses((*last).innermost, found.count, addresses);
  return found.count;
}

// returns: whether each step of a path that meets the last walk leads where it did. All of them lie below the meeting
MALLOCSPY_READS_STACKS MALLOCSPY_INLINE bool is_unchanged(const walked_path& path, walked_stack& last) noexcept {
  if (MALLOCSPY_UNLIKELY(!last.readable.holds_up_to(last.outside()[-1].stack_pointer))) {
    return false;
  }
  std::size_t i = 0;
  while (i != path.count && path.steps[i].is_unchanged()) {
    ++i;
  }
  return i == path.count;
}

template <class Copy> MALLOCSPY_COLD std::uint32_t enter_copied(std::uint64_t hash, std::size_t count, Copy copy) noexcept {
  const void* addresses[walked_stack::capacity];
  copy(addresses);
  return enter_hashed(hash, addresses, count);
}

// returns: the number of the stack with this hash, whose addresses copy(addresses) tells if it is a new one
template <class Copy>
MALLOCSPY_INLINE std::uint32_t find_or_enter(std::uint64_t hash, std::size_t count, Copy copy) noexcept {
  const std::uint32_t known = find_hashed(hash);
  if (MALLOCSPY_LIKELY(known != 0)) {
    return known;
  }
  return enter_copied(hash, count, copy);
}

// effects: stores the stack of so many frames that begins with the path, and goes on as the last walk does
MALLOCSPY_OUT_OF_LINE void store(walked_path& path, std::uint64_t callers, std::size_t count) noexcept {
  std::uint64_t sum = path.meeting->sum;
  for (std::size_t i = path.count - 1; i-- != 0;) {
    sum = sum_with_callers(path.steps[i].return_address, sum);
  }
  sum = sum_with_callers(path.innermost.return_address, sum);
  const auto copy = [&](const void** addresses) {
    *addresses++ = reinterpret_cast<const void*>(path.innermost.return_address);
    for (std::size_t i = 0; i < path.count - 1; ++i) {
      *addresses++ = reinterpret_cast<const void*>(path.steps[i].return_address);
    }
    copy_addresses(path.meeting, count - path.count, addresses);
  };
  path.set_stored(find_or_enter(hash_of_frames(sum, callers, count), count, copy), callers, count);
}

// effects: goes the way of an earlier walk, if it begins here, and from where it meets the last walk on with that one. The
//   stack is stored as the path's then
// returns: whether it still is a way
MALLOCSPY_READS_STACKS MALLOCSPY_INLINE bool walk_along(walked_path& path, const stack_frame& first, walked_stack& last,
                                                        std::size_t wanted) noexcept {
  if (!path.innermost.is(first) || !path.meets(last.innermost) || path.count >= wanted || !is_unchanged(path, last)) {
    return false;
  }
  std::size_t missing = wanted - path.count - 1;
  const walked_frame* behind = first_changed(path.meeting + 1, missing);
  if (missing != 0 && (behind != last.outside() || !last.complete)) {
    return false;
  }
  if (!path.is_stored(behind->sum, wanted - missing)) {
    store(path, behind->sum, wanted - missing);
  }
  return true;
}

} // namespace

std::size_t walk_stack(const void* frame_address, const void** addresses, std::size_t capacity) noexcept {
  return walk_from(first_frame(frame_address), addresses, capacity);
}

std::size_t walk_interrupted(const interrupted_code& code, const void** addresses, std::size_t capacity) noexcept {
  return walk_from(first_frame(code), addresses, capacity);
}

std::uint32_t walk_and_store(const void* frame_address, std::size_t capacity, walked_stack& last) noexcept {
  const stack_frame first = first_frame(frame_address);
  last.readable.start_at(first.stack_pointer - 16);
  walked_path* path = last.paths.of(first);
  if (path != nullptr && walk_along(*path, first, last, capacity)) {
    last.paths.hit();
    return path->stored;
  }
  const found_stack found = walk(first, last, capacity);
  if (last.stored == 0 || last.stored_count != found.count) {
    const std::uint64_t hash = hash_of_frames(last.innermost->sum, found.callers, found.count);
    const auto copy = [&](const void** addresses) { copy_addresses(last.innermost, found.count, addresses); };
    last.stored = find_or_enter(hash, found.count, copy);
    last.stored_count = found.count;
  }
  if (path != nullptr && found.fresh - 1 < walked_path::capacity && found.fresh < found.count) {
    last.paths.missed();
    path->keep(last.innermost, found.fresh);
    path->set_stored(last.stored, found.callers, found.count);
  }
  return last.stored;
}

std::uint32_t walk_and_store(const void* frame_address, std::size_t capacity) noexcept {
  const lent_walk last;
  if (MALLOCSPY_LIKELY(last)) {
    return walk_and_store(frame_address, capacity, *last);
  }
  const void* addresses[walked_stack::capacity];
  return enter_stack(addresses, walk_alone(first_frame(frame_address), addresses, capacity));
}

#else

namespace {

#if defined(__aarch64__) || (defined(__APPLE__) && defined(__x86_64__))

// Bits of a signed return address that are no part of it.
constexpr std::uintptr_t address_mask = (std::uintptr_t{1} << 48) - 1;

MALLOCSPY_READS_STACKS std::size_t walk_by_pointers(const void* frame_address, const void** addresses, std::size_t capacity,
                                                    readable_range& readable) noexcept {
  auto at = reinterpret_cast<std::uintptr_t>(frame_address);
  readable.start_at(at);
  std::size_t n = 0;
  while (n < capacity && at % 16 == 0 && readable.holds(at) && readable.holds(at + 8)) {
    const std::uintptr_t return_address = word_at(at + 8) & address_mask;
    const std::uintptr_t next = word_at(at);
    if (return_address == 0) {
      break;
    }
    addresses[n++] = reinterpret_cast<const void*>(return_address);
    if (next <= at) {
      break;
    }
    at = next;
  }
  return n;
}

#else

std::size_t walk_by_pointers(const void*, const void**, std::size_t, readable_range&) noexcept {
  return 0;
}

#endif

} // namespace

std::size_t walk_stack(const void* frame_address, const void** addresses, std::size_t capacity) noexcept {
  const lent_walk last; // for what it knows to be readable
  readable_range alone;
  return walk_by_pointers(frame_address, addresses, capacity, last ? (*last).readable : alone);
}

std::size_t walk_interrupted(const interrupted_code& code, const void** addresses, std::size_t capacity) noexcept {
  // The frame pointer is the caller's if the instruction is one of the first of a function: its caller is then left out.
  addresses[0] = reinterpret_cast<const void*>(code.instruction + 1);
  return capacity < 2 ? capacity
                      : 1 + walk_stack(reinterpret_cast<const void*>(code.frame_pointer), addresses + 1, capacity - 1);
}

std::uint32_t walk_and_store(const void* frame_address, std::size_t capacity, walked_stack& last) noexcept {
  const void* addresses[walked_stack::capacity];
  return enter_stack(addresses, walk_by_pointers(frame_address, addresses, capacity, last.readable));
}

std::uint32_t walk_and_store(const void* frame_address, std::size_t capacity) noexcept {
  const void* addresses[walked_stack::capacity];
  return enter_stack(addresses, walk_stack(frame_address, addresses, capacity));
}

#endif

} // namespace mallocspy::spies
