// SPDX-License-Identifier: MIT
// The barrier, and concurrent spies where the system call behind it is missing, or goes missing: in child processes that
// forbid it to themselves. An alarm ends one that hangs.
#include "task/asymmetric_barrier.hpp"

#include "concurrent_spy.hpp"
#include "support/catch.hpp"
#include "task/spy_registry.hpp"

#include <mallocspy/mallocspy.hpp>
#include <thread>
#include <vector>

#if defined(__linux__)
#include <cerrno>
#include <cstddef>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

using namespace mallocspy;

// The pattern that the barrier is for: each side announces itself and looks for the other. Never may both miss the other.
TEST_CASE("either side sees the other") {
  const bool fenced = task::fences_needed();
  std::atomic<unsigned> frequent{0};
  std::atomic<unsigned> rare{0};
  std::atomic<int> round{0};
  std::atomic<int> done{0};
  std::atomic<bool> frequent_saw{false};
  constexpr int rounds = 2000;
  std::thread other([&] {
    for (int i = 1; i <= rounds; ++i) {
      while (round.load() != i) {
        std::this_thread::yield();
      }
      if (fenced) {
        task::announce_fenced(frequent, 1U);
      } else {
        task::announce(frequent, 1U);
      }
      frequent_saw = rare.load(std::memory_order_seq_cst) != 0;
      done = i;
    }
  });
  int both_missed = 0;
  for (int i = 1; i <= rounds; ++i) {
    frequent = 0;
    rare = 0;
    round = i;
    rare.store(1, std::memory_order_seq_cst);
    task::heavy_barrier();
    const bool rare_saw = frequent.load(std::memory_order_seq_cst) != 0;
    while (done.load() != i) {
      std::this_thread::yield();
    }
    both_missed += !rare_saw && !frequent_saw ? 1 : 0;
  }
  other.join();
  CHECK(both_missed == 0);
}

#if defined(__linux__) && defined(SYS_membarrier)

namespace {

enum verdict { good = 0, no_filter = 10, not_fenced, fenced_too_early, not_released, called_after, still_there };

bool forbid_membarrier() {
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_membarrier, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{sizeof code / sizeof code[0], code};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0 &&
         syscall(SYS_membarrier, 0, 0, 0) == -1 && errno == EPERM;
}

bool entered_fenced() {
  return (task::spy_word.load() & task::fenced_bit) != 0;
}

// Spies come and go while threads allocate.
int come_and_go() {
  test::concurrent_spy spy;
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      while (!stop) {
        CoTaskMemFree(CoTaskMemRealloc(CoTaskMemAlloc(27), 301));
      }
    });
  }
  for (int round = 0; round < 300; ++round) {
    CoRegisterMallocSpy(&spy);
    std::this_thread::yield();
    CoRevokeMallocSpy();
  }
  stop = true;
  for (auto& thread : threads) {
    thread.join();
  }
  CoRevokeMallocSpy();
  if (spy.called_after_release != 0) {
    return called_after;
  }
  return spy.references == 1 && !task::spy_registered() ? good : not_released;
}

int forbidden_from_the_start() {
  if (!forbid_membarrier()) {
    return no_filter;
  }
  test::concurrent_spy spy;
  CoRegisterMallocSpy(&spy);
  if (!entered_fenced()) {
    return not_fenced;
  }
  return CoRevokeMallocSpy() == S_OK ? come_and_go() : still_there;
}

int forbidden_once_registered() {
  test::concurrent_spy spy;
  CoRegisterMallocSpy(&spy);
  if (entered_fenced()) {
    return fenced_too_early;
  }
  CoTaskMemFree(CoTaskMemAlloc(53));
  if (!forbid_membarrier()) {
    return no_filter;
  }
  return CoRevokeMallocSpy() == S_OK ? come_and_go() : still_there;
}

int status_of_child(int (*work)()) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(60);
    _exit(work());
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

} // namespace

TEST_CASE("where membarrier is forbidden, threads order themselves and nothing else changes") {
  CHECK(status_of_child(forbidden_from_the_start) == good);
}

TEST_CASE("where membarrier is forbidden while a spy is registered, its revocation is still exact") {
  CHECK(status_of_child(forbidden_once_registered) == good);
}

#endif
