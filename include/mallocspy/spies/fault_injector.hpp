// SPDX-License-Identifier: MIT
// A spy that makes requests for memory fail by plan.
// source: ours
#pragma once

#include <mallocspy/spies/fault_plan.hpp>
#include <mallocspy/spies/spy_base.hpp>

namespace mallocspy {

// Refuses the requests that its plan names: the client gets null, and errno is ENOMEM. Concurrent. Puts nothing on blocks
// and needs no memory but for plans that are random or look at callers.
//
// If a planned failure never came, and nobody asked (outcome()), the destructor and the next arm() say so in one line on
// stderr: a test whose failure never happened has tested nothing.
//
// Under another host than mallocspy, budget() needs the host's IMalloc, to learn the sizes of blocks that are freed.
class MALLOCSPY_API fault_injector : public spy_base {
public:
  // effects: armed with the plan
  // errors: std::bad_alloc, for plans that need memory
  explicit fault_injector(const fault_plan& plan = fault_plan::never(), IMalloc* host = nullptr);
  ~fault_injector() override;

  // effects: starts anew with another plan; all counts are 0. A budget counts the blocks from now on
  // errors: std::bad_alloc
  // threads: while no other thread allocates; the injector may be registered
  void arm(const fault_plan& plan);

  // effects: nothing fails and nothing is counted until the next arm(). threads: any
  void disarm() noexcept;

  struct result {
    std::uint64_t counted; // requests that passed the filters
    std::uint64_t failed;  // those that were made to fail

    // returns: whether the planned failure came
    bool fired() const noexcept {
      return failed != 0;
    }
  };
  // returns: what happened since arm(). threads: any
  result outcome() const noexcept;

  // effects, returns: as spy_base. Without a budget the hooks that only a budget needs are told to pass everything through
  HRESULT STDMETHODCALLTYPE QueryInterface(REFIID riid, void** ppvObject) override;

  SIZE_T STDMETHODCALLTYPE PreAlloc(SIZE_T cbRequest) override;
  void* STDMETHODCALLTYPE PostAlloc(void* pActual) override;
  void* STDMETHODCALLTYPE PreFree(void* pRequest, BOOL fSpyed) override;
  SIZE_T STDMETHODCALLTYPE PreRealloc(void* pRequest, SIZE_T cbRequest, void** ppNewRequest, BOOL fSpyed) override;
  void* STDMETHODCALLTYPE PostRealloc(void* pActual, BOOL fSpyed) override;

private:
  struct streams;
  struct callers;

  // What a hook has to do, decided when a plan is armed.
  enum class mode : std::uint8_t {
    off,
    count,  // number the requests that pass the filter of sizes; the usual case
    chance, // draw for each request that passes the filter of sizes
    filter, // look at threads, callers or chance first
    budget, // keep account of what is live
  };

  bool names_next_number() noexcept;
  SIZE_T fail() noexcept;
  SIZE_T ask_slowly(SIZE_T released, SIZE_T bytes) noexcept;
  bool passes_filters(SIZE_T bytes) const noexcept;
  bool is_chosen() noexcept;
  bool draws_failure() noexcept;
  bool change_live(SIZE_T released, SIZE_T bytes, bool may_fail) noexcept;
  SIZE_T size_before(void* block, BOOL fSpyed) const;
  void* settle(void* block) noexcept;
  void* credit(void* block, BOOL fSpyed);
  void tell_if_never_fired() const noexcept;
  void give_back_memory() noexcept;

  // Read on every request, written by arm() and disarm() only.
  std::atomic<mode> m_mode{mode::off};
  SIZE_T m_smallest = 1;
  SIZE_T m_range = 0; // largest size minus smallest
  std::uint64_t m_first = 0;
  std::uint64_t m_length = 0;
  fault_plan m_plan;
  const void* m_thread = nullptr;
  streams* m_streams = nullptr; // for random plans
  callers* m_callers = nullptr; // for plans with callers
  IMalloc* m_host;
  const void* const m_methods; // of this class itself
  // Written on every request that is counted, unless the plan is random.
  alignas(64) std::atomic<std::uint64_t> m_counted{0};
  std::atomic<std::uint64_t> m_live{0}; // for a budget
  std::atomic<std::uint64_t> m_failed{0};
  mutable std::atomic<bool> m_asked{false};
};

} // namespace mallocspy
