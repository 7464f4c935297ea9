// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#include "spies/stack_walk.hpp"

#include "blocks/hints.hpp"
#include "spies/frame_step.hpp"
#include "spies/stack_reading.hpp"
#include "spies/stack_table.hpp"
#include "spies/thread_memory.hpp"

#include <algorithm>
#include <cstring>

namespace mallocspy::spies {

namespace {

static_assert(sizeof(std::uintptr_t) == sizeof(const void*));

struct found_stack {
  const void* const* addresses; // innermost first
  std::size_t count;
};

// The thread's last walk, for the time of another; or an empty one where the thread has no memory for it, and in a signal
// handler that has interrupted a walk.
class borrowed_walk {
public:
  borrowed_walk() noexcept {
    thread_memory* mine = this_threads_memory();
    if (MALLOCSPY_LIKELY(mine != nullptr && !mine->walked.in_use.load(std::memory_order_relaxed))) {
      m_walk = &mine->walked;
      m_walk->in_use.store(true, std::memory_order_relaxed);
      std::atomic_signal_fence(std::memory_order_acq_rel);
    }
  }
  ~borrowed_walk() {
    std::atomic_signal_fence(std::memory_order_acq_rel);
    m_walk->in_use.store(false, std::memory_order_relaxed);
  }
  borrowed_walk(const borrowed_walk&) = delete;
  borrowed_walk& operator=(const borrowed_walk&) = delete;

  walked_stack& operator*() const noexcept {
    return *m_walk;
  }

private:
  walked_stack m_spare;
  walked_stack* m_walk = &m_spare;
};

#if defined(__linux__) && defined(__x86_64__)

found_stack found_in(const walked_stack& walked, std::size_t capacity) noexcept {
  return {reinterpret_cast<const void* const*>(walked.return_addresses + walked.top),
          std::min(capacity, walked_stack::capacity - walked.top)};
}

// What a walk has found before it meets the last one.
struct fresh_frames {
  void add(const stack_frame& f) noexcept {
    stack_frame& own = frames[count++];
    own.stack_pointer = f.stack_pointer;
    own.return_address = f.return_address;
    own.frame_pointer = f.frame_pointer;
    own.slot = f.slot;
    own.held = f.held;
  }

  std::size_t count = 0;
  stack_frame frames[walked_stack::capacity];
};

// effects: moves the frames [from, to) of the last walk to its end
void keep_only(walked_stack& last, std::size_t from, std::size_t to) noexcept {
  const std::size_t place = walked_stack::capacity - (to - from);
  for (std::uintptr_t* values : {last.stack_pointers, last.return_addresses, last.frame_pointers, last.slots, last.held}) {
    std::memmove(values + place, values + from, (to - from) * sizeof(std::uintptr_t));
  }
  last.top = place;
  last.complete = false; // the outermost ones may have gone
}

// effects: puts the frames in front of those of the last walk from `behind` on
MALLOCSPY_INLINE void put_in_front(walked_stack& last, std::size_t behind, const fresh_frames& fresh) noexcept {
  last.top = behind - fresh.count;
  for (std::size_t i = 0; i < fresh.count; ++i) {
    last.set(last.top + i, fresh.frames[i]);
  }
}

// returns: the first frame of the last walk in [from, to) to which its callee does not lead any more; `to` if there is none
MALLOCSPY_READS_STACKS MALLOCSPY_INLINE std::size_t first_changed(walked_stack& last, std::size_t from,
                                                                  std::size_t to) noexcept {
  // Frames lie one above the other: if the uppermost can be read, all can. The slots are between them.
  if (from == to || !last.readable.holds(last.stack_pointers[to - 1] - 8)) {
    return from;
  }
  std::size_t i = from;
  while (i != to && ((word_at(last.stack_pointers[i] - 8) ^ last.return_addresses[i]) |
                     (word_at(last.slots[i]) ^ last.held[i])) == 0) {
    ++i;
  }
  return i;
}

// effects: the last walk has the frame that was met at `at` too, and nothing has changed from there to `to`: what is fresh
//   is put in front of that
void take_over(walked_stack& last, std::size_t at, std::size_t to, const stack_frame& met,
               const fresh_frames& fresh) noexcept {
  if (fresh.count == 0 && at == last.top) {
    return; // nothing has changed at all
  }
  last.stored = 0;
  last.set(at, met); // the way that led here is another one now
  if (fresh.count > at) {
    keep_only(last, at, to);
    at = last.top;
  }
  put_in_front(last, at, fresh);
}

MALLOCSPY_READS_STACKS void walk(const stack_frame& first, walked_stack& last, std::size_t capacity) noexcept {
  stack_frame frame = first;
  fresh_frames fresh;
  last.readable.start_at(frame.stack_pointer - 16);
  std::size_t at = last.top;
  bool complete = false;
  for (;;) {
    while (at != walked_stack::capacity && last.stack_pointers[at] < frame.stack_pointer) {
      ++at;
    }
    if (at != walked_stack::capacity && last.is_at(at, frame)) {
      const std::size_t needed = at + (capacity - fresh.count);
      const std::size_t to = std::min(walked_stack::capacity, needed);
      const std::size_t changed = at + 1 >= to ? to : first_changed(last, at + 1, to);
      if (changed == to && (to == needed || last.complete)) {
        const stack_frame met = frame;
        take_over(last, at, to, met, fresh);
        return;
      }
      // On from the last frame that is still right.
      for (; at + 1 < changed; ++at) {
        fresh.add(frame);
        last.get(at + 1, frame);
      }
      ++at;
    }
    fresh.add(frame);
    if (fresh.count == capacity) {
      break;
    }
    if (!step_out(frame, last.readable)) {
      complete = true;
      break;
    }
  }
  last.complete = complete;
  last.stored = 0;
  put_in_front(last, walked_stack::capacity, fresh);
}

MALLOCSPY_READS_STACKS MALLOCSPY_INLINE found_stack walk_from(const void* frame_address, std::size_t capacity,
                                                              walked_stack& last) noexcept {
  const auto base = reinterpret_cast<std::uintptr_t>(frame_address);
  walk({base + 16, word_at(base + 8), word_at(base), base, word_at(base)}, last, capacity);
  return found_in(last, capacity);
}

MALLOCSPY_READS_STACKS found_stack walk_from_interrupted(const interrupted_code& code, std::size_t capacity,
                                                         walked_stack& last) noexcept {
  last.readable.start_at(code.stack_pointer);
  const std::uintptr_t word = last.readable.holds(code.stack_pointer) ? word_at(code.stack_pointer) : 0;
  walk({code.stack_pointer, code.instruction + 1, code.frame_pointer, code.stack_pointer, word}, last, capacity);
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
  const borrowed_walk last;
  const found_stack found = walk_from(frame_address, capacity, *last);
  std::memcpy(addresses, found.addresses, found.count * sizeof *addresses);
  return found.count;
}

std::size_t walk_interrupted(const interrupted_code& code, const void** addresses, std::size_t capacity) noexcept {
  const borrowed_walk last;
  const found_stack found = walk_from_interrupted(code, capacity, *last);
  std::memcpy(addresses, found.addresses, found.count * sizeof *addresses);
  return found.count;
}

std::uint32_t walk_and_store(const void* frame_address, std::size_t capacity) noexcept {
  const borrowed_walk borrowed;
  walked_stack& last = *borrowed;
  const found_stack found = walk_from(frame_address, capacity, last);
  if (last.stored == 0 || last.stored_count != found.count) {
    last.stored = enter_stack(found.addresses, found.count);
    last.stored_count = found.count;
  }
  return last.stored;
}

} // namespace mallocspy::spies
