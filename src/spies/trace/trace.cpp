// SPDX-License-Identifier: MIT
// The hooks of trace. Run inside hooks: never allocate from what is hooked, take no lock.
#include "spies/memory/own_memory.hpp"
#include "spies/threads/carried.hpp"
#include "spies/trace/trace_output.hpp"

#include <cerrno>
#include <mallocspy/spies/call_stack.hpp>

namespace mallocspy {

namespace {

// What PreRealloc has for PostRealloc.
struct resizing {
  void* old;
  SIZE_T size;
  std::uint64_t number; // taken before the old address is free for others
};

} // namespace

trace::trace(const char* path, const trace_options& options)
    : spy_base(spy_calls::concurrent), m_output(spies::make_own<output>(path, options)) {}

trace::~trace() {
  spies::destroy_own(m_output);
}

void trace::flush() noexcept {
  m_output->flush();
}

std::uint64_t trace::events() const noexcept {
  return m_output->own == nullptr ? 0 : m_output->own->next_number.load(std::memory_order_relaxed);
}

std::uint64_t trace::dropped() const noexcept {
  return m_output->own == nullptr ? 0 : m_output->own->dropped.load(std::memory_order_relaxed);
}

int trace::error() const noexcept {
  return m_output->own == nullptr ? ENOMEM : m_output->own->error.load(std::memory_order_relaxed);
}

SIZE_T trace::PreAlloc(SIZE_T cbRequest) {
  spies::carry(this, cbRequest);
  return cbRequest;
}

void* trace::PostAlloc(void* pActual) {
  SIZE_T size = 0;
  if (spies::take(this, size)) {
    const auto kind = pActual == nullptr ? spies::record_kind::failed : spies::record_kind::allocated;
    m_output->add(kind, m_output->take_number(), pActual, size, capture_client_stack_id(m_output->depth));
  }
  return pActual;
}

void* trace::PreFree(void* pRequest, BOOL) {
  // Now, not in PostFree: then another thread may have the address already.
  m_output->add(spies::record_kind::freed, m_output->take_number(), pRequest, 0, 0);
  return pRequest;
}

SIZE_T trace::PreRealloc(void* pRequest, SIZE_T cbRequest, void** ppNewRequest, BOOL) {
  *ppNewRequest = pRequest;
  spies::carry(this, resizing{pRequest, cbRequest, m_output->take_number()});
  return cbRequest;
}

void* trace::PostRealloc(void* pActual, BOOL) {
  resizing r{};
  if (spies::take(this, r)) {
    const stack_id stack = capture_client_stack_id(m_output->depth);
    if (pActual == nullptr) {
      m_output->add(spies::record_kind::failed, r.number, nullptr, r.size, stack);
    } else {
      m_output->add(spies::record_kind::moved_from, r.number, r.old, 0, 0);
      m_output->add(spies::record_kind::moved_to, m_output->take_number(), pActual, r.size, stack);
    }
  }
  return pActual;
}

} // namespace mallocspy
