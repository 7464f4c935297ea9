// SPDX-License-Identifier: MIT
// The layer testing: fails every allocation of a test once, and counts allocations in scopes. It may include contract,
// blocks, task, heap, spies and adapters.
#pragma once

#include <mallocspy/testing/allocation_budget.hpp>
#include <mallocspy/testing/allocation_scope.hpp>
#include <mallocspy/testing/leak_scope.hpp>
#include <mallocspy/testing/scope_verdict.hpp>
#include <mallocspy/testing/scope_violation.hpp>
#include <mallocspy/testing/sweep.hpp>
#include <mallocspy/testing/sweep_options.hpp>
#include <mallocspy/testing/sweep_result.hpp>
