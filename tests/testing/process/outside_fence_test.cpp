// SPDX-License-Identifier: MIT
// What a snapshot may do, and what ends it.
#include "testing/process/outside_fence.hpp"

#include "support/catch.hpp"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <new>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

using mallocspy::testing_detail::child_facts;
using mallocspy::testing_detail::raise_fence;

namespace {

struct end {
  bool escaped;
  int call;   // that it escaped by
  int status; // -1: a signal
};

// returns: how a process ended that did something behind the fence
template <class Function> end behind_fence(Function f) {
  void* memory = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  auto* facts = new (memory) child_facts{};
  const pid_t child = ::fork();
  if (child == 0) {
    if (!raise_fence(*facts)) {
      ::_exit(99);
    }
    ::_exit(f() ? 7 : 8);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  const end e{(facts->flags.load() & child_facts::escaped) != 0, facts->escaped_call,
              WIFEXITED(status) ? WEXITSTATUS(status) : -1};
  ::munmap(memory, 4096);
  return e;
}

void* nothing(void* given) {
  return given;
}

} // namespace

TEST_CASE("behind the fence what changes the outside ends the process, and is named") {
  const struct {
    int call;
    long first;
    long second;
    long third;
  } forbidden[] = {
#if defined(SYS_open)
    {SYS_open, reinterpret_cast<long>("/tmp/never"), O_WRONLY | O_CREAT, 0600},
    {SYS_creat, reinterpret_cast<long>("/tmp/never"), 0600, 0},
    {SYS_unlink, reinterpret_cast<long>("/tmp/never"), 0, 0},
    {SYS_rename, reinterpret_cast<long>("/tmp/never"), reinterpret_cast<long>("/tmp/ever"), 0},
    {SYS_mkdir, reinterpret_cast<long>("/tmp/never"), 0700, 0},
    {SYS_rmdir, reinterpret_cast<long>("/tmp/never"), 0, 0},
    {SYS_symlink, reinterpret_cast<long>("/tmp/ever"), reinterpret_cast<long>("/tmp/never"), 0},
    {SYS_chmod, reinterpret_cast<long>("/tmp/never"), 0700, 0},
    {SYS_lchown, reinterpret_cast<long>("/tmp/never"), 1, 1},
    {SYS_fork, 0, 0, 0},
    {SYS_vfork, 0, 0, 0},
#endif
    {SYS_openat, AT_FDCWD, reinterpret_cast<long>("/tmp/never"), O_RDWR},
    {SYS_openat2, AT_FDCWD, 0, 0},
    {SYS_unlinkat, AT_FDCWD, reinterpret_cast<long>("/tmp/never"), 0},
    {SYS_renameat2, AT_FDCWD, 0, 0},
    {SYS_truncate, reinterpret_cast<long>("/tmp/never"), 0, 0},
    {SYS_fchmod, 1, 0600, 0},
    {SYS_utimensat, AT_FDCWD, 0, 0},
    {SYS_setxattr, 0, 0, 0},
    {SYS_fremovexattr, 1, 0, 0},
    {SYS_flock, 1, 2, 0},
    {SYS_connect, -1, 0, 0},
    {SYS_bind, -1, 0, 0},
    {SYS_sendto, -1, 0, 0},
    {SYS_sendmmsg, -1, 0, 0},
    {SYS_execve, 0, 0, 0},
    {SYS_execveat, -1, 0, 0},
    {SYS_clone, SIGCHLD, 0, 0},
    {SYS_mount, 0, 0, 0},
    {SYS_ptrace, 0, 0, 0},
    {SYS_process_vm_writev, 0, 0, 0},
    {SYS_shmget, 0, 0, 0},
    {SYS_msgsnd, 0, 0, 0},
    {SYS_io_uring_setup, 0, 0, 0},
    {SYS_setsid, 0, 0, 0},
    {SYS_sync, 0, 0, 0},
    {SYS_kill, static_cast<long>(::getpid()), 0, 0},
    {SYS_tgkill, static_cast<long>(::getpid()), static_cast<long>(::getpid()), 0},
    {SYS_tkill, static_cast<long>(::getpid()), 0, 0},
    {SYS_pidfd_send_signal, -1, 0, 0},
  };
  for (const auto& f : forbidden) {
    const end e = behind_fence([&f] { return ::syscall(f.call, f.first, f.second, f.third, 0, 0) == 0; });
    INFO("call " << f.call);
    CHECK(e.escaped);
    CHECK(e.call == f.call);
  }
}

TEST_CASE("behind the fence what stays inside goes on") {
  CHECK(behind_fence([] { return ::getpid() > 0; }).status == 7);
  CHECK(behind_fence([] { return ::open("/proc/self/status", O_RDONLY) >= 0; }).status == 7);
  CHECK(behind_fence([] { return ::open("/dev/null", O_WRONLY) >= 0; }).status == 7);
  CHECK(behind_fence([] { return ::open("/tmp", O_TMPFILE | O_RDWR, 0600) >= 0 || errno == EOPNOTSUPP; }).status == 7);
  CHECK(behind_fence([] { return ::socket(AF_UNIX, SOCK_STREAM, 0) >= 0; }).status == 7);
  CHECK(behind_fence([] { return ::kill(::getpid(), 0) == 0; }).status == 7);
  CHECK(behind_fence([] { return ::raise(SIGKILL) == 0; }).status == -1);
  CHECK(behind_fence([] { return ::syscall(SYS_clone3, nullptr, 0) == -1 && errno == ENOSYS; }).status == 7);
  CHECK(behind_fence([] { return ::syscall(100000) == -1 && errno == ENOSYS; }).status == 7);
  CHECK(behind_fence([] {
          int ends[2];
          char c = 'x';
          return ::pipe(ends) == 0 && ::write(ends[1], &c, 1) == 1 && ::read(ends[0], &c, 1) == 1;
        }).status == 7);
  CHECK(behind_fence([] {
          pthread_t thread{};
          return ::pthread_create(&thread, nullptr, nothing, nullptr) == 0 && ::pthread_join(thread, nullptr) == 0;
        }).status == 7);
}
