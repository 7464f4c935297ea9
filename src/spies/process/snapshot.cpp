// SPDX-License-Identifier: MIT
#include "spies/process/snapshot.hpp"

#include <cerrno>
#include <csignal>
#include <ctime>
#include <initializer_list>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace mallocspy::spies {

namespace {

#if defined(__linux__)
pid_t copy_process() noexcept {
  // No signal at its end, so only who asks for clones hears of it. The order of the arguments behind the flags differs
  // among processors; all are 0.
  return static_cast<pid_t>(::syscall(SYS_clone, 0UL, 0UL, 0UL, 0UL, 0UL));
}
constexpr int clones_too = __WALL;

[[noreturn]] void end_process(int code) noexcept {
  for (;;) {
    ::syscall(SYS_exit_group, code);
  }
}
#else
pid_t copy_process() noexcept {
  return ::fork();
}
constexpr int clones_too = 0;

[[noreturn]] void end_process(int code) noexcept {
  ::_exit(code);
}
#endif

// Looks every millisecond: a report is nothing that is made often.
bool wait_for(pid_t child, int seconds, int& status) noexcept {
  for (long left = seconds * 1000L; left > 0; --left) {
    const pid_t ended = ::waitpid(child, &status, WNOHANG | clones_too);
    if (ended == child) {
      return true;
    }
    if (ended < 0 && errno != EINTR) {
      status = 0; // somebody else has waited for all children: what it left is all that there is
      return true;
    }
    const timespec pause{0, 1000000};
    ::nanosleep(&pause, nullptr);
  }
  return false;
}

} // namespace

snapshot_end run_in_snapshot(void (*work)(void* context), void* context, int seconds) noexcept {
  const int kept = errno;
  const pid_t child = copy_process();
  if (child == 0) {
    // A fault ends the copy at once, whatever handler the program has for it.
    for (const int fatal : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT}) {
      std::signal(fatal, SIG_DFL);
    }
    work(context);
    end_process(0);
  }
  if (child < 0) {
    errno = kept;
    return snapshot_end::not_made;
  }
  int status = 0;
  snapshot_end end = snapshot_end::finished;
  if (!wait_for(child, seconds, status)) {
    ::kill(child, SIGKILL);
    while (::waitpid(child, &status, clones_too) < 0 && errno == EINTR) {
    }
    end = snapshot_end::timed_out;
  } else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    end = snapshot_end::failed;
  }
  errno = kept;
  return end;
}

void* shared_memory(std::size_t size) noexcept {
  void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return memory == MAP_FAILED ? nullptr : memory;
}

void unmap_shared(void* memory, std::size_t size) noexcept {
  ::munmap(memory, size);
}

} // namespace mallocspy::spies
