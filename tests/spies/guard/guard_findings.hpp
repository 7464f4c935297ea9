// SPDX-License-Identifier: MIT
// Collects what guards find, instead of printing it.
#pragma once

#include <mallocspy/spies.hpp>
#include <mutex>
#include <string>
#include <vector>

namespace test {

class guard_findings {
public:
  // effects: forgets what was found before
  guard_findings() {
    take();
  }

  // returns: options of a guard whose findings come here
  static mallocspy::guard_options options() {
    mallocspy::guard_options with_handler;
    with_handler.handler = collect;
    return with_handler;
  }

  std::vector<mallocspy::guard_finding> take() {
    const std::lock_guard<std::mutex> held(mutex());
    return std::exchange(all(), {});
  }

  // returns: "overflow at 53 by Free" for each, with commas between; forgets them
  std::string text() {
    static constexpr const char* names[] = {"overflow", "underflow", "use_after_free", "freed_twice", "not_the_block"};
    std::string joined;
    for (const mallocspy::guard_finding& f : take()) {
      joined += (joined.empty() ? "" : ", ") + std::string(names[static_cast<int>(f.fault)]) + " at " +
                std::to_string(f.offset) + " by " + f.found_at;
    }
    return joined;
  }

private:
  static mallocspy::misuse_action collect(const mallocspy::guard_finding& finding) {
    const std::lock_guard<std::mutex> held(mutex());
    all().push_back(finding);
    return mallocspy::misuse_action::go_on;
  }
  static std::mutex& mutex() {
    static std::mutex only;
    return only;
  }
  static std::vector<mallocspy::guard_finding>& all() {
    static std::vector<mallocspy::guard_finding> found;
    return found;
  }
};

} // namespace test
