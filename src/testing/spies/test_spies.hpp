// SPDX-License-Identifier: MIT
// The spies of this layer. Only one spy can be registered at a time, and blocks of a test may outlive the test; so scopes
// and sweeps share one chain, which is registered when it is first needed and never destroyed.
#pragma once

#include "testing/spies/point_spy.hpp"
#include "testing/spies/scope_spy.hpp"

#include <mallocspy/spies/chain.hpp>
#include <mallocspy/spies/guard.hpp>
#include <mallocspy/spies/leak_tracker.hpp>

namespace mallocspy::testing_detail {

struct test_spies {
  test_spies();

  scope_spy scopes;   // sees each request first, also one that is refused
  point_spy points;   // refuses
  leak_tracker leaks; // records in windows only
  guard damage;       // next to the heap
  chain all;
};

// Keeps them registered. When the last user is gone they are revoked, so that other spies can be registered; if blocks of
// theirs are still alive that is pending, and a later user finds them as they are.
// threads: any; not in a hook
class use_of_test_spies {
public:
  // effects: makes and registers the spies, unless that was done
  // errors: std::bad_alloc
  use_of_test_spies();
  ~use_of_test_spies();
  use_of_test_spies(const use_of_test_spies&) = delete;
  use_of_test_spies& operator=(const use_of_test_spies&) = delete;

  // returns: false if another spy is registered
  explicit operator bool() const noexcept {
    return m_spies != nullptr;
  }
  test_spies* operator->() const noexcept {
    return m_spies;
  }
  test_spies& operator*() const noexcept {
    return *m_spies;
  }

private:
  test_spies* m_spies;
};

// What to tell a user whose spies cannot be registered.
inline constexpr const char* another_spy_is_registered =
    "another spy is registered, and there can be one only: revoke it before, and free the blocks that it knows";

} // namespace mallocspy::testing_detail
