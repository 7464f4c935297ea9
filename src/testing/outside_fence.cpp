// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#include "testing/outside_fence.hpp"

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

#if defined(__linux__) && (defined(__x86_64__) || defined(__aarch64__))

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>

namespace mallocspy::testing_detail {

namespace {

#if defined(__x86_64__)
constexpr unsigned native = AUDIT_ARCH_X86_64;
#else
constexpr unsigned native = AUDIT_ARCH_AARCH64;
#endif

// openat has four arguments; with this as the sixth the filter lets it pass.
constexpr unsigned long pass = 0x6D73707955UL;

constexpr unsigned writing = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC;

// Calls that change what is outside, whatever their arguments.
constexpr int always[] = {
#if defined(SYS_creat)
    SYS_creat,
    SYS_unlink,
    SYS_rename,
    SYS_mkdir,
    SYS_rmdir,
    SYS_link,
    SYS_symlink,
    SYS_mknod,
    SYS_chmod,
    SYS_chown,
    SYS_lchown,
    SYS_utime,
    SYS_utimes,
    SYS_fork,
    SYS_vfork,
    SYS_futimesat,
    SYS_renameat,
#elif defined(SYS_renameat)
    SYS_renameat,
#endif
    SYS_openat2,
    SYS_unlinkat,
    SYS_renameat2,
    SYS_mkdirat,
    SYS_linkat,
    SYS_symlinkat,
    SYS_mknodat,
    SYS_truncate,
    SYS_fchmod,
    SYS_fchmodat,
    SYS_fchown,
    SYS_fchownat,
    SYS_utimensat,
    SYS_setxattr,
    SYS_lsetxattr,
    SYS_fsetxattr,
    SYS_removexattr,
    SYS_lremovexattr,
    SYS_fremovexattr,
    SYS_flock,
    SYS_connect,
    SYS_bind,
    SYS_sendto,
    SYS_sendmsg,
    SYS_sendmmsg,
    SYS_execve,
    SYS_execveat,
    SYS_mount,
    SYS_umount2,
    SYS_ptrace,
    SYS_process_vm_writev,
    SYS_shmget,
    SYS_shmat,
    SYS_semget,
    SYS_semop,
    SYS_msgget,
    SYS_msgsnd,
    SYS_mq_open,
    SYS_mq_unlink,
    SYS_io_uring_setup,
    SYS_setpgid,
    SYS_setsid,
    SYS_sync,
    SYS_rt_sigqueueinfo,
    SYS_tkill,
    SYS_setpriority,
    SYS_reboot,
    SYS_sethostname,
    SYS_pidfd_send_signal};

child_facts* told = nullptr;

[[noreturn]] void end_as_escaped(int call) noexcept {
  told->escaped_call = call;
  told->flags.fetch_or(child_facts::escaped, std::memory_order_relaxed);
  for (;;) {
    ::syscall(SYS_exit_group, 0);
  }
}

bool has_no_state(const char* path) noexcept {
  return std::strcmp(path, "/dev/null") == 0 || std::strcmp(path, "/dev/zero") == 0 || std::strcmp(path, "/dev/full") == 0;
}

// The filter cannot read paths. Opening /dev/null for writing, and a file without a name, is harmless.
void on_trap(int, siginfo_t* info, void* context) noexcept {
  auto* state = static_cast<ucontext_t*>(context);
  const int call = info->si_syscall;
#if defined(__x86_64__)
  greg_t* registers = state->uc_mcontext.gregs;
  const bool is_open = call == SYS_open;
  const long folder = is_open ? AT_FDCWD : registers[REG_RDI];
  const auto* path = reinterpret_cast<const char*>(is_open ? registers[REG_RDI] : registers[REG_RSI]);
  const long flags = is_open ? registers[REG_RSI] : registers[REG_RDX];
  const long mode = is_open ? registers[REG_RDX] : registers[REG_R10];
#else
  const bool is_open = false;
  auto* registers = state->uc_mcontext.regs;
  const auto folder = static_cast<long>(registers[0]);
  const auto* path = reinterpret_cast<const char*>(registers[1]);
  const auto flags = static_cast<long>(registers[2]);
  const auto mode = static_cast<long>(registers[3]);
#endif
  if ((!is_open && call != SYS_openat) || path == nullptr || !((flags & O_TMPFILE) == O_TMPFILE || has_no_state(path))) {
    end_as_escaped(call);
  }
  const int kept = errno;
  long result = ::syscall(SYS_openat, folder, path, flags, mode, 0L, pass);
  result = result < 0 ? -errno : result;
  errno = kept;
#if defined(__x86_64__)
  registers[REG_RAX] = result;
#else
  registers[0] = static_cast<unsigned long long>(result);
#endif
}

class program {
public:
  void add(unsigned short code, unsigned k, unsigned char if_true = 0, unsigned char if_false = 0) noexcept {
    m_code[m_count++] = {code, if_true, if_false, k};
  }
  void load(std::size_t offset) noexcept {
    add(BPF_LD | BPF_W | BPF_ABS, static_cast<unsigned>(offset));
  }
  void load_argument(unsigned n) noexcept { // its lower half: both processors are little-endian here
    load(offsetof(seccomp_data, args) + n * sizeof(std::uint64_t));
  }
  void end(unsigned what) noexcept {
    add(BPF_RET | BPF_K, what);
  }
  void trap(int call) noexcept {
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(call), 0, 1);
    end(SECCOMP_RET_TRAP);
  }
  // effects: traps the call if its argument has one of the bits; or, with `has` false, if it has none of them
  void trap_if_bits(int call, unsigned argument, unsigned bits, bool has = true) noexcept {
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(call), 0, 4);
    load_argument(argument);
    add(BPF_JMP | BPF_JSET | BPF_K, bits, has ? 0 : 1, has ? 1 : 0);
    end(SECCOMP_RET_TRAP);
    end(SECCOMP_RET_ALLOW);
  }
  void trap_unless_equal(int call, unsigned argument, unsigned value) noexcept {
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(call), 0, 4);
    load_argument(argument);
    add(BPF_JMP | BPF_JEQ | BPF_K, value, 1, 0);
    end(SECCOMP_RET_TRAP);
    end(SECCOMP_RET_ALLOW);
  }
  bool install() noexcept {
    sock_fprog filter{m_count, m_code};
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
  }

private:
  unsigned short m_count = 0;
  sock_filter m_code[256];
};

} // namespace

bool raise_fence(child_facts& facts) noexcept {
  told = &facts;
  struct sigaction action {};
  action.sa_sigaction = on_trap;
  action.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK;
  ::sigaction(SIGSYS, &action, nullptr);

  const auto self = static_cast<unsigned>(::getpid());
  program p;
  p.load(offsetof(seccomp_data, arch));
  p.add(BPF_JMP | BPF_JEQ | BPF_K, native, 1, 0);
  p.end(SECCOMP_RET_TRAP);
  p.load(offsetof(seccomp_data, nr));
  p.add(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 6);
  p.load_argument(5);
  p.add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(pass), 2, 0);
  p.load_argument(2);
  p.add(BPF_JMP | BPF_JSET | BPF_K, writing, 1, 0);
  p.end(SECCOMP_RET_ALLOW);
  p.end(SECCOMP_RET_TRAP);
#if defined(SYS_open)
  p.trap_if_bits(SYS_open, 1, writing);
#endif
  for (const int call : always) {
    p.trap(call);
  }
  p.trap_if_bits(SYS_clone, 0, CLONE_THREAD, false);
  p.add(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1); // its flags are out of sight: the C library then takes clone
  p.end(SECCOMP_RET_ERRNO | ENOSYS);
  p.trap_unless_equal(SYS_kill, 0, self);
  p.trap_unless_equal(SYS_tgkill, 0, self);
  p.end(SECCOMP_RET_ALLOW);
  return p.install();
}

} // namespace mallocspy::testing_detail

#else

namespace mallocspy::testing_detail {

bool raise_fence(child_facts&) noexcept {
  return false;
}

} // namespace mallocspy::testing_detail

#endif
