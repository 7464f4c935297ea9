// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#include <mallocspy/spies/call_stack.hpp>

#include "blocks/thread_words.hpp"
#include "spies/stacks/stack_table.hpp"
#include "spies/stacks/stack_walk.hpp"

#if defined(__linux__)
#include <ucontext.h>
#endif

namespace mallocspy {

static_assert(max_stack_depth == spies::walked_stack::capacity);

namespace {

std::size_t at_most_max(std::size_t depth) noexcept {
  return depth < max_stack_depth ? depth : max_stack_depth;
}

// returns: false where it is not known how the system tells
bool interrupted_by([[maybe_unused]] const void* context, [[maybe_unused]] spies::interrupted_code& code) noexcept {
#if defined(__linux__) && defined(__x86_64__)
  const greg_t* registers = static_cast<const ucontext_t*>(context)->uc_mcontext.gregs;
  code = {static_cast<std::uintptr_t>(registers[REG_RIP]), static_cast<std::uintptr_t>(registers[REG_RSP]),
          static_cast<std::uintptr_t>(registers[REG_RBP])};
  return true;
#elif defined(__linux__) && defined(__aarch64__)
  const mcontext_t& state = static_cast<const ucontext_t*>(context)->uc_mcontext;
  code = {state.pc, state.sp, state.regs[29]};
  return true;
#else
  return false;
#endif
}

} // namespace

// Not inlined: its frame is where the walk starts. That frame must last until the walk is done, so the compiler must not
// end in a jump to it either.
MALLOCSPY_OUT_OF_LINE std::size_t capture_stack(const void** addresses, std::size_t capacity) noexcept {
  if (capacity == 0) {
    return 0;
  }
  const std::size_t count = spies::walk_stack(__builtin_frame_address(0), addresses, at_most_max(capacity));
  MALLOCSPY_KEEP_FRAME();
  return count;
}

std::size_t capture_interrupted_stack(const void* context, const void** addresses, std::size_t capacity) noexcept {
  spies::interrupted_code code{};
  if (capacity == 0 || !interrupted_by(context, code)) {
    return 0;
  }
  return spies::walk_interrupted(code, addresses, at_most_max(capacity));
}

stack_id store_stack(const void* const* addresses, std::size_t count) noexcept {
  return spies::enter_stack(addresses, at_most_max(count));
}

MALLOCSPY_OUT_OF_LINE stack_id capture_stack_id(std::size_t depth) noexcept {
  const stack_id id = depth == 0 ? 0 : spies::walk_and_store(__builtin_frame_address(0), at_most_max(depth));
  MALLOCSPY_KEEP_FRAME();
  return id;
}

MALLOCSPY_OUT_OF_LINE stack_id capture_client_stack_id(std::size_t depth) noexcept {
  const void* frame =
      blocks::this_words.client_frame != nullptr ? blocks::this_words.client_frame : __builtin_frame_address(0);
  const stack_id id = depth == 0 ? 0 : spies::walk_and_store(frame, at_most_max(depth));
  MALLOCSPY_KEEP_FRAME();
  return id;
}

stored_stack::stored_stack(stack_id id) noexcept {
  if (const spies::stack_entry* entry = spies::find_stack(id)) {
    m_addresses = entry->addresses;
    m_count = entry->count;
  }
}

} // namespace mallocspy
