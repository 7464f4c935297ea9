// SPDX-License-Identifier: MIT
// Arming a fault injector, and what it tells.
#include "blocks/line.hpp"
#include "blocks/method_table.hpp"
#include "spies/faults/fault_callers.hpp"
#include "spies/faults/fault_streams.hpp"
#include "spies/memory/own_memory.hpp"

namespace mallocspy {

fault_injector::fault_injector(const fault_plan& plan, IMalloc* host)
    : spy_base(spy_calls::concurrent), m_plan(fault_plan::never()), m_host(host), m_methods(blocks::method_table(this)) {
  m_asked.store(true, std::memory_order_relaxed); // about the plan that it has not got yet
  arm(plan);
}

fault_injector::~fault_injector() {
  tell_if_never_fired();
  give_back_memory();
}

void fault_injector::give_back_memory() noexcept {
  spies::destroy_own(m_streams);
  spies::destroy_own(m_callers);
  m_streams = nullptr;
  m_callers = nullptr;
}

void fault_injector::arm(const fault_plan& plan) {
  tell_if_never_fired();
  m_mode.store(mode::off, std::memory_order_relaxed);
  give_back_memory();
  if (plan.m_kind == fault_plan::kind::random) {
    m_streams = spies::make_own<streams>();
  }
  if (plan.m_under != nullptr || plan.m_not_under != nullptr) {
    m_callers = spies::make_own<callers>(plan.m_under, plan.m_not_under);
  }
  m_plan = plan;
  m_first = plan.m_first;
  m_length = plan.m_length;
  m_smallest = plan.m_smallest == 0 ? 1 : plan.m_smallest; // a request of 0 bytes never counts
  const bool any_size = plan.m_largest >= m_smallest;
  m_range = any_size ? plan.m_largest - m_smallest : 0;
  m_thread = plan.m_this_thread ? &spies::this_thread : nullptr;
  m_counted.store(0, std::memory_order_relaxed);
  m_failed.store(0, std::memory_order_relaxed);
  m_live.store(0, std::memory_order_relaxed);
  m_asked.store(false, std::memory_order_relaxed);
  mode armed = mode::count;
  if (plan.m_kind == fault_plan::kind::budget) {
    armed = mode::budget;
    blocks::take_back_told_hooks(this);
  } else if (plan.m_kind != fault_plan::kind::numbered || m_thread != nullptr || m_callers != nullptr) {
    const bool only_sizes = m_thread == nullptr && m_callers == nullptr;
    armed = plan.m_kind == fault_plan::kind::random && only_sizes ? mode::chance : mode::filter;
  }
  m_mode.store(any_size ? armed : mode::off, std::memory_order_release);
}

HRESULT fault_injector::QueryInterface(REFIID riid, void** ppvObject) {
  const HRESULT answered = spy_base::QueryInterface(riid, ppvObject);
  if (riid == IID_IConcurrentMallocSpy && m_methods != nullptr && m_mode.load(std::memory_order_relaxed) != mode::budget) {
    for (const blocks::hook_place at : {blocks::of_post_alloc, blocks::of_pre_free}) {
      const bool mine = blocks::share_method(blocks::method_table(this), m_methods, at); // none that a derived class has
      blocks::told_by_spy.as_well |= mine ? 1U << at : 0;
    }
  }
  return answered;
}

void fault_injector::disarm() noexcept {
  m_mode.store(mode::off, std::memory_order_relaxed);
}

fault_injector::result fault_injector::outcome() const noexcept {
  m_asked.store(true, std::memory_order_relaxed);
  std::uint64_t counted = m_counted.load(std::memory_order_relaxed);
  if (m_streams != nullptr) {
    m_streams->entries.for_each(
        [&](const fault_stream& stream, bool) { counted += stream.drawn.load(std::memory_order_relaxed); });
  }
  return {counted, m_failed.load(std::memory_order_relaxed)};
}

void fault_injector::tell_if_never_fired() const noexcept {
  const bool plans_failures = m_plan.m_kind == fault_plan::kind::numbered ? m_plan.m_length != 0 : true;
  if (m_asked.load(std::memory_order_relaxed) || !plans_failures) {
    return;
  }
  const result happened = outcome();
  if (happened.fired()) {
    return;
  }
  blocks::line text;
  text.text("fault_injector: the planned failure never came: ");
  switch (m_plan.m_kind) {
  case fault_plan::kind::numbered:
    text.text("request ").number(m_plan.m_first);
    break;
  case fault_plan::kind::every:
    text.text("every request with a number divisible by ").number(m_plan.m_first);
    break;
  case fault_plan::kind::random:
    text.text("random ones with seed ").number(m_plan.m_first);
    break;
  case fault_plan::kind::budget:
    text.text("those beyond ").number(m_plan.m_first).text(" bytes");
    break;
  }
  text.text("; ").number(happened.counted).text(" requests were counted").write();
}

} // namespace mallocspy
