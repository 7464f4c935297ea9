// SPDX-License-Identifier: MIT
// What is freed goes back to the heap. Counting live blocks does not show that: a block may be forgotten and yet never be
// given back. So the addresses are counted that a long row of allocations and frees goes through.
#include "conformance/scenario.hpp"
#include "support/refusing_spy.hpp"

#include <set>

using namespace conformance;

namespace {

// Long enough for a sanitizer's quarantine, which keeps 256 MiB back, to be full several times.
constexpr SIZE_T block_size = 65536 - 119;
constexpr std::size_t rounds = 20000;

template <class Release> std::size_t addresses_used(subject& s, Release release) {
  std::set<void*> addresses;
  for (std::size_t i = 0; i < rounds; ++i) {
    void* p = s.Alloc(block_size);
    if (p == nullptr) {
      return rounds; // all memory is gone
    }
    addresses.insert(p);
    release(p);
  }
  return addresses.size();
}

void check_reuse(subject& s) {
  CHECK(addresses_used(s, [&s](void* p) { s.Free(p); }) < rounds / 2);
  CHECK(addresses_used(s, [&s](void* p) { s.Realloc(p, 0); }) < rounds / 2);
  CHECK(addresses_used(s, [&s](void* p) { s.Free(s.Realloc(p, 3 * block_size)); }) < rounds / 2);
}

} // namespace

TEST_CASE("memory: what is freed is used again") {
  check_reuse(subject_under_test());
}

TEST_CASE("memory: what is freed under a spy is used again") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies)) {
    return;
  }
  // By value: named constants and a temporary together would make Catch2 keep references.
  const SIZE_T header = GENERATE(as<SIZE_T>{}, 0, 16, 8);
  CAPTURE(header);
  const auto spy = make_ref<support::refusing_spy>(header, std::size_t{0}, support::refusing_spy::way::refuse);
  const registration registered(s, spy.get());
  check_reuse(s);
  CHECK(s.revoke_spy() == S_OK);
}
