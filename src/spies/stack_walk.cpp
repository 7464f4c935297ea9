// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#include "spies/stack_walk.hpp"

#include "blocks/hints.hpp"
#include "spies/address_map.hpp"
#include "spies/thread_memory.hpp"
#include "spies/unwind_step.hpp"

// Words of other functions' frames are read as they are, whatever a sanitizer thinks of them.
#if defined(__clang__)
#define MALLOCSPY_READS_STACKS __attribute__((no_sanitize("address", "thread", "undefined")))
#else
#define MALLOCSPY_READS_STACKS __attribute__((no_sanitize_address, no_sanitize_thread, no_sanitize_undefined))
#endif

namespace mallocspy::spies {

namespace {

MALLOCSPY_READS_STACKS inline std::uintptr_t word_at(std::uintptr_t address) noexcept {
  return *reinterpret_cast<const volatile std::uintptr_t*>(address);
}

#if defined(__linux__) && defined(__x86_64__)

address_map learned;

MALLOCSPY_COLD unwind_step learn(std::uintptr_t return_address) noexcept {
  const unwind_step step = learn_step(return_address);
  learned.insert(return_address, step.packed());
  return step;
}

unwind_step step_from(std::uintptr_t return_address) noexcept {
  const std::uint64_t known = learned.find(return_address);
  return MALLOCSPY_LIKELY(known != 0) ? unwind_step::unpacked(known) : learn(return_address);
}

// Offsets in the ucontext_t of the kernel, which lies at the stack pointer when a signal handler has returned.
constexpr std::uintptr_t context_registers = 40;
constexpr std::uintptr_t context_frame_pointer = context_registers + 8 * 10;
constexpr std::uintptr_t context_stack_pointer = context_registers + 8 * 15;
constexpr std::uintptr_t context_instruction = context_registers + 8 * 16;

MALLOCSPY_READS_STACKS bool interrupted(stack_frame& frame, readable_range& readable) noexcept {
  const std::uintptr_t context = frame.stack_pointer;
  if (!readable.holds(context) || !readable.holds(context + context_instruction)) {
    return false;
  }
  const std::uintptr_t stack_pointer = word_at(context + context_stack_pointer);
  if (!readable.holds(stack_pointer)) { // the handler ran on a stack of its own: start over there
    if (!page_is_readable(stack_pointer)) {
      return false;
    }
    readable.start_at(stack_pointer);
  }
  // One more than the instruction, so that it is looked up like the return addresses behind calls.
  frame = {stack_pointer, word_at(context + context_instruction) + 1, word_at(context + context_frame_pointer),
           not_repeatable};
  return true;
}

// returns: whether the frame has become its caller's
MALLOCSPY_READS_STACKS bool step_out(stack_frame& frame, readable_range& readable) noexcept {
  const unwind_step step = step_from(frame.return_address);
  std::uintptr_t cfa = 0;
  std::uintptr_t slot = same_pointer;
  switch (step.cfa) {
  case frame_address::from_stack:
    cfa = frame.stack_pointer + static_cast<std::uintptr_t>(std::intptr_t{step.cfa_offset});
    break;
  case frame_address::from_frame:
    cfa = frame.frame_pointer + static_cast<std::uintptr_t>(std::intptr_t{step.cfa_offset});
    break;
  case frame_address::through_frame: {
    const std::uintptr_t at = frame.frame_pointer + static_cast<std::uintptr_t>(std::intptr_t{step.cfa_offset});
    if (!readable.holds(at)) {
      return false;
    }
    cfa = word_at(at);
    slot = not_repeatable;
    break;
  }
  case frame_address::interrupted_state:
    return interrupted(frame, readable);
  case frame_address::unknown: {
    // Code without a description, such as a compiler's at run time: its frame pointer, if it has one that leads to code.
    const std::uintptr_t at = frame.frame_pointer;
    if (at < frame.stack_pointer || !readable.holds(at) || !readable.holds(at + 8) ||
        step_from(word_at(at + 8)).cfa == frame_address::unknown) {
      return false;
    }
    frame = {at + 16, word_at(at + 8), word_at(at), at};
    return true;
  }
  case frame_address::end:
  default:
    return false;
  }
  // The stack grows down, so a caller's frame is above its callee's.
  if (cfa < frame.stack_pointer + 8 || !readable.holds(cfa - 8)) {
    return false;
  }
  std::uintptr_t pointer = frame.frame_pointer;
  if (step.pointer != frame_pointer::same) {
    const std::uintptr_t base = step.pointer == frame_pointer::from_cfa ? cfa : frame.frame_pointer;
    const std::uintptr_t at = base + static_cast<std::uintptr_t>(std::intptr_t{step.pointer_offset});
    if (!readable.holds(at)) {
      return false;
    }
    pointer = word_at(at);
    slot = slot == not_repeatable ? slot : at;
  }
  frame = {cfa, word_at(cfa - 8), pointer, slot};
  return frame.return_address != 0;
}

// returns: whether the words that led from a frame to its caller in an earlier walk are what they were
MALLOCSPY_READS_STACKS inline bool still_leads_to(const stack_frame& caller, readable_range& readable) noexcept {
  if (!readable.holds(caller.stack_pointer - 8) || word_at(caller.stack_pointer - 8) != caller.return_address) {
    return false;
  }
  if (caller.pointer_slot == same_pointer) {
    return true;
  }
  return caller.pointer_slot != not_repeatable && readable.holds(caller.pointer_slot) &&
         word_at(caller.pointer_slot) == caller.frame_pointer;
}

inline bool same_state(const stack_frame& a, const stack_frame& b) noexcept {
  return a.stack_pointer == b.stack_pointer && a.return_address == b.return_address && a.frame_pointer == b.frame_pointer;
}

// effects: replaces what has changed since the last walk: all but its `unchanged` outermost frames. `fresh`: innermost
// first.
void remember(walked_stack& last, std::size_t unchanged, const stack_frame* fresh, std::size_t count) noexcept {
  if (unchanged + count > walked_stack::capacity) {
    unchanged = 0; // too deep: only what this walk has seen itself
  }
  last.count = unchanged + count;
  for (std::size_t i = 0; i < count; ++i) {
    last.frames[last.count - 1 - i] = fresh[i];
  }
}

MALLOCSPY_READS_STACKS std::size_t walk(stack_frame frame, walked_stack& last, const void** addresses,
                                        std::size_t capacity) noexcept {
  stack_frame fresh[walked_stack::capacity];
  last.readable.start_at(frame.stack_pointer - 16);
  std::size_t n = 0;           // frames found
  std::size_t same_from = 0;   // the first of them that the last walk had too, and all behind it
  std::size_t at = last.count; // one behind the frame of the last walk that `frame` is compared with
  std::size_t unchanged = 0;   // how many of the last walk's frames there are from same_from on
  bool same = false;
  for (;;) {
    if (!same) {
      while (at != 0 && last.frames[at - 1].stack_pointer < frame.stack_pointer) {
        --at;
      }
      same = at != 0 && same_state(last.frames[at - 1], frame);
      same_from = n;
      unchanged = at;
    }
    addresses[n] = reinterpret_cast<const void*>(frame.return_address);
    fresh[n] = frame;
    if (++n == capacity) {
      break;
    }
    if (same && at >= 2 && still_leads_to(last.frames[at - 2], last.readable)) {
      frame = last.frames[--at - 1];
      continue;
    }
    same = false;
    at = at == 0 ? 0 : at - 1;
    if (!step_out(frame, last.readable)) {
      break;
    }
  }
  if (same) {
    // The first unchanged frame is entered anew too: the way that led to it is another one now.
    remember(last, unchanged - 1, fresh, same_from + 1);
  } else {
    remember(last, 0, fresh, n);
  }
  return n;
}

} // namespace

MALLOCSPY_READS_STACKS std::size_t walk_stack(const void* frame_address, const void** addresses,
                                              std::size_t capacity) noexcept {
  if (capacity == 0) {
    return 0;
  }
  const auto base = reinterpret_cast<std::uintptr_t>(frame_address);
  const stack_frame first{base + 16, word_at(base + 8), word_at(base), not_repeatable};
  if (thread_memory* mine = this_threads_memory()) {
    return walk(first, mine->walked, addresses, capacity);
  }
  walked_stack none;
  return walk(first, none, addresses, capacity);
}

#elif defined(__aarch64__) || (defined(__APPLE__) && defined(__x86_64__))

// Bits of a signed return address that are no part of it.
constexpr std::uintptr_t address_mask = (std::uintptr_t{1} << 48) - 1;

} // namespace

MALLOCSPY_READS_STACKS std::size_t walk_stack(const void* frame_address, const void** addresses,
                                              std::size_t capacity) noexcept {
  readable_range own;
  thread_memory* mine = this_threads_memory();
  readable_range& readable = mine != nullptr ? mine->walked.readable : own;
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

} // namespace

std::size_t walk_stack(const void*, const void**, std::size_t) noexcept {
  return 0;
}

#endif

} // namespace mallocspy::spies
