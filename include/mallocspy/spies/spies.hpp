// SPDX-License-Identifier: MIT
// Layer 5, spies: ready-made spies, one to a header, and what they are made of. They reach the allocator through IMallocSpy
// alone, so they also serve another host's CoRegisterMallocSpy.
// May include: contract, blocks.
#pragma once

#include <mallocspy/spies/call_stack.hpp>
#include <mallocspy/spies/chain.hpp>
#include <mallocspy/spies/fault_injector.hpp>
#include <mallocspy/spies/fault_plan.hpp>
#include <mallocspy/spies/guard.hpp>
#include <mallocspy/spies/lambda_spy.hpp>
#include <mallocspy/spies/leak_report.hpp>
#include <mallocspy/spies/leak_tracker.hpp>
#include <mallocspy/spies/spy_base.hpp>
#include <mallocspy/spies/stack_report.hpp>
#include <mallocspy/spies/statistics.hpp>
#include <mallocspy/spies/trace.hpp>
#include <mallocspy/spies/trace_reader.hpp>
