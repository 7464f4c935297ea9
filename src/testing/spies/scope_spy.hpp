// SPDX-License-Identifier: MIT
// The spy behind the scopes: sees each request of the process first, before a sweep can refuse it.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include <atomic>
#include <mallocspy/spies/leak_tracker.hpp>
#include <mallocspy/spies/spy_base.hpp>
#include <mallocspy/testing/allocation_scope.hpp>

namespace mallocspy::testing_detail {

// The scopes of a thread, and what a Pre leaves for its Post: the spy is the first of its chain, and nothing behind it
// allocates.
struct thread_scopes {
  scope_record* innermost;
  unsigned leak_scopes;
  unsigned allowed; // allow_allocation_scopes
  bool counted;     // the request that is under way
  bool tracked;
  bool resized;
  SIZE_T size;
  SIZE_T before;
};

// Not thread_local: the compiler would call a function on each use, to see whether it must be constructed.
__attribute__((visibility("hidden"))) extern __thread thread_scopes scopes_of_this_thread;

class scope_spy : public spy_base {
public:
  scope_spy() : spy_base(spy_calls::concurrent) {}

  // The blocks of leak scopes. From the first such scope on all frees are told to it.
  leak_tracker& tracker() noexcept {
    return m_tracker;
  }
  void begin_tracking() noexcept {
    m_tracking.store(true, std::memory_order_relaxed);
  }

  SIZE_T STDMETHODCALLTYPE PreAlloc(SIZE_T cbRequest) override;
  void* STDMETHODCALLTYPE PostAlloc(void* pActual) override;
  void* STDMETHODCALLTYPE PreFree(void* pRequest, BOOL fSpyed) override;
  SIZE_T STDMETHODCALLTYPE PreRealloc(void* pRequest, SIZE_T cbRequest, void** ppNewRequest, BOOL fSpyed) override;
  void* STDMETHODCALLTYPE PostRealloc(void* pActual, BOOL fSpyed) override;

private:
  leak_tracker m_tracker;
  std::atomic<bool> m_tracking{false};
};

} // namespace mallocspy::testing_detail
