// SPDX-License-Identifier: MIT
// Stacks that are not the ones that the system made for a thread, and stacks that lead nowhere: no walk crashes.
#include <mallocspy/spies/call_stack.hpp>

#include "spies/stacks/reference_stack.hpp"
#include "support/catch.hpp"

#include <csignal>
#include <cstring>
#include <sys/mman.h>
#include <sys/time.h>
#include <ucontext.h>

using namespace mallocspy;
using namespace mallocspy::tests;

namespace {

bool agreed = false;
std::size_t depth = 0;

void in_handler(int) {
  agreed = stacks_agree(max_stack_depth, depth);
}

// returns: whether the stack from a handler was right. With a stack of its own, or on the interrupted one
__attribute__((noinline)) bool interrupt(bool own_stack) {
  struct sigaction action {};
  struct sigaction before {};
  action.sa_handler = in_handler;
  action.sa_flags = own_stack ? SA_ONSTACK : 0;
  ::sigaction(SIGUSR1, &action, &before);
  agreed = false;
  ::raise(SIGUSR1);
  ::sigaction(SIGUSR1, &before, nullptr);
  return agreed;
}

struct coroutine {
  ucontext_t own{};
  ucontext_t caller{};
  char* memory = nullptr;
  bool agreed = false;
  std::size_t frames = 0;
};

coroutine* running = nullptr;

__attribute__((noinline)) void body() {
  for (;;) {
    running->agreed = stacks_agree(max_stack_depth, running->frames);
    ::swapcontext(&running->own, &running->caller);
  }
}

constexpr std::size_t stack_size = std::size_t{64} << 10;

void start(coroutine& c) {
  // Between pages that must not be touched.
  auto* memory = static_cast<char*>(::mmap(nullptr, stack_size + 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  ::mprotect(memory + 4096, stack_size, PROT_READ | PROT_WRITE);
  c.memory = memory;
  ::getcontext(&c.own);
  c.own.uc_stack.ss_sp = memory + 4096;
  c.own.uc_stack.ss_size = stack_size;
  c.own.uc_link = nullptr;
  ::makecontext(&c.own, body, 0);
}

void resume(coroutine& c) {
  running = &c;
  ::swapcontext(&c.caller, &c.own);
}

void end(coroutine& c) {
  ::munmap(c.memory, stack_size + 8192);
}

} // namespace

TEST_CASE("a signal handler on the interrupted stack", "[spies][odd_stacks]") {
  CHECK(interrupt(false));
  CHECK(depth > 4);
}

// AddressSanitizer has an alternative stack of its own for each thread.
TEST_CASE("a signal handler on a stack of its own", "[spies][odd_stacks]") {
  static char memory[1 << 16];
  stack_t own{};
  stack_t before{};
  own.ss_sp = memory;
  own.ss_size = sizeof memory;
  REQUIRE(::sigaltstack(&own, &before) == 0);
  CHECK(interrupt(true));
  CHECK(depth > 4);
  ::sigaltstack(&before, nullptr);
}

TEST_CASE("coroutines, switched to and fro, and gone", "[spies][odd_stacks]") {
  for (int round = 0; round < 3; ++round) {
    coroutine a;
    coroutine b;
    start(a);
    start(b);
    for (int i = 0; i < 3; ++i) {
      resume(a);
      CHECK(a.agreed);
      resume(b);
      CHECK(b.agreed);
      std::size_t here = 0;
      CHECK(stacks_agree(max_stack_depth, here));
      CHECK(here > b.frames);
    }
    end(a);
    end(b);
  }
}

namespace {

std::size_t handled = 0;
std::size_t wrong_in_handler = 0;

void in_timer(int) {
  std::size_t found = 0;
  wrong_in_handler += stacks_agree(max_stack_depth, found) ? 0U : 1U;
  ++handled;
}

template <int Levels> __attribute__((noinline)) std::size_t wrong_at_depth() {
  std::size_t found = 0;
  std::size_t wrong = stacks_agree(max_stack_depth, found) ? 0U : 1U;
  if constexpr (Levels != 0) {
    wrong += wrong_at_depth<Levels - 1>();
  }
  return wrong + (stacks_agree(max_stack_depth, found) ? 0U : 1U);
}

} // namespace

// A walk that is interrupted by a walk.
TEST_CASE("signals in the middle of walks", "[spies][odd_stacks]") {
  struct sigaction action {};
  struct sigaction before {};
  action.sa_handler = in_timer;
  ::sigaction(SIGPROF, &action, &before);
  handled = 0;
  itimerval often{};
  often.it_interval.tv_usec = often.it_value.tv_usec = 500;
  ::setitimer(ITIMER_PROF, &often, nullptr);
  std::size_t wrong = 0;
  for (int i = 0; i < 200000 && handled < 20; ++i) {
    wrong += wrong_at_depth<9>();
  }
  itimerval never{};
  ::setitimer(ITIMER_PROF, &never, nullptr);
  ::sigaction(SIGPROF, &before, nullptr);
  CHECK(wrong == 0);
  CHECK(wrong_in_handler == 0);
  CHECK(handled > 0);
}
