// SPDX-License-Identifier: MIT
// The spy that counts the allocations of a sweep, takes snapshots at them, and makes them fail.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include <mallocspy/spies/spy_base.hpp>

namespace mallocspy::testing_detail {

class point_spy : public spy_base {
public:
  point_spy() noexcept : spy_base(spy_calls::concurrent) {}
};

} // namespace mallocspy::testing_detail
