// SPDX-License-Identifier: MIT
// The spy of a sweep: shows each request to the run that is under way, and refuses those that are to fail.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include "testing/run/sweep_run.hpp"
#include "testing/spies/input_failures.hpp"

#include <mallocspy/spies/spy_base.hpp>

namespace mallocspy::testing_detail {

class point_spy : public spy_base {
public:
  point_spy() noexcept : spy_base(spy_calls::concurrent) {}

  sweep_run run;
  input_failures by_input;

  SIZE_T STDMETHODCALLTYPE PreAlloc(SIZE_T cbRequest) override;
  void* STDMETHODCALLTYPE PostAlloc(void* pActual) override;
  void* STDMETHODCALLTYPE PreFree(void* pRequest, BOOL fSpyed) override;
  SIZE_T STDMETHODCALLTYPE PreRealloc(void* pRequest, SIZE_T cbRequest, void** ppNewRequest, BOOL fSpyed) override;
  void* STDMETHODCALLTYPE PostRealloc(void* pActual, BOOL fSpyed) override;

private:
  bool permits(SIZE_T size) noexcept;
};

} // namespace mallocspy::testing_detail
