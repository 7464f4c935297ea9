// SPDX-License-Identifier: MIT
#include "failed_run.hpp"

#include <mallocspy/mallocspy.hpp>
#include <mallocspy/spies.hpp>
#include <sqlite3.h>
#include <stdexcept>

using namespace mallocspy;

namespace {

bool says_no_memory(int code) {
  return code == SQLITE_NOMEM || code == SQLITE_IOERR_NOMEM;
}

} // namespace

verdict run_with_failure(const small_workload& workload, failure_plan plan, const std::string& new_file) {
  set_abort_on_misuse(true); // a block freed twice on the way out is a crash
  const auto first = static_cast<std::uint64_t>(plan.first);
  const auto spy = make_spy<fault_injector>(plan.all_after ? fault_plan::nth_and_later(first) : fault_plan::nth(first));
  scoped_spy registration(spy.get());
  if (!registration) {
    throw std::runtime_error("the spy cannot be registered");
  }
  const outcome result = run_workload(new_file, workload.orders);
  const bool fired = spy->outcome().fired();
  // Refused while blocks of the spy live. Then the spy stays, for as long as they do.
  if (registration.revoke() == E_ACCESSDENIED) {
    return verdict::leaked;
  }
  if (!fired) {
    return verdict::not_fired;
  }
  if (says_no_memory(result.code)) {
    return verdict::reported;
  }
  return result == workload.unfailed ? verdict::tolerated : verdict::wrong;
}
