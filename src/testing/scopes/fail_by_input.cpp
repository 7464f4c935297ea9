// SPDX-License-Identifier: MIT
#include "testing/spies/test_spies.hpp"

#include <mallocspy/testing/sweep.hpp>
#include <new>
#include <stdexcept>
#include <string>

namespace mallocspy {

std::uint64_t fail_by_input(const void* data, std::size_t size, const std::function<void()>& f, unsigned rarity) {
  const testing_detail::use_of_test_spies spies;
  if (!spies) {
    throw std::runtime_error(std::string("mallocspy: ") + testing_detail::another_spy_is_registered);
  }
  testing_detail::input_failures& failures = spies->points.by_input;
  failures.begin(data, size, rarity);
  try {
    f();
  } catch (const std::bad_alloc&) { // reported
  } catch (...) {
    failures.end();
    throw;
  }
  return failures.end();
}

} // namespace mallocspy
