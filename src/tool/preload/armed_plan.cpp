// SPDX-License-Identifier: MIT
#include "tool/preload/armed_plan.hpp"

#include "tool/preload/caller_filter.hpp"

#include <mallocspy/spies/fault_injector.hpp>
#include <mallocspy/task/registration.hpp>
#include <new>
#include <unistd.h>

namespace mallocspy::tool {

namespace {

fault_plan plan_of(const failure_plan& plan) noexcept {
  switch (plan.what) {
  case failure_plan::kind::random:
    return fault_plan::random(plan.rate, plan.seed);
  case failure_plan::kind::budget:
    return fault_plan::budget(plan.budget);
  case failure_plan::kind::numbered:
    break;
  }
  return fault_plan::in_a_row(plan.first, plan.length);
}

// Shows the injector only what the filters let pass.
class planned_failures : public fault_injector {
public:
  explicit planned_failures(const failure_plan& plan)
      : fault_injector(plan_of(plan).sizes(plan.smallest, plan.largest)), m_callers(plan.caller) {}

  SIZE_T STDMETHODCALLTYPE PreAlloc(SIZE_T cbRequest) override {
    return m_callers.lets_pass() ? fault_injector::PreAlloc(cbRequest) : cbRequest;
  }
  SIZE_T STDMETHODCALLTYPE PreRealloc(void* pRequest, SIZE_T cbRequest, void** ppNewRequest, BOOL fSpyed) override {
    if (m_callers.lets_pass()) {
      return fault_injector::PreRealloc(pRequest, cbRequest, ppNewRequest, fSpyed);
    }
    *ppNewRequest = pRequest;
    return cbRequest;
  }

private:
  caller_filter m_callers;
};

// Never destroyed: the program's last destructors allocate, too.
planned_failures* injector = nullptr;
session* shared = nullptr;
pid_t process = 0;

} // namespace

bool begin_plan(const attached_session& attached) noexcept {
  alignas(planned_failures) static unsigned char room[sizeof(planned_failures)];
  shared = attached.shared;
  process = ::getpid();
  injector = new (static_cast<void*>(room)) planned_failures(shared->plan);
  return SUCCEEDED(CoRegisterMallocSpy(injector));
}

void end_plan() noexcept {
  if (injector != nullptr && process == ::getpid()) { // else a child by vfork
    const fault_injector::result result = injector->outcome();
    shared->counted.store(result.counted);
    shared->failed.store(result.failed);
    shared->ended.store(1);
  }
}

void leave_plan() noexcept {
  if (injector != nullptr) {
    injector->disarm();
  }
}

} // namespace mallocspy::tool
