// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#include "spies/stacks/thread_memory.hpp"

#include "blocks/hints.hpp"
#include "blocks/table_memory.hpp"

#include <new>
#include <pthread.h>

namespace mallocspy::spies {

__thread thread_memory* thread_memory_or_none = nullptr;

namespace {

__thread bool has_ended = false;

// The end of a thread is told by a key, not by a thread-local destructor: registering that one would allocate.
pthread_key_t end_of_thread;
bool have_key = false;

void leave(void* memory) {
  has_ended = true;
  thread_memory_or_none = nullptr;
  blocks::unmap_table(memory, sizeof(thread_memory));
}

void make_key() {
  have_key = pthread_key_create(&end_of_thread, leave) == 0;
}

} // namespace

thread_memory* make_thread_memory() noexcept {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, make_key);
  void* memory = has_ended || !have_key ? nullptr : blocks::map_table(sizeof(thread_memory));
  if (memory == nullptr) {
    return nullptr;
  }
  auto* made = new (memory) thread_memory;
  thread_memory_or_none = made;
  if (pthread_setspecific(end_of_thread, memory) != 0) {
    thread_memory_or_none = nullptr;
    blocks::unmap_table(memory, sizeof(thread_memory));
  }
  return thread_memory_or_none;
}

} // namespace mallocspy::spies
