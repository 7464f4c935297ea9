// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#include "spies/stacks/stack_walk.hpp"

#include "blocks/hints.hpp"
#include "spies/stacks/frame_step.hpp"
#include "spies/stacks/lent_walk.hpp"
#include "spies/stacks/stack_hash.hpp"
#include "spies/stacks/stack_reading.hpp"
#include "spies/stacks/stack_table.hpp"

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

// What a walk has found before it meets the last one.
struct fresh_frames {
  walked_frame* frames[walked_stack::capacity];
  std::uintptr_t slots[walked_stack::capacity];

  // effects: the way out from frame `i` depends on its frame pointer, and so do those from all frames that lead there from
  //   where that was read
  MALLOCSPY_INLINE void depend_on_pointer(std::size_t i) noexcept {
    while (MALLOCSPY_UNLIKELY(slots[i] == 0)) {
      frames[i]->needs_pointer = true;
      if (i-- == 0) {
        return;
      }
    }
    frames[i]->need_pointer_from(slots[i]);
  }
};

// The frames that were found, from the last walk's innermost one on.
struct found_stack {
  std::size_t count;
  std::uint64_t callers; // the sum of those that are further out
};

// returns: the first frame, from `from` on and of so many, to which its callee does not lead any more; if all are as they
//   were, the one behind them. `count` is left with those that were not looked at
MALLOCSPY_READS_STACKS MALLOCSPY_INLINE const walked_frame* first_changed(const walked_frame* from,
                                                                          std::size_t& count) noexcept {
  // The second word first: it tells the end.
  while (count != 0 && word_at(from->second) == from->held &&
         word_at(from->stack_pointer - 8) == from->return_address) {
    from = from->caller;
    --count;
  }
  return from;
}

// effects: puts the fresh frames in front of `behind`
MALLOCSPY_INLINE void put_in_front(walked_stack& last, walked_frame* behind, const fresh_frames& fresh,
                                   std::size_t count) noexcept {
  std::uint64_t sum = behind->sum;
  walked_frame* callee = behind;
  for (std::size_t i = count; i != 0; --i) {
    walked_frame* f = fresh.frames[i - 1];
    sum = sum_with_callers(f->return_address, sum);
    f->sum = sum;
    f->caller = callee;
    callee = f;
  }
  last.innermost = callee;
}

// effects: of a walk that must go some of its steps each time anew, none is taken over by the next one
// steps: a bit for each frame that such a step led to
MALLOCSPY_COLD void never_take_over(const fresh_frames& fresh, std::size_t count, std::uint64_t steps) noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    if ((steps >> i & 1U) != 0) {
      fresh.frames[i]->need_pointer_from(fresh.slots[i]);
    }
  }
}

MALLOCSPY_READS_STACKS MALLOCSPY_INLINE found_stack walk(stack_frame frame, walked_stack& last, std::size_t wanted) noexcept {
  last.readable.start_at(frame.stack_pointer - 16);
  fresh_frames fresh;
  std::size_t count = 0;
  std::uint64_t unrepeatable = 0; // a bit for each frame, as never_take_over() wants it
  std::uintptr_t changed = 0;     // no frame of the last walk below need be looked at
  walked_frame* free = last.free;
  walked_frame* at = last.innermost;
  for (;;) {
    while (at->stack_pointer < frame.stack_pointer) {
      walked_frame* caller = at->caller;
      at->caller = free;
      free = at;
      at = caller;
    }
    if (at->is(frame) && frame.stack_pointer >= changed) {
      // Frames lie one above the other: if the outermost can be read, all can. The slots are between them.
      std::size_t missing = wanted - count - 1;
      const walked_frame* behind =
          last.readable.holds_up_to(last.outermost->stack_pointer) ? first_changed(at->caller, missing) : at->caller;
      if (MALLOCSPY_LIKELY(missing == 0 || (behind == &last.outside && last.complete))) {
        const found_stack found{wanted - missing, behind->sum};
        if (count == 0 && at == last.innermost) {
          return found; // nothing has changed at all
        }
        if (at->needs_pointer && frame.slot == 0 && count != 0) {
          fresh.depend_on_pointer(count - 1);
        }
        if (MALLOCSPY_UNLIKELY(unrepeatable != 0)) {
          never_take_over(fresh, count, unrepeatable);
          at->needs_pointer |= (unrepeatable >> count & 1U) != 0;
        }
        at->frame_pointer = frame.frame_pointer;
        at->set_second(frame.slot); // the way that led here is another one now
        last.free = free;
        last.stored = 0;
        put_in_front(last, at, fresh, count);
        return found;
      }
      changed = behind->stack_pointer;
    }
    if (MALLOCSPY_UNLIKELY(free == nullptr)) {
      free = last.forget_from(at, nullptr);
      at = &last.outside;
    }
    walked_frame& found = *free;
    free = found.caller;
    found.stack_pointer = frame.stack_pointer;
    found.return_address = frame.return_address;
    found.second = frame.stack_pointer - 8;
    found.held = frame.return_address;
    found.frame_pointer = frame.frame_pointer;
    found.needs_pointer = false;
    fresh.frames[count] = &found;
    fresh.slots[count] = frame.slot;
    if (++count == wanted) {
      last.complete = false;
      break;
    }
    const way_out way = step_out(frame, last.readable);
    if (way == way_out::by_frame) {
      fresh.depend_on_pointer(count - 1);
    } else if (MALLOCSPY_UNLIKELY(way == way_out::unrepeatable)) {
      unrepeatable |= std::uint64_t{1} << count;
    } else if (MALLOCSPY_UNLIKELY(way == way_out::none)) {
      last.complete = true;
      break;
    }
  }
  last.free = last.forget_from(at, free);
  last.stored = 0;
  if (MALLOCSPY_UNLIKELY(unrepeatable != 0)) {
    never_take_over(fresh, count, unrepeatable);
  }
  last.outermost = fresh.frames[count - 1];
  put_in_front(last, &last.outside, fresh, count);
  return {count, 0};
}

void copy_addresses(const walked_stack& last, std::size_t count, const void** addresses) noexcept {
  const walked_frame* f = last.innermost;
  for (std::size_t i = 0; i < count; ++i) {
    addresses[i] = reinterpret_cast<const void*>(f->return_address);
    f = f->caller;
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
  const found_stack found = walk(frame, *last, capacity);
  copy_addresses(*last, found.count, addresses);
  return found.count;
}

MALLOCSPY_COLD std::uint32_t enter(const walked_stack& last, std::uint64_t hash, std::size_t count) noexcept {
  const void* addresses[walked_stack::capacity];
  copy_addresses(last, count, addresses);
  return enter_hashed(hash, addresses, count);
}

} // namespace

std::size_t walk_stack(const void* frame_address, const void** addresses, std::size_t capacity) noexcept {
  return walk_from(first_frame(frame_address), addresses, capacity);
}

std::size_t walk_interrupted(const interrupted_code& code, const void** addresses, std::size_t capacity) noexcept {
  return walk_from(first_frame(code), addresses, capacity);
}

std::uint32_t walk_and_store(const void* frame_address, std::size_t capacity, walked_stack& last) noexcept {
  const found_stack found = walk(first_frame(frame_address), last, capacity);
  if (last.stored == 0 || last.stored_count != found.count) {
    const std::uint64_t hash = hash_of_frames(last.innermost->sum, found.callers, found.count);
    const std::uint32_t known = find_hashed(hash);
    last.stored = MALLOCSPY_LIKELY(known != 0) ? known : enter(last, hash, found.count);
    last.stored_count = found.count;
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
  return capacity < 2
             ? capacity
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
