// SPDX-License-Identifier: MIT
// Threads that make their first allocation through the interposed functions, and their last one in their last destructor.
#include "family.hpp"
#include "support/catch.hpp"

#include <atomic>
#include <climits>
#include <mallocspy/blocks/ownership.hpp>
#include <mallocspy/spies/spy_base.hpp>
#include <mallocspy/task/registration.hpp>
#include <pthread.h>
#include <string>
#include <unistd.h>

using namespace mallocspy;
using namespace mallocspy::tests;

namespace {

struct counting_spy : spy_base {
  using spy_base::spy_base;
  std::atomic<int> allocations{0};
  SIZE_T PreAlloc(SIZE_T bytes) override {
    allocations += bytes == 4999;
    return bytes;
  }
};

std::atomic<int> good{0};
std::atomic<int> destroyed{0};

bool works(std::size_t size) {
  void* p = family::alloc(size);
  const bool whole = owns(p) && family::usable_size(p) == size;
  family::release(p);
  return whole;
}

// Its destructor runs when the thread's keys are being destroyed, or before.
struct late {
  std::string text = std::string(4999 - 1, 'x'); // the string asks for one byte more
  ~late() {
    destroyed += works(4999);
  }
};
thread_local late of_thread;

pthread_key_t key;

// Sets itself again until the last round, so that it outlives what the library and the C library know of the thread.
void destroy_again(void* round) {
  destroyed += works(4999) && works(27);
  auto* rounds = static_cast<int*>(round);
  if (++*rounds < PTHREAD_DESTRUCTOR_ITERATIONS) {
    pthread_setspecific(key, round);
  } else {
    family::destroy(rounds);
  }
}

void* first_allocation(void*) {
  good += works(4999); // nothing before
  pthread_setspecific(key, new (family::make(sizeof(int))) int(0));
  good += of_thread.text.size() == 4998;
  return nullptr;
}

struct outcome {
  int good;
  int destroyed;
};

// Without assertions: the test framework's blocks would be the spy's.
outcome run_threads() {
  good = 0;
  destroyed = 0;
  pthread_attr_t small;
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, std::size_t{256} << 10); // the C library keeps 40 MiB of stacks, and so all of these
  pthread_t threads[16];
  for (pthread_t& thread : threads) {
    pthread_create(&thread, &small, first_allocation, nullptr);
  }
  pthread_attr_destroy(&small);
  for (const pthread_t thread : threads) {
    pthread_join(thread, nullptr);
  }
  return {good, destroyed};
}
bool is_whole(const outcome& of_16) {
  return of_16.good == 2 * 16 && of_16.destroyed == (1 + PTHREAD_DESTRUCTOR_ITERATIONS) * 16;
}

// The C library allocates for keys beyond the first 32, in each thread that sets one. Ahead of the library's own, if
// nothing has been freed before.
__attribute__((constructor(101))) void make_many_keys() {
  pthread_key_t taken = 0;
  for (int i = 0; i < 40; ++i) {
    pthread_key_create(&taken, nullptr);
  }
  pthread_key_create(&key, destroy_again);
}

} // namespace

TEST_CASE("threads allocate from their first instruction to their last destructor", "[interpose][threads]") {
  alarm(60);
  REQUIRE(is_whole(run_threads())); // the next ones get their stacks, and what was allocated for these
  for (const spy_calls how : {spy_calls::concurrent, spy_calls::serialised}) {
    counting_spy spy(how);
    CoRegisterMallocSpy(&spy);
    const outcome spied = run_threads();
    const HRESULT revoked = CoRevokeMallocSpy();
    const int allocations = spy.allocations;
    CHECK(is_whole(spied));
    CHECK(allocations == 16 * (3 + PTHREAD_DESTRUCTOR_ITERATIONS));
    REQUIRE(revoked == S_OK);
  }
  CHECK(is_whole(run_threads()));
  alarm(0);
}
