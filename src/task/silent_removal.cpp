// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked.
#include "task/silent_removal.hpp"

#include "task/operations.hpp"
#include "task/spied_call.hpp"

namespace mallocspy::task {

void forget_client_pointers(const void* p, std::size_t extent) {
  if (!spy_registered() || !spied_pointers.may_have_inside(p, extent)) {
    return;
  }
  // A call like any other, so that nobody takes the spy off meanwhile, and its end looks for a pending revocation.
  const spied_call call(task_request);
  if (call) {
    call.count(-static_cast<std::ptrdiff_t>(spied_pointers.erase_inside(p, extent, call.nodes())));
  }
}

} // namespace mallocspy::task
