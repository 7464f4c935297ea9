// SPDX-License-Identifier: MIT
// fork while other threads are inside a spy, and from inside a hook. Real processes: the child reports by its exit status,
// and an alarm ends one that hangs.
#include "concurrent_spy.hpp"
#include "support/barrier.hpp"
#include "support/catch.hpp"
#include "support/pass_through_spy.hpp"

#include <atomic>
#include <mallocspy/mallocspy.hpp>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace mallocspy;

namespace {

enum child_verdict { good = 0, no_block = 10, not_spied, wrong_size, not_pending, not_revoked, still_called };

// Keeps its depth in a plain member: only whole under the lock.
class depth_spy : public test::pass_through_spy {
public:
  SIZE_T STDMETHODCALLTYPE PreAlloc(SIZE_T cbRequest) override {
    ++calls;
    ++depth;
    on_pre(cbRequest);
    return cbRequest;
  }
  void* STDMETHODCALLTYPE PostAlloc(void* pActual) override {
    --depth;
    return pActual;
  }
  void* STDMETHODCALLTYPE PreFree(void* pRequest, BOOL fSpyed) override {
    ++calls;
    last_freed_spied = fSpyed == TRUE;
    return pRequest;
  }
  virtual void on_pre(SIZE_T) {}

  int depth = 0;
  long calls = 0;
  bool last_freed_spied = false;
};

// What every child does: use, free, revoke. `inherited` is a spied block from before the fork.
int use_everything(depth_spy& spy, void* inherited) {
  void* p = CoTaskMemAlloc(53);
  if (p == nullptr) {
    return no_block;
  }
  CoTaskMemFree(p);
  if (!spy.last_freed_spied) {
    return not_spied;
  }
  if (requested_size(inherited) != 27) {
    return wrong_size;
  }
  if (CoRevokeMallocSpy() != E_ACCESSDENIED) { // blocks of vanished threads may live, and this one does
    return not_pending;
  }
  CoTaskMemFree(inherited);
  return spy.last_freed_spied ? good : not_spied;
}

int status_of(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

} // namespace

TEST_CASE("fork while other threads are inside the spy") {
  depth_spy spy;
  REQUIRE(CoRegisterMallocSpy(&spy) == S_OK);
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      while (!stop) {
        CoTaskMemFree(CoTaskMemRealloc(CoTaskMemAlloc(61), 301));
      }
    });
  }
  void* inherited = CoTaskMemAlloc(27);
  for (int round = 0; round < 30; ++round) {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      alarm(60);
      // Nobody was between Pre and Post when the child was made.
      _exit(spy.depth != 0 ? not_spied : use_everything(spy, inherited));
    }
    REQUIRE(status_of(child) == good);
  }
  stop = true;
  for (auto& thread : threads) {
    thread.join();
  }
  CoTaskMemFree(inherited);
  CHECK(CoRevokeMallocSpy() == S_OK);
}

TEST_CASE("fork from inside a hook goes on inside it, in both processes") {
  constexpr SIZE_T forking_size = 59;
  class forking_spy : public depth_spy {
  public:
    void on_pre(SIZE_T cbRequest) override {
      if (cbRequest == forking_size) {
        child = fork();
        if (child == 0) {
          alarm(60);
        }
      }
    }
    pid_t child = -1;
  };
  forking_spy spy;
  REQUIRE(CoRegisterMallocSpy(&spy) == S_OK);
  std::atomic<bool> stop{false};
  std::thread other([&] {
    while (!stop) {
      CoTaskMemFree(CoTaskMemAlloc(61));
    }
  });
  void* inherited = CoTaskMemAlloc(27);
  for (int round = 0; round < 30; ++round) {
    void* p = CoTaskMemAlloc(forking_size); // returns twice
    if (spy.child == 0) {
      CoTaskMemFree(p);
      _exit(use_everything(spy, inherited));
    }
    CoTaskMemFree(p);
    REQUIRE(status_of(spy.child) == good);
  }
  stop = true;
  other.join();
  CoTaskMemFree(inherited);
  CHECK(CoRevokeMallocSpy() == S_OK);
}

TEST_CASE("in a child without other blocks a pending revocation completes") {
  depth_spy spy;
  REQUIRE(CoRegisterMallocSpy(&spy) == S_OK);
  void* block = CoTaskMemAlloc(27);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    alarm(60);
    if (CoRevokeMallocSpy() != E_ACCESSDENIED) {
      _exit(not_pending);
    }
    CoTaskMemFree(block);
    if (CoRevokeMallocSpy() != CO_E_OBJNOTREG || spy.references != 1) {
      _exit(not_revoked);
    }
    const long calls = spy.calls;
    CoTaskMemFree(CoTaskMemAlloc(53));
    _exit(spy.calls == calls ? good : still_called);
  }
  CHECK(status_of(child) == good);
  CHECK(spy.references == 2); // the parent's is its own
  CoTaskMemFree(block);
  CHECK(CoRevokeMallocSpy() == S_OK);
}

namespace {

// The same under a concurrent spy. `inherited` is a spied block from before the fork.
int use_everything(test::concurrent_spy& spy, void* inherited) {
  const long before = spy.freed_spied;
  CoTaskMemFree(CoTaskMemRealloc(CoTaskMemAlloc(53), 5003));
  if (spy.freed_spied != before + 1) {
    return not_spied;
  }
  if (requested_size(inherited) != 27) {
    return wrong_size;
  }
  if (CoRevokeMallocSpy() != E_ACCESSDENIED) {
    return not_pending;
  }
  CoTaskMemFree(inherited);
  return spy.freed_spied == before + 2 ? good : not_spied;
}

} // namespace

TEST_CASE("fork while other threads are inside a concurrent spy") {
  test::concurrent_spy spy;
  REQUIRE(CoRegisterMallocSpy(&spy) == S_OK);
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      while (!stop) {
        CoTaskMemFree(CoTaskMemRealloc(CoTaskMemAlloc(61), 301));
      }
    });
  }
  void* inherited = CoTaskMemAlloc(27);
  for (int round = 0; round < 30; ++round) {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      alarm(60);
      _exit(spy.inside != 0 ? not_spied : use_everything(spy, inherited));
    }
    REQUIRE(status_of(child) == good);
  }
  stop = true;
  for (auto& thread : threads) {
    thread.join();
  }
  CoTaskMemFree(inherited);
  CHECK(CoRevokeMallocSpy() == S_OK);
  CHECK(spy.called_after_release == 0);
}

TEST_CASE("two threads fork from inside hooks of a concurrent spy at once") {
  constexpr SIZE_T forking_size = 59;
  class forking_spy : public test::concurrent_spy {
  public:
    support::barrier meeting{2};

  protected:
    void on_pre_alloc(SIZE_T cbRequest) override {
      if (cbRequest == forking_size) {
        meeting.arrive_and_wait();
        child() = fork();
        if (child() == 0) {
          alarm(60);
        }
      }
    }

  public:
    static pid_t& child() {
      thread_local pid_t made = -1;
      return made;
    }
  };
  forking_spy spy;
  REQUIRE(CoRegisterMallocSpy(&spy) == S_OK);
  void* inherited = CoTaskMemAlloc(27);
  std::atomic<int> good_children{0};
  for (int round = 0; round < 30; ++round) {
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; ++i) {
      threads.emplace_back([&] {
        CoTaskMemFree(CoTaskMemAlloc(forking_size)); // returns twice
        if (forking_spy::child() == 0) {
          _exit(use_everything(spy, inherited));
        }
        good_children += status_of(forking_spy::child()) == good ? 1 : 0;
      });
    }
    for (auto& thread : threads) {
      thread.join();
    }
  }
  CHECK(good_children == 60);
  CoTaskMemFree(inherited);
  CHECK(CoRevokeMallocSpy() == S_OK);
}
