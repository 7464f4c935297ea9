// SPDX-License-Identifier: MIT
// Misuse of pointers is noted as damage, and not written to stderr, while a run of a sweep is under way.
#pragma once

#include "testing/run/sweep_run.hpp"

namespace mallocspy::testing_detail {

class misuses_noted {
public:
  explicit misuses_noted(sweep_run& run) noexcept;
  ~misuses_noted();
  misuses_noted(const misuses_noted&) = delete;
  misuses_noted& operator=(const misuses_noted&) = delete;
};

} // namespace mallocspy::testing_detail
