// SPDX-License-Identifier: MIT
// The reference allocator, through its object.
#include "conformance/reference_allocator.hpp"
#include "conformance/subject.hpp"

namespace conformance {

namespace {

class reference_spied final : public subject {
public:
  const char* name() const override {
    return "the reference allocator";
  }
  bool can(ability) const override {
    return true;
  }
  IMalloc* object() override {
    return &m_allocator;
  }
  HRESULT get_malloc(DWORD context, IMalloc** out) override {
    return m_allocator.get_malloc(context, out);
  }
  HRESULT register_spy(IMallocSpy* spy) override {
    return m_allocator.register_spy(spy);
  }
  HRESULT revoke_spy() override {
    return m_allocator.revoke_spy();
  }
  std::size_t misuses() override {
    return m_allocator.heap().misuses();
  }
  std::size_t live_blocks() override {
    return m_allocator.heap().live_blocks();
  }
  void limit_book_room(bool on) override {
    m_allocator.limit_book_room(on);
  }

private:
  reference_allocator m_allocator;
};

} // namespace

subject& subject_under_test() {
  static reference_spied the_subject;
  return the_subject;
}

} // namespace conformance
