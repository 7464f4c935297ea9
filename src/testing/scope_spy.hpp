// SPDX-License-Identifier: MIT
// The spy behind the scopes: sees each request of the process first, before a sweep can refuse it.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include <mallocspy/spies/spy_base.hpp>

namespace mallocspy::testing_detail {

class scope_spy : public spy_base {
public:
  scope_spy() noexcept : spy_base(spy_calls::concurrent) {}
};

} // namespace mallocspy::testing_detail
