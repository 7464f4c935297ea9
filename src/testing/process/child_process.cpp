// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#include "testing/process/child_process.hpp"

#include <cerrno>
#include <csignal>
#include <ctime>
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>
#if defined(__linux__)
#include <linux/sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

namespace mallocspy::testing_detail {

namespace {

#if defined(__linux__)
constexpr int clones_too = __WALL;
#else
constexpr int clones_too = 0;
#endif

void pause_shortly() noexcept {
  const timespec pause{0, 200000};
  ::nanosleep(&pause, nullptr);
}

bool has_ended(child_process& child, int& status) noexcept {
  const pid_t ended = ::waitpid(child.id, &status, WNOHANG | clones_too);
  if (ended < 0 && errno != EINTR) {
    status = 0; // somebody else has waited for it
    return true;
  }
  return ended == child.id;
}

// effects: sleeps until one of the children may have ended, at most until the next deadline
void sleep_until_news(const child_process* children, unsigned count, std::int64_t timeout) noexcept {
  constexpr unsigned most = 64;
  pollfd handles[most];
  unsigned watched = 0;
  std::int64_t left = timeout;
  for (unsigned i = 0; i < count && i < most; ++i) {
    if (children[i].id > 0) {
      if (children[i].handle < 0) {
        pause_shortly();
        return;
      }
      handles[watched++] = {children[i].handle, POLLIN, 0};
      const std::int64_t rest = children[i].began + timeout - now();
      left = rest < left ? rest : left;
    }
  }
  ::poll(handles, watched, left < 0 ? 0 : static_cast<int>(left < 1000000 ? left + 1 : 1000000));
}

} // namespace

std::int64_t now() noexcept {
  timespec t{};
  ::clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * std::int64_t{1000} + t.tv_nsec / 1000000;
}

child_process copy_process([[maybe_unused]] int handle_above) noexcept {
  child_process child;
  child.began = now();
#if defined(__linux__)
  const pid_t parent = ::getpid();
  // No signal at its end, so only who asks for clones hears of it.
  int handle = -1;
  child.id = static_cast<pid_t>(::syscall(SYS_clone, static_cast<unsigned long>(CLONE_PIDFD), 0UL, &handle, 0UL, 0UL));
  if (child.id < 0 && errno == EINVAL) { // an older kernel
    child.id = static_cast<pid_t>(::syscall(SYS_clone, 0UL, 0UL, 0UL, 0UL, 0UL));
  }
  if (child.id == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) {
      end_process(0);
    }
    return child;
  }
  if (handle >= 0) {
    child.handle = ::fcntl(handle, F_DUPFD_CLOEXEC, handle_above);
    ::close(handle);
  }
#endif
  return child; // elsewhere there is none
}

child_end wait_for_one(child_process* children, unsigned count, std::int64_t timeout) noexcept {
  for (;;) {
    for (unsigned i = 0; i < count; ++i) {
      child_process& child = children[i];
      if (child.id <= 0) {
        continue;
      }
      child_end end{i, 0, false};
      bool ended = has_ended(child, end.status);
      if (!ended && now() - child.began > timeout) {
        end.timed_out = true;
        ::kill(child.id, SIGKILL);
        while (::waitpid(child.id, &end.status, clones_too) < 0 && errno == EINTR) {
        }
        ended = true;
      }
      if (ended) {
        if (child.handle >= 0) {
          ::close(child.handle);
        }
        child = {};
        return end;
      }
    }
    sleep_until_news(children, count, timeout);
  }
}

void end_process(int status) noexcept {
#if defined(__linux__)
  for (;;) {
    ::syscall(SYS_exit_group, status);
  }
#else
  ::_exit(status);
#endif
}

} // namespace mallocspy::testing_detail
