// SPDX-License-Identifier: MIT
#include "conformance/subjects/task_subject.hpp"

#include "conformance/subjects/task_internals.hpp"

#include <atomic>
#include <mallocspy/mallocspy.hpp>

namespace conformance {

namespace {

std::atomic<std::size_t> counted{0};

misuse_action count(const misuse&) {
  ++counted;
  return misuse_action::go_on;
}

} // namespace

task_subject::task_subject() {
  CoGetMalloc(MEMCTX_TASK, &m_object);
  set_misuse_handler(count);
}

bool task_subject::can(ability a) const {
  const bool needs_internals = a == ability::counts_blocks || a == ability::limits_book_room;
  return !needs_internals || task_internals::reachable;
}

IMalloc* task_subject::object() {
  return m_object;
}

HRESULT task_subject::get_malloc(DWORD context, IMalloc** out) {
  return CoGetMalloc(context, out);
}

HRESULT task_subject::register_spy(IMallocSpy* spy) {
  return CoRegisterMallocSpy(spy);
}

HRESULT task_subject::revoke_spy() {
  return CoRevokeMallocSpy();
}

std::size_t task_subject::misuses() {
  return counted;
}

std::size_t task_subject::live_blocks() {
  return task_internals::live_blocks();
}

void task_subject::limit_book_room(bool on) {
  task_internals::limit_tables(on);
}

} // namespace conformance
