// SPDX-License-Identifier: MIT
// The reference heap alone: an IMalloc that knows no spies and is not the one of its process, as programs bring their own.
#include "conformance/reference_heap.hpp"

#include "conformance/subject.hpp"

namespace conformance {

namespace {

class plain_heap final : public subject {
public:
  const char* name() const override {
    return "the reference heap";
  }
  bool can(ability a) const override {
    return a == ability::reports_misuse || a == ability::counts_blocks;
  }
  IMalloc* object() override {
    return &m_heap;
  }
  std::size_t misuses() override {
    return m_heap.misuses();
  }
  std::size_t live_blocks() override {
    return m_heap.live_blocks();
  }

private:
  reference_heap m_heap;
};

} // namespace

subject& subject_under_test() {
  static plain_heap the_subject;
  return the_subject;
}

} // namespace conformance
