// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked. The lock is taken only while a spy is registered.
#include "task/spy_registry.hpp"

#include "task/fork_handlers.hpp"
#include "task/fork_safe_lock.hpp"

#include <mallocspy/task/registration.hpp>

namespace mallocspy {

namespace task {

std::atomic<IMallocSpy*> registered_spy{nullptr};

namespace {

constexpr request_info no_request{2 * sizeof(void*), false, entry_point::none};

// Guarded by the lock. Nothing here has a destructor: at process exit a registered spy is left alone.
fork_safe_lock lock;
bool revocation_pending = false;
blocks::spied_set spied_pointers;

// This thread's: how many spied calls deep it is, which makes the lock recursive, and the request of the innermost.
thread_local unsigned depth = 0;
thread_local request_info request_in_service = no_request;

void lock_unless_held() noexcept {
  if (depth == 0) {
    lock.lock();
  }
}

void unlock_unless_held() noexcept {
  if (depth == 0) {
    lock.unlock();
  }
}

IMallocSpy* spy_under_lock() noexcept {
  return registered_spy.load(std::memory_order_relaxed);
}

// effects: takes the spy off if its revocation is pending and nothing of it is left
// returns: the spy, to be released once the lock is free; null if it stays
IMallocSpy* finish_pending_revocation() noexcept {
  if (!revocation_pending || !spied_pointers.empty()) {
    return nullptr;
  }
  revocation_pending = false;
  return registered_spy.exchange(nullptr, std::memory_order_relaxed);
}

} // namespace

spied_call::spied_call(const request_info& request) noexcept : m_spy(nullptr), m_outer(request_in_service) {
  lock_unless_held();
  m_spy = spy_under_lock();
  if (m_spy == nullptr) {
    unlock_unless_held();
    return;
  }
  ++depth;
  request_in_service = request;
}

spied_call::~spied_call() {
  if (m_spy == nullptr) {
    return;
  }
  request_in_service = m_outer;
  --depth;
  if (depth != 0) {
    return;
  }
  IMallocSpy* revoked = finish_pending_revocation();
  lock.unlock();
  if (revoked != nullptr) {
    revoked->Release();
  }
}

blocks::spied_set& spied_call::spied() const noexcept {
  return spied_pointers;
}

void registry_before_fork() noexcept {
  lock_unless_held();
}

void registry_after_fork_in_parent() noexcept {
  unlock_unless_held();
}

void registry_after_fork_in_child() noexcept {
  lock.reset_in_child();
  // A fork from inside a hook goes on inside it: the child's only thread holds the lock as before.
  if (depth != 0) {
    lock.lock();
  }
}

} // namespace task

request_info current_request() noexcept {
  return task::request_in_service;
}

HRESULT CoRegisterMallocSpy(IMallocSpy* pMallocSpy) {
  using namespace task;
  if (pMallocSpy == nullptr) {
    return E_INVALIDARG;
  }
  if (spy_registered()) {
    return CO_E_OBJISREG;
  }
  install_fork_handlers();
  // Asked without the lock: the spy's code may take locks of its own, and may allocate.
  void* answer = nullptr;
  if (FAILED(pMallocSpy->QueryInterface(IID_IMallocSpy, &answer)) || answer == nullptr) {
    return E_INVALIDARG;
  }
  auto* spy = static_cast<IMallocSpy*>(answer);
  lock_unless_held();
  const bool first = spy_under_lock() == nullptr;
  if (first) {
    registered_spy.store(spy, std::memory_order_relaxed);
  }
  unlock_unless_held();
  if (!first) {
    spy->Release(); // another thread's spy, or one that QueryInterface registered, came first
    return CO_E_OBJISREG;
  }
  return S_OK;
}

HRESULT CoRevokeMallocSpy() {
  using namespace task;
  lock_unless_held();
  if (spy_under_lock() == nullptr) {
    unlock_unless_held();
    return CO_E_OBJNOTREG;
  }
  revocation_pending = true;
  // Inside a hook the running call counts as outstanding: its end decides.
  IMallocSpy* revoked = depth == 0 ? finish_pending_revocation() : nullptr;
  unlock_unless_held();
  if (revoked == nullptr) {
    return E_ACCESSDENIED;
  }
  revoked->Release();
  return S_OK;
}

} // namespace mallocspy
