// SPDX-License-Identifier: MIT
// Reading words of other functions' frames, as they are, whatever a sanitizer thinks of that.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include <cstdint>

#if defined(__clang__)
#define MALLOCSPY_READS_STACKS __attribute__((no_sanitize("address", "thread", "undefined")))
#else
#define MALLOCSPY_READS_STACKS __attribute__((no_sanitize_address, no_sanitize_thread, no_sanitize_undefined))
#endif

namespace mallocspy::spies {

MALLOCSPY_READS_STACKS inline std::uintptr_t word_at(std::uintptr_t address) noexcept {
  return *reinterpret_cast<const volatile std::uintptr_t*>(address);
}

} // namespace mallocspy::spies
