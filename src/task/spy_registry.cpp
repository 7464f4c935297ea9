// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked.
//
// A concurrent spy is entered without the lock while the word is open. To take it off, or to fork, a thread closes the word
// under the lock and passes the heavy barrier: from then on whoever enters takes the lock, and whoever entered without it
// has been announced. No thread waits for another while it holds the lock, but for a fork, which lets those go by that
// themselves wait for the lock in a hook.
#include "task/spy_registry.hpp"

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
std::atomic<const std::uint8_t*> unspied_classes{blocks::value_classes.data()};
std::atomic<std::size_t> unspied_sizes{blocks::first_large};
blocks::spied_set spied_pointers;
registry_state registry;

namespace {

blocks::word_lock& lock = registry.lock;

void stand_at(std::uintptr_t place) noexcept {
  blocks::this_words.stand.store(place, std::memory_order_relaxed);
}

// A thread whose call holds the lock goes on holding it; one that is in a hook without it says that it waits.
void take_lock() noexcept {
  spy_thread& thread = this_thread;
  if (spy_thread::holds_lock()) {
    return;
  }
  thread.parked.store(true, std::memory_order_release);
  lock.lock();
  thread.parked.store(false, std::memory_order_relaxed);
}

void drop_lock() noexcept {
  if (!spy_thread::holds_lock()) {
    lock.unlock();
  }
}

std::uintptr_t word_under_lock() noexcept {
  return spy_word.load(std::memory_order_relaxed);
}

bool no_spy_under_lock() noexcept {
  return spy_in(word_under_lock()) == nullptr;
}

// effects: nobody enters without the lock any more, and whoever did can be seen
void close_word() noexcept {
  if (is_open(word_under_lock())) {
    spy_word.store(word_under_lock() | closed_bit, std::memory_order_seq_cst);
    heavy_barrier();
  }
}

// effects: says whether operations must look at the word, or may go on without
void ask_all_for_a_spy(bool ask) noexcept {
  ask = ask || registry.always_ask;
  unspied_classes.store(ask ? blocks::no_classes.data() : blocks::value_classes.data(), std::memory_order_relaxed);
  unspied_leaves.store(ask ? blocks::no_leaves : blocks::leaf_table, std::memory_order_relaxed);
  unspied_sizes.store(ask ? 0 : blocks::first_large, std::memory_order_relaxed);
}

// effects: takes the spy off if its revocation is pending, nobody is inside and nothing of it is left
// returns: the spy, to be released once the lock is free; null if it stays
IMallocSpy* take_off_if_due() noexcept {
  if (!registry.revocation_pending || !roster::others_are_out() || registry.spied + roster::spied() != 0) {
    return nullptr;
  }
  registry.revocation_pending = false;
  const std::uintptr_t gate = word_under_lock() & gate_bit;
  ask_all_for_a_spy(gate != 0);
  return spy_in(spy_word.exchange(gate, std::memory_order_relaxed));
}

request_info request_of_this_thread() noexcept {
  return spy_thread::in_call() ? *this_thread.request : blocks::no_request;
}

// effects: from the next call on every hook of the spy is called, if it is registered
void call_all_hooks_of(const IMallocSpy* spy) noexcept {
  const registry_lock held;
  if (spy_in(word_under_lock()) == spy) {
    registry.hooks = {};
  }
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
  if (spy_in(word) == nullptr) {
    lock.unlock();
    return nullptr;
  }
  // Also while the thread joins the roster, for which the C library may allocate: where malloc is interposed, that is a
  // call inside of this one.
  stand_at(holding);
  if (is_open(word) && roster::enter(thread)) {
    // The lock keeps the word open until the announcement is there for all to see.
    blocks::this_words.stand.store(inside, std::memory_order_seq_cst);
    lock.unlock();
  }
  return spy_in(word);
}

void leave_locked(spy_thread& thread) {
  IMallocSpy* revoked = take_off_if_due();
  stand_at(thread.member ? outside : no_member);
  lock.unlock();
  if (revoked != nullptr) {
    revoked->Release();
  }
}

void complete_revocation() {
  std::atomic_thread_fence(std::memory_order_seq_cst); // where the way out has no fence of its own
  if (is_open(spy_word.load(std::memory_order_seq_cst))) {
    return;
  }
  lock.lock();
  IMallocSpy* revoked = take_off_if_due();
  lock.unlock();
  if (revoked != nullptr) {
    revoked->Release();
  }
}

void registry_always_ask(bool always) noexcept {
  const registry_lock held;
  registry.always_ask = always;
  ask_all_for_a_spy(word_under_lock() != 0);
}

void registry_close_gate(bool closed) noexcept {
  const registry_lock held;
  const std::uintptr_t others = word_under_lock() & ~gate_bit;
  const std::uintptr_t word = closed ? others | gate_bit : others;
  ask_all_for_a_spy(word != 0);
  spy_word.store(word, std::memory_order_seq_cst);
}

void registry_adopt(std::ptrdiff_t spied, blocks::node_stock& nodes) noexcept {
  registry.spied += spied;
  registry.nodes.take_over(nodes);
}

void registry_before_fork() noexcept {
  take_lock();
  close_word();
  while (!roster::others_are_out_or_parked()) {
    sched_yield();
  }
  spied_pointers.before_fork();
  // What other fork handlers of this thread allocate meanwhile counts as nested in the fork: it must not wait for the lock.
  registry.stand_of_forking = blocks::this_words.stand.load(std::memory_order_relaxed);
  stand_at(holding);
}

namespace {

void reopen_word() noexcept {
  if (registry.spy_is_concurrent && !registry.revocation_pending && registry.waiting_to_revoke == 0 &&
      !no_spy_under_lock()) {
    spy_word.store(word_under_lock() & ~closed_bit, std::memory_order_seq_cst);
  }
}

} // namespace

void registry_after_fork_in_parent() noexcept {
  stand_at(registry.stand_of_forking);
  spied_pointers.after_fork();
  reopen_word();
  drop_lock();
}

void registry_after_fork_in_child() noexcept {
  lock.after_fork_in_child();
  stand_at(registry.stand_of_forking);
  spied_pointers.after_fork();
  registry.spied += roster::keep_only(this_thread, registry.nodes);
  registry.waiting_to_revoke = 0; // those threads are not here
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
  if (spy_in(spy_word.load(std::memory_order_relaxed)) != nullptr) {
    return CO_E_OBJISREG;
  }
  install_fork_handlers();
  blocks::answer_requests_from(request_of_this_thread);
  blocks::tell_taken_back_hooks_to(call_all_hooks_of);
  // Asked without the lock: the spy's code may take locks of its own, and may allocate.
  void* answer = nullptr;
  if (FAILED(pMallocSpy->QueryInterface(IID_IMallocSpy, &answer)) || answer == nullptr) {
    return E_INVALIDARG;
  }
  auto* spy = static_cast<IMallocSpy*>(answer);
  forget_hooks();
  const bool concurrent = answers_concurrent(spy);
  const known_hooks hooks = hooks_as_told(spy);
  take_lock();
  const bool first = no_spy_under_lock();
  if (first) {
    registry.spy = spy;
    registry.spy_is_concurrent = concurrent;
    registry.hooks = hooks;
    ++registry.registration;
    spied_pointers.start_over();
    const std::uintptr_t entrance = !concurrent ? closed_bit : fences_needed() ? fenced_bit : 0;
    const std::uintptr_t gate = word_under_lock() & gate_bit;
    const std::uintptr_t word = reinterpret_cast<std::uintptr_t>(spy) | entrance | gate;
    // First this: who makes a spied block has seen the word, and whoever frees that block must then find nothing.
    ask_all_for_a_spy(true);
    spy_word.store(word, std::memory_order_release);
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
  if (no_spy_under_lock()) {
    drop_lock();
    return CO_E_OBJNOTREG;
  }
  close_word();
  if (spy_thread::in_call()) {
    // Inside a hook the running call counts as outstanding: its end decides, or that of the last one inside.
    registry.revocation_pending = true;
    drop_lock();
    return E_ACCESSDENIED;
  }
  const unsigned long mine = registry.registration;
  ++registry.waiting_to_revoke;
  while (registry.registration == mine && !no_spy_under_lock() && !roster::others_are_out()) {
    // Not while holding the lock: a hook that is waited for may need it.
    lock.unlock();
    sched_yield();
    lock.lock();
  }
  --registry.waiting_to_revoke;
  if (registry.registration != mine || no_spy_under_lock()) {
    reopen_word(); // a fork that ended meanwhile may have left that to this thread
    lock.unlock();
    return CO_E_OBJNOTREG; // revoked by another thread meanwhile
  }
  registry.revocation_pending = true;
  IMallocSpy* revoked = take_off_if_due();
  lock.unlock();
  if (revoked == nullptr) {
    return E_ACCESSDENIED;
  }
  revoked->Release();
  return S_OK;
}

} // namespace mallocspy
