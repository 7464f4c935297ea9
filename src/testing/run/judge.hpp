// SPDX-License-Identifier: MIT
// From what a child did to a verdict.
#pragma once

#include "testing/board/board.hpp"

namespace mallocspy::testing_detail {

// returns: the first verdict that fits; untested if the child's end says nothing about the failure (it escaped, or nothing
//   failed)
verdict judge(const child_facts& child, const child_facts& unfailed, const judging& how) noexcept;

// returns: whether a child in which nothing failed ended as the unfailed run did; else in what not, as flags of child_facts
std::uint32_t difference(const child_facts& child, const child_facts& unfailed, const judging& how) noexcept;

} // namespace mallocspy::testing_detail
