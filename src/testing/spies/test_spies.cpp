// SPDX-License-Identifier: MIT
#include "testing/spies/test_spies.hpp"

#include "spies/guard/guard_parts.hpp"
#include "testing/board/damage_codes.hpp"
#include "testing/spies/scope_report.hpp"

#include <mallocspy/task/registration.hpp>
#include <mallocspy/task/task_memory.hpp>
#include <memory>
#include <mutex>
#include <new>
#include <stdexcept>
#include <utility>

namespace mallocspy::testing_detail {

namespace {

test_spies& the_spies();

// A sweep notes what is damaged; otherwise it is told as usual.
misuse_action on_damage(const guard_finding& finding) {
  sweep_run& run = the_spies().points.run;
  if (!run.is_under_way()) {
    return report_guard_finding(finding);
  }
  run.note_damage(damage_code(finding.fault), finding.allocated);
  return misuse_action::go_on;
}

leak_options recording_in_windows() noexcept {
  leak_options options;
  options.recording = false;
  return options;
}

// A snapshot copies what the process has in memory, and each child fills its own quarantine.
guard_options small_quarantine() noexcept {
  guard_options options;
  options.handler = on_damage;
  // Filling large blocks would touch memory that the program may never touch.
  options.most_fill = 4096;
  options.quarantine_bytes = std::size_t{1} << 20;
  options.quarantine_blocks = std::size_t{1} << 12;
  options.stack_depth = 8;
  return options;
}

std::mutex registering;
unsigned users = 0;
// A block of the spies, which keeps a pending revocation from completing.
void* keeper = nullptr;

test_spies& the_spies() {
  alignas(test_spies) static unsigned char room[sizeof(test_spies)];
  static auto* const made = new (static_cast<void*>(room)) test_spies;
  return *made;
}

// The registry's reference is the only one.
bool is_registered(chain& spies) noexcept {
  spies.AddRef();
  return spies.Release() != 0;
}

bool keep_registered(chain& spies) {
  if (!is_registered(spies) && FAILED(CoRegisterMallocSpy(&spies))) {
    return false;
  }
  keeper = CoTaskMemAlloc(1);
  if (keeper == nullptr) {
    throw std::bad_alloc();
  }
  // A pending revocation may have completed a moment ago.
  if (is_registered(spies)) {
    return true;
  }
  CoTaskMemFree(std::exchange(keeper, nullptr));
  return SUCCEEDED(CoRegisterMallocSpy(&spies));
}

} // namespace

test_spies::test_spies()
    : leaks(recording_in_windows()), damage(small_quarantine()), all{&scopes, &points, &leaks, &damage} {}

use_of_test_spies::use_of_test_spies() : m_spies(nullptr) {
  const std::lock_guard<std::mutex> lock(registering);
  test_spies& spies = the_spies();
  if (users == 0 && !keep_registered(spies.all)) {
    return;
  }
  ++users;
  m_spies = &spies;
}

use_of_test_spies::~use_of_test_spies() {
  const std::lock_guard<std::mutex> lock(registering);
  if (m_spies != nullptr && --users == 0) {
    CoTaskMemFree(std::exchange(keeper, nullptr));
    CoRevokeMallocSpy();
  }
}

use_of_test_spies* use_spies() {
  const own_allocations own;
  auto use = std::make_unique<use_of_test_spies>();
  if (!*use) {
    throw std::runtime_error(another_spy_is_registered);
  }
  return use.release();
}

} // namespace mallocspy::testing_detail
