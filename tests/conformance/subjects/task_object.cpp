// SPDX-License-Identifier: MIT
// Our task allocator through the object that CoGetMalloc gives.
#include "conformance/subjects/task_subject.hpp"

namespace conformance {

namespace {

class task_object final : public task_subject {
public:
  const char* name() const override {
    return "the task allocator's object";
  }
};

} // namespace

subject& subject_under_test() {
  static task_object the_subject;
  return the_subject;
}

} // namespace conformance
