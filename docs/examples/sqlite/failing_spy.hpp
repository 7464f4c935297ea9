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
    return m_count >= m_plan.first;
  }

  std::size_t PreAlloc(std::size_t cbRequest) override {
    return fails_now() ? 0 : cbRequest;
  }

  std::size_t PreRealloc(void* pRequest, std::size_t cbRequest, void** ppNewRequest, mallocspy::BOOL) override {
    *ppNewRequest = pRequest;
    return fails_now() ? 0 : cbRequest;
  }

private:
  bool fails_now() {
    ++m_count;
    return m_count == m_plan.first || (m_plan.all_after && m_count > m_plan.first);
  }

  failure_plan m_plan;
  long m_count = 0;
};
