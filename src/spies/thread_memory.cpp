// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#include "spies/thread_memory.hpp"

#include "blocks/hints.hpp"
#include "blocks/table_memory.hpp"

#include <new>
#include <pthread.h>

namespace mallocspy::spies {

namespace {

// Not thread_local: the compiler would call a function on each use, to see whether it must be constructed.
__thread thread_memory* mine = nullptr;
__thread bool has_ended = false;

// The end of a thread is told by a key, not by a thread-local destructor: registering that one would allocate.
pthread_key_t end_of_thread;
bool have_key = false;

void leave(void* memory) {
  has_ended = true;
  mine = nullptr;
  blocks::unmap_table(memory, sizeof(thread_memory));
}

void make_key() {
  have_key = pthread_key_create(&end_of_thread, leave) == 0;
}

MALLOCSPY_COLD thread_memory* make() noexcept {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, make_key);
  void* memory = has_ended || !have_key ? nullptr : blocks::map_table(sizeof(thread_memory));
  if (memory == nullptr) {
    return nullptr;
  }
  mine = new (memory) thread_memory;
  if (pthread_setspecific(end_of_thread, memory) != 0) {
    mine = nullptr;
    blocks::unmap_table(memory, sizeof(thread_memory));
  }
  return mine;
}

} // namespace

thread_memory* this_threads_memory() noexcept {
  return MALLOCSPY_LIKELY(mine != nullptr) ? mine : make();
}

} // namespace mallocspy::spies
