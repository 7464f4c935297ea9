// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#include "testing/process/outside_fence.hpp"

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

// What becomes of a call: where in the filter that is decided.
enum class place : unsigned char { allow, trap, of_openat, of_open, of_clone, of_clone3, of_kill, of_tgkill };
constexpr std::size_t places = 8;

// Calls with numbers in a row that are treated alike.
struct call_range {
  unsigned first;
  unsigned last;
  place where;
};

constexpr std::size_t most_calls = sizeof always / sizeof always[0] + 6;

struct call_table {
  call_range range[most_calls]{};
  std::size_t count = 0;

  constexpr void insert(int call, place where) {
    const auto number = static_cast<unsigned>(call);
    std::size_t at = count++;
    for (; at != 0 && range[at - 1].first > number; --at) {
      range[at] = range[at - 1];
    }
    range[at] = {number, number, where};
  }
  constexpr void join() {
    std::size_t kept = 0;
    for (std::size_t i = 1; i < count; ++i) {
      if (range[i].where == range[kept].where && range[i].first == range[kept].last + 1) {
        range[kept].last = range[i].last;
      } else {
        range[++kept] = range[i];
      }
    }
    count = kept + 1;
  }
};

constexpr call_table make_calls() {
  call_table table;
  for (const int call : always) {
    table.insert(call, place::trap);
  }
  table.insert(SYS_openat, place::of_openat);
#if defined(SYS_open)
  table.insert(SYS_open, place::of_open);
#endif
  table.insert(SYS_clone, place::of_clone);
  table.insert(SYS_clone3, place::of_clone3);
  table.insert(SYS_kill, place::of_kill);
  table.insert(SYS_tgkill, place::of_tgkill);
  table.join();
  return table;
}

constexpr call_table calls = make_calls();

// A search tree: when a filter is put in force the kernel tries it out with the number of each call that there is.
class program {
public:
  explicit program(unsigned self) noexcept {
    load(offsetof(seccomp_data, arch));
    jump(BPF_JEQ, native, 1, 0);
    go(place::trap);
    load(offsetof(seccomp_data, nr));
    jump(BPF_JGE, calls.range[0].first, 1, 0);
    go(place::allow);
    add_tree(0, calls.count);

    arrive(place::of_openat);
    go_if(BPF_JEQ, 5, static_cast<unsigned>(pass), place::allow);
    go_if(BPF_JSET, 2, writing, place::trap);
    go(place::allow);
    arrive(place::of_open);
    go_if(BPF_JSET, 1, writing, place::trap);
    go(place::allow);
    arrive(place::of_clone);
    go_if(BPF_JSET, 0, CLONE_THREAD, place::allow);
    go(place::trap);
    arrive(place::of_kill);
    arrive(place::of_tgkill);
    go_if(BPF_JEQ, 0, self, place::allow);
    go(place::trap);
    arrive(place::of_clone3); // its flags are out of sight: the C library then takes clone
    add(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS);
    arrive(place::trap);
    add(BPF_RET | BPF_K, SECCOMP_RET_TRAP);
    arrive(place::allow);
    add(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    for (unsigned i = 0; i < m_going; ++i) {
      m_code[m_from[i].at].k = m_arrival[static_cast<unsigned>(m_from[i].to)] - m_from[i].at - 1;
    }
  }
  bool install() noexcept {
    sock_fprog filter{static_cast<unsigned short>(m_count), m_code};
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
  }

private:
  struct departure {
    unsigned at;
    place to;
  };

  void add(unsigned code, unsigned k, unsigned if_true = 0, unsigned if_false = 0) noexcept {
    m_code[m_count++] = {static_cast<unsigned short>(code), static_cast<unsigned char>(if_true),
                         static_cast<unsigned char>(if_false), k};
  }
  void load(std::size_t offset) noexcept {
    add(BPF_LD | BPF_W | BPF_ABS, static_cast<unsigned>(offset));
  }
  void load_argument(unsigned n) noexcept { // its lower half: both processors are little-endian here
    load(offsetof(seccomp_data, args) + n * sizeof(std::uint64_t));
  }
  void jump(unsigned condition, unsigned k, unsigned if_true, unsigned if_false) noexcept {
    add(BPF_JMP | condition | BPF_K, k, if_true, if_false);
  }
  void go(place to) noexcept {
    m_from[m_going++] = {m_count, to};
    add(BPF_JMP | BPF_JA, 0);
  }
  // effects: goes there if the argument meets the condition
  void go_if(unsigned condition, unsigned argument, unsigned k, place to) noexcept {
    load_argument(argument);
    jump(condition, k, 0, 1);
    go(to);
  }
  void arrive(place here) noexcept {
    m_arrival[static_cast<unsigned>(here)] = m_count;
  }
  // effects: finds a number, which is that of the first of these ranges or above
  // As deep as the tree is: seven calls. NOLINTNEXTLINE(misc-no-recursion)
  void add_tree(std::size_t begin, std::size_t end) noexcept {
    if (end - begin == 1) {
      jump(BPF_JGT, calls.range[begin].last, 1, 0);
      go(calls.range[begin].where);
      go(place::allow);
      return;
    }
    const std::size_t middle = begin + (end - begin) / 2;
    const unsigned choice = m_count;
    jump(BPF_JGE, calls.range[middle].first, 0, 0);
    add_tree(begin, middle);
    m_code[choice].jt = static_cast<unsigned char>(m_count - choice - 1);
    add_tree(middle, end);
  }

  unsigned m_count = 0;
  unsigned m_going = 0;
  unsigned m_arrival[places] = {};
  sock_filter m_code[4 * most_calls + 32];
  departure m_from[2 * most_calls + 16];
};
// The way from a node of the tree to its right half is at most all of the tree long.
static_assert(4 * calls.count < 256);

} // namespace

bool raise_fence(child_facts& facts) noexcept {
  told = &facts;
  struct sigaction action {};
  action.sa_sigaction = on_trap;
  action.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK;
  ::sigaction(SIGSYS, &action, nullptr);

  program p(static_cast<unsigned>(::getpid()));
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
