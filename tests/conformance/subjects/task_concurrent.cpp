// SPDX-License-Identifier: MIT
// Our task allocator with spies that say they may be called from any thread at once: what the lock gives, the way without
// it gives too, for all that a scenario does on one thread.
#include "conformance/subjects/task_subject.hpp"
#include "support/counted_spy.hpp"

namespace conformance {

namespace {

class task_concurrent final : public task_subject {
public:
  task_concurrent() {
    support::counted_spy::all_concurrent = true;
  }
  const char* name() const override {
    return "the task allocator's object, with concurrent spies";
  }
};

} // namespace

subject& subject_under_test() {
  static task_concurrent the_subject;
  return the_subject;
}

} // namespace conformance
