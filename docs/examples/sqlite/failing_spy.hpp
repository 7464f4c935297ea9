// SPDX-License-Identifier: MIT
// A spy that makes allocations fail: a Pre that returns 0 forces the failure.
#pragma once

#include "../spy_base.hpp"

struct failure_plan {
  long first;     // the number of the allocation to fail; allocations and reallocations are counted together, from 1
  bool all_after; // fail all later ones too
};

class failing_spy : public spy_base {
public:
  explicit failing_spy(failure_plan plan) : m_plan(plan) {}

  // returns: whether an allocation has been made to fail
  bool fired() const {
    return m_fired;
  }

  std::size_t PreAlloc(std::size_t cbRequest) override {
    return zero_if_it_fails(cbRequest);
  }

  std::size_t PreRealloc(void* pRequest, std::size_t cbRequest, void** ppNewRequest, mallocspy::BOOL) override {
    *ppNewRequest = pRequest;
    return zero_if_it_fails(cbRequest);
  }

private:
  std::size_t zero_if_it_fails(std::size_t cbRequest) {
    ++m_count;
    const bool fails = m_count == m_plan.first || (m_plan.all_after && m_count > m_plan.first);
    m_fired = m_fired || fails;
    return fails ? 0 : cbRequest;
  }

  failure_plan m_plan;
  long m_count = 0;
  bool m_fired = false;
};
