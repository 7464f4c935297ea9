// SPDX-License-Identifier: MIT
// What child_facts::damage says.
#pragma once

#include <cstdint>
#include <mallocspy/blocks/misuse.hpp>
#include <mallocspy/spies/guard.hpp>

namespace mallocspy::testing_detail {

constexpr std::uint32_t damage_code(guard_fault fault) noexcept {
  return static_cast<std::uint32_t>(fault) + 1;
}
constexpr std::uint32_t damage_code(misuse_kind kind) noexcept {
  return static_cast<std::uint32_t>(kind) + 101;
}

} // namespace mallocspy::testing_detail
