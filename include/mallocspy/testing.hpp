// SPDX-License-Identifier: MIT
// For tests: sweeps that fail every allocation once, and scopes that count allocations.
#pragma once

#include <mallocspy/testing/testing.hpp>
