// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked.
//
// A concurrent spy is entered without the lock while the word is open. To take it off, or to fork, a thread closes the word
// under the lock and passes the heavy barrier: from then on whoever enters takes the lock, and whoever entered without it
// has been announced. No thread waits for another while it holds the lock, but for a fork, which lets those go by that
// themselves wait for the lock in a hook.
#include "task/spy_registry.hpp"

#include "blocks/fork_safe_lock.hpp"
#include "blocks/request_source.hpp"
#include "task/asymmetric_barrier.hpp"
#include "task/fork_handlers.hpp"

#include <mallocspy/task/registration.hpp>
#include <sched.h>

namespace mallocspy {

namespace task {

std::atomic<std::uintptr_t> spy_word{0};
// Only the table's address, which is constant. NOLINTNEXTLINE(cppcoreguidelines-interfaces-global-init)
std::atomic<const blocks::leaf_entry*> unspied_leaves{blocks::leaf_table};
blocks::spied_set spied_pointers;

namespace {

// Guarded by the lock. Nothing here has a destructor: at process exit a registered spy is left alone.
blocks::fork_safe_lock lock;
bool spy_is_concurrent = false;
bool revocation_pending = false;
unsigned long registration = 0;      // which one this is, counted up
unsigned waiting_to_revoke = 0;      // threads that have closed the word and wait until the others are out
std::ptrdiff_t spied_under_lock = 0; // and of threads that have ended
blocks::node_stock nodes_under_lock;

// A thread whose call holds the lock goes on holding it; one that is in a hook without it says that it waits.
void take_lock() noexcept {
  spy_thread& thread = this_thread;
  if (thread.locked) {
    return;
  }
  thread.parked.store(true, std::memory_order_release);
  lock.lock();
  thread.parked.store(false, std::memory_order_relaxed);
}

void drop_lock() noexcept {
  if (!this_thread.locked) {
    lock.unlock();
  }
}

std::uintptr_t word_under_lock() noexcept {
  return spy_word.load(std::memory_order_relaxed);
}

// effects: nobody enters without the lock any more, and whoever did can be seen
void close_word() noexcept {
  if ((word_under_lock() & open_bit) != 0) {
    spy_word.store(word_under_lock() & ~open_bit, std::memory_order_seq_cst);
    heavy_barrier();
  }
}

// effects: takes the spy off if its revocation is pending, nobody is inside and nothing of it is left
// returns: the spy, to be released once the lock is free; null if it stays
IMallocSpy* take_off_if_due() noexcept {
  if (!revocation_pending || !roster::others_are_out() || spied_under_lock + roster::spied() != 0) {
    return nullptr;
  }
  revocation_pending = false;
  unspied_leaves.store(blocks::leaf_table, std::memory_order_relaxed);
  return spy_in(spy_word.exchange(0, std::memory_order_relaxed));
}

request_info request_of_this_thread() noexcept {
  return this_thread.in_call() ? *this_thread.request : blocks::no_request;
}

bool answers_concurrent(IMallocSpy* spy) {
  void* answer = nullptr;
  if (FAILED(spy->QueryInterface(IID_IConcurrentMallocSpy, &answer)) || answer == nullptr) {
    return false;
  }
  static_cast<IUnknown*>(answer)->Release(); // a marker has no methods of its own
  return true;
}

} // namespace

registry_lock::registry_lock() noexcept {
  take_lock();
}

registry_lock::~registry_lock() {
  drop_lock();
}

IMallocSpy* enter_slowly(spy_thread& thread) noexcept {
  lock.lock();
  const std::uintptr_t word = word_under_lock();
  if (word == 0) {
    lock.unlock();
    return nullptr;
  }
  if ((word & open_bit) != 0 && roster::enter(thread)) {
    // The lock keeps the word open until the announcement is there for all to see.
    thread.state.store(inside, std::memory_order_seq_cst);
    lock.unlock();
  } else {
    thread.locked = true;
    thread.state.store(no_member, std::memory_order_relaxed);
  }
  return spy_in(word);
}

void leave_locked(spy_thread& thread) {
  IMallocSpy* revoked = take_off_if_due();
  thread.locked = false;
  thread.state.store(thread.member ? outside : no_member, std::memory_order_relaxed);
  lock.unlock();
  if (revoked != nullptr) {
    revoked->Release();
  }
}

void complete_revocation() {
  std::atomic_thread_fence(std::memory_order_seq_cst); // where the way out has no fence of its own
  if ((spy_word.load(std::memory_order_seq_cst) & open_bit) != 0) {
    return;
  }
  lock.lock();
  IMallocSpy* revoked = take_off_if_due();
  lock.unlock();
  if (revoked != nullptr) {
    revoked->Release();
  }
}

void registry_count(std::ptrdiff_t spied) noexcept {
  spied_under_lock += spied;
}

blocks::node_stock& registry_nodes() noexcept {
  return nodes_under_lock;
}

void registry_adopt(std::ptrdiff_t spied, blocks::node_stock& nodes) noexcept {
  spied_under_lock += spied;
  nodes_under_lock.take_over(nodes);
}

void registry_before_fork() noexcept {
  take_lock();
  close_word();
  while (!roster::others_are_out_or_parked()) {
    sched_yield();
  }
  spied_pointers.before_fork();
}

namespace {

void reopen_word() noexcept {
  if (spy_is_concurrent && !revocation_pending && waiting_to_revoke == 0 && word_under_lock() != 0) {
    spy_word.store(word_under_lock() | open_bit, std::memory_order_seq_cst);
  }
}

} // namespace

void registry_after_fork_in_parent() noexcept {
  spied_pointers.after_fork();
  reopen_word();
  drop_lock();
}

void registry_after_fork_in_child() noexcept {
  spied_pointers.after_fork();
  spied_under_lock += roster::keep_only(this_thread, nodes_under_lock);
  waiting_to_revoke = 0; // those threads are not here
  reopen_word();
  // A fork from inside a hook goes on inside it: the child's only thread holds the lock if it held it before.
  drop_lock();
}

} // namespace task

HRESULT CoRegisterMallocSpy(IMallocSpy* pMallocSpy) {
  using namespace task;
  if (pMallocSpy == nullptr) {
    return E_INVALIDARG;
  }
  if (spy_registered()) {
    return CO_E_OBJISREG;
  }
  install_fork_handlers();
  blocks::answer_requests_from(request_of_this_thread);
  // Asked without the lock: the spy's code may take locks of its own, and may allocate.
  void* answer = nullptr;
  if (FAILED(pMallocSpy->QueryInterface(IID_IMallocSpy, &answer)) || answer == nullptr) {
    return E_INVALIDARG;
  }
  auto* spy = static_cast<IMallocSpy*>(answer);
  const bool concurrent = answers_concurrent(spy);
  take_lock();
  const bool first = word_under_lock() == 0;
  if (first) {
    spy_is_concurrent = concurrent;
    ++registration;
    const std::uintptr_t entrance = !concurrent ? 0 : fences_needed() ? open_bit | fenced_bit : open_bit;
    // First this: who makes a spied block has seen the word, and whoever frees that block must then see no leaves.
    unspied_leaves.store(blocks::no_leaves, std::memory_order_relaxed);
    spy_word.store(reinterpret_cast<std::uintptr_t>(spy) | entrance, std::memory_order_release);
  }
  drop_lock();
  if (!first) {
    spy->Release(); // another thread's spy, or one that QueryInterface registered, came first
    return CO_E_OBJISREG;
  }
  return S_OK;
}

HRESULT CoRevokeMallocSpy() {
  using namespace task;
  take_lock();
  if (word_under_lock() == 0) {
    drop_lock();
    return CO_E_OBJNOTREG;
  }
  close_word();
  if (this_thread.in_call()) {
    // Inside a hook the running call counts as outstanding: its end decides, or that of the last one inside.
    revocation_pending = true;
    drop_lock();
    return E_ACCESSDENIED;
  }
  const unsigned long mine = registration;
  ++waiting_to_revoke;
  while (registration == mine && word_under_lock() != 0 && !roster::others_are_out()) {
    // Not while holding the lock: a hook that is waited for may need it.
    lock.unlock();
    sched_yield();
    lock.lock();
  }
  --waiting_to_revoke;
  if (registration != mine || word_under_lock() == 0) {
    reopen_word(); // a fork that ended meanwhile may have left that to this thread
    lock.unlock();
    return CO_E_OBJNOTREG; // revoked by another thread meanwhile
  }
  revocation_pending = true;
  IMallocSpy* revoked = take_off_if_due();
  lock.unlock();
  if (revoked == nullptr) {
    return E_ACCESSDENIED;
  }
  revoked->Release();
  return S_OK;
}

} // namespace mallocspy
