// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked.
#include "task/spy_thread.hpp"

#include "task/spy_registry.hpp"

#include <pthread.h>

namespace mallocspy::task {

__thread spy_thread this_thread = {false, &task_request, {}, nullptr, false, false, nullptr, nullptr};

namespace {

spy_thread* first = nullptr;

void take_off(spy_thread& thread) noexcept {
  *thread.link = thread.next;
  if (thread.next != nullptr) {
    thread.next->link = thread.link;
  }
  thread.member = false;
  thread.ended = true;
  thread.words->stand.store(no_member, std::memory_order_relaxed);
}

// At the end of a thread that is on the roster. Destructors that come later use the lock.
void leave(void* ended) {
  auto& thread = *static_cast<spy_thread*>(ended);
  const registry_lock held;
  take_off(thread);
  registry_adopt(thread.words->spied, thread.nodes);
  thread.words->spied = 0;
}

// The end of a thread is told by a key, not by a thread-local destructor: registering that one would allocate.
pthread_key_t end_of_thread;
bool have_key = false;

bool make_key() noexcept {
  if (!have_key) {
    have_key = pthread_key_create(&end_of_thread, leave) == 0;
  }
  return have_key;
}

template <class Test> bool all_others(Test test) noexcept {
  for (const spy_thread* t = first; t != nullptr; t = t->next) {
    if (t != &this_thread && !test(*t)) {
      return false;
    }
  }
  return true;
}

} // namespace

namespace roster {

bool enter(spy_thread& thread) noexcept {
  if (thread.member) {
    return true;
  }
  if (thread.ended || !make_key() || pthread_setspecific(end_of_thread, &thread) != 0) {
    return false;
  }
  thread.words = &blocks::this_words;
  thread.next = first;
  thread.link = &first;
  if (first != nullptr) {
    first->link = &thread.next;
  }
  first = &thread;
  thread.member = true;
  return true;
}

bool others_are_out() noexcept {
  return all_others([](const spy_thread& t) { return t.words->stand.load(std::memory_order_seq_cst) != inside; });
}

bool others_are_out_or_parked() noexcept {
  return all_others([](const spy_thread& t) {
    return t.words->stand.load(std::memory_order_seq_cst) != inside || t.parked.load(std::memory_order_acquire);
  });
}

std::ptrdiff_t spied() noexcept {
  std::ptrdiff_t sum = 0;
  for (const spy_thread* t = first; t != nullptr; t = t->next) {
    sum += t->words->spied;
  }
  return sum;
}

std::ptrdiff_t keep_only(spy_thread& survivor, blocks::node_stock& stock) noexcept {
  std::ptrdiff_t sum = 0;
  for (spy_thread* t = first; t != nullptr;) {
    spy_thread* next = t->next;
    if (t != &survivor) {
      sum += t->words->spied;
      stock.take_over(t->nodes);
      take_off(*t);
    }
    t = next;
  }
  return sum;
}

} // namespace roster

} // namespace mallocspy::task
