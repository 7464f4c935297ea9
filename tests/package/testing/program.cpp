// SPDX-License-Identifier: MIT
// Sweeps and scopes of the installed package.
#include <mallocspy/mallocspy.h>
#include <mallocspy/testing.hpp>

static bool takes_two() {
  void* first = mallocspy_alloc(27);
  void* second = first == nullptr ? nullptr : mallocspy_alloc(53);
  mallocspy_free(second);
  mallocspy_free(first);
  return second != nullptr;
}

static bool forgets_one() {
  void* first = mallocspy_alloc(27);
  void* second = first == nullptr ? nullptr : mallocspy_alloc(53);
  if (second == nullptr) {
    return false;
  }
  mallocspy_free(second);
  mallocspy_free(first);
  return true;
}

int main() {
  mallocspy::allocation_scope scope;
  const bool right = takes_two() && scope.counts().allocations == 2;
  const mallocspy::sweep_result sound = mallocspy::oom_sweep(takes_two);
  const mallocspy::sweep_result leaky = mallocspy::oom_sweep(forgets_one);
  const bool whole = sound.shard == "1/1";
  const bool found = leaky.count(mallocspy::verdict::leak) == 1;
  return right && sound.passed() && sound.allocations == 2 && (found || !whole) ? 0 : 1;
}
