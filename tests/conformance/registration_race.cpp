// SPDX-License-Identifier: MIT
// Section 11 of the contract: of several threads that register at once one wins, and the others are told.
#include "conformance/scenario.hpp"
#include "support/barrier.hpp"

#include <thread>
#include <vector>

using namespace conformance;

TEST_CASE("registration: of several threads at once exactly one wins") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies)) {
    return;
  }
  constexpr std::size_t thread_count = 6;
  std::vector<ref<recording_spy>> spies;
  for (std::size_t i = 0; i < thread_count; ++i) {
    spies.push_back(make_ref<recording_spy>(no_header));
  }
  for (int round = 0; round < 100; ++round) {
    support::barrier start(thread_count);
    HRESULT results[thread_count] = {};
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < thread_count; ++i) {
      threads.emplace_back([&, i] {
        start.arrive_and_wait();
        results[i] = s.register_spy(spies[i].get());
      });
    }
    for (std::thread& t : threads) {
      t.join();
    }
    std::size_t winners = 0;
    for (std::size_t i = 0; i < thread_count; ++i) {
      if (results[i] == S_OK) {
        ++winners;
        CHECK(spies[i]->references() == 2);
      } else {
        CHECK(results[i] == CO_E_OBJISREG);
        CHECK(spies[i]->references() == 1);
      }
    }
    REQUIRE(winners == 1);
    REQUIRE(s.revoke_spy() == S_OK);
  }
}
