// SPDX-License-Identifier: MIT
// The ready-made spies by name, each armed for what it usually does and finding nothing.
#pragma once

#include <mallocspy/mallocspy.hpp>
#include <mallocspy/spies.hpp>
#include <memory>
#include <string>
#include <vector>

namespace mallocspy::bench {

// Spies that belong together; the last one is the one that is registered.
using spy_stack = std::vector<std::unique_ptr<spy_base>>;

inline guard_options guard_without_stacks() {
  guard_options options;
  options.stack_depth = 0;
  return options;
}

inline guard_options guard_alone() {
  guard_options options = guard_without_stacks();
  options.fill = false;
  options.quarantine_blocks = 0;
  return options;
}

// returns: the spy of that name; empty if there is none
inline spy_stack make_spies(const std::string& name) {
  spy_stack spies;
  const auto add = [&](auto made) { spies.push_back(std::move(made)); };
  const fault_plan far_away = fault_plan::nth(1000000000000);
  if (name == "spy_base") {
    add(std::make_unique<spy_base>(spy_calls::concurrent));
  } else if (name == "spy_base_serialised") {
    add(std::make_unique<spy_base>());
  } else if (name == "lambda_spy") {
    auto spy = std::make_unique<lambda_spy>(spy_calls::concurrent);
    spy->pre_alloc = [](SIZE_T bytes) { return bytes; };
    add(std::move(spy));
  } else if (name == "statistics") {
    add(std::make_unique<statistics>());
  } else if (name == "statistics_exact_peak") {
    statistics_options options;
    options.exact_peak = true;
    add(std::make_unique<statistics>(options));
  } else if (name == "fault_nth") {
    add(std::make_unique<fault_injector>(far_away));
  } else if (name == "fault_random") {
    add(std::make_unique<fault_injector>(fault_plan::random(0, 1)));
  } else if (name == "fault_budget") {
    add(std::make_unique<fault_injector>(fault_plan::budget(SIZE_MAX / 2)));
  } else if (name == "fault_under") {
    add(std::make_unique<fault_injector>(far_away.under("nobody")));
  } else if (name == "guard") {
    add(std::make_unique<guard>());
  } else if (name == "guard_without_stacks") {
    add(std::make_unique<guard>(guard_without_stacks()));
  } else if (name == "guard_red_zones_only") {
    add(std::make_unique<guard>(guard_alone()));
  } else if (name == "leak_tracker") {
    add(std::make_unique<leak_tracker>());
  } else if (name == "chain") {
    add(std::make_unique<leak_tracker>());
    add(std::make_unique<fault_injector>(far_away));
    add(std::make_unique<guard>());
    const std::initializer_list<IMallocSpy*> all = {spies[0].get(), spies[1].get(), spies[2].get()};
    add(std::make_unique<chain>(all));
  } else if (name == "chain_of_nothing") {
    add(std::make_unique<chain>(std::initializer_list<IMallocSpy*>{}));
  }
  return spies;
}

} // namespace mallocspy::bench
