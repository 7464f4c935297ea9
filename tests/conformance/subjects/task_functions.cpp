// SPDX-License-Identifier: MIT
// Our task allocator through CoTaskMemAlloc, CoTaskMemRealloc and CoTaskMemFree; the object where there is no function.
#include "conformance/subjects/task_subject.hpp"

#include <mallocspy/task/task_memory.hpp>

namespace conformance {

namespace {

class task_functions final : public task_subject {
public:
  const char* name() const override {
    return "the task allocator's functions";
  }
  void* Alloc(SIZE_T cb) override {
    return CoTaskMemAlloc(cb);
  }
  void* Realloc(void* pv, SIZE_T cb) override {
    return CoTaskMemRealloc(pv, cb);
  }
  void Free(void* pv) override {
    CoTaskMemFree(pv);
  }
};

} // namespace

subject& subject_under_test() {
  static task_functions the_subject;
  return the_subject;
}

} // namespace conformance
