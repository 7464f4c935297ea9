// SPDX-License-Identifier: MIT
// Runs inside hooks: what it allocates there is not spied.
#include "tool/preload/caller_filter.hpp"

#include "spies/symbols/debug_information.hpp"

#include <cstdlib>
#include <mallocspy/spies/call_stack.hpp>

namespace mallocspy::tool {

caller_filter::caller_filter(const char* expression) noexcept {
  m_is_set = expression[0] != '\0' && ::regcomp(&m_expression, expression, REG_EXTENDED | REG_NOSUB) == 0;
}

bool caller_filter::lets_pass() noexcept {
  if (!m_is_set) {
    return true;
  }
  const stack_id stack = capture_client_stack_id(max_stack_depth);
  std::atomic<std::uint64_t>& known = m_answers[stack % remembered];
  std::uint64_t answer = known.load(std::memory_order_relaxed);
  if (answer >> 1 != stack || stack == 0) {
    answer = std::uint64_t{stack} << 1 | (matches(stack) ? 1U : 0U);
    known.store(answer, std::memory_order_relaxed);
  }
  return (answer & 1) != 0;
}

bool caller_filter::matches(std::uint32_t stack) const noexcept {
  const auto fits = [this](const char* text) {
    return text != nullptr && ::regexec(&m_expression, text, 0, nullptr, 0) == 0;
  };
  for (const void* address : stored_stack(stack)) {
    const code_location location = locate_code(address);
    char* readable = location.function == nullptr ? nullptr : spies::demangled(location.function);
    const bool found = fits(location.module) || fits(location.function) || fits(readable);
    std::free(readable);
    if (found) {
      return true;
    }
  }
  return false;
}

} // namespace mallocspy::tool
