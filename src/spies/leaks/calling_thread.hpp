// SPDX-License-Identifier: MIT
// What the calling thread holds, taken at the door of a search for leaks: the search's own frames hold nothing.
#pragma once

#include "blocks/hints.hpp"
#include "spies/leaks/reachability.hpp"

namespace mallocspy::spies {

// effects: stores what the callers of the function with this frame may have in registers, and where their stack begins.
//   What that function has saved of registers lies right below its frame pointer; its variables, below that, may be stale
MALLOCSPY_INLINE void store_registers(calling_thread& caller, [[maybe_unused]] const void* frame) noexcept {
#if defined(__x86_64__)
  __asm__ volatile("movq %%rbx, 0(%0)\n\tmovq %%rbp, 8(%0)\n\tmovq %%r12, 16(%0)\n\tmovq %%r13, 24(%0)\n\t"
                   "movq %%r14, 32(%0)\n\tmovq %%r15, 40(%0)"
                   :
                   : "r"(caller.registers)
                   : "memory");
  constexpr std::uintptr_t saved_registers = 40; // five of them
  caller.stack_pointer = reinterpret_cast<std::uintptr_t>(frame) - saved_registers;
#elif defined(__aarch64__)
  __asm__ volatile("stp x19, x20, [%0]\n\tstp x21, x22, [%0, #16]\n\tstp x23, x24, [%0, #32]\n\t"
                   "stp x25, x26, [%0, #48]\n\tstp x27, x28, [%0, #64]"
                   :
                   : "r"(caller.registers)
                   : "memory");
  __asm__ volatile("mov %0, sp" : "=r"(caller.stack_pointer));
#else
  caller.stack_pointer = reinterpret_cast<std::uintptr_t>(&caller);
#endif
}

} // namespace mallocspy::spies
