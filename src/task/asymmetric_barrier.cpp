// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#include "task/asymmetric_barrier.hpp"

#include <cerrno>
#include <sys/mman.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/syscall.h>
#endif

namespace mallocspy::task {

namespace {

#if defined(__linux__) && defined(SYS_membarrier)
// From the kernel's interface; <linux/membarrier.h> is not installed everywhere.
constexpr int private_expedited = 1 << 3;
constexpr int register_private_expedited = 1 << 4;

bool membarrier(int command) noexcept {
  const int kept = errno;
  const bool done = ::syscall(SYS_membarrier, command, 0, 0) == 0;
  errno = kept;
  return done;
}
bool register_membarrier() noexcept {
  return membarrier(register_private_expedited);
}
bool run_membarrier() noexcept {
  // The second try is for a child of fork on kernels that do not hand the registration down.
  return membarrier(private_expedited) || (register_membarrier() && membarrier(private_expedited));
}
#else
bool register_membarrier() noexcept {
  return false;
}
bool run_membarrier() noexcept {
  return false;
}
#endif

// Taking a page's permission away makes the kernel interrupt every processor that runs this process, since each may hold
// the page's translation.
void interrupt_by_protection() noexcept {
  const int kept = errno;
  const auto size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  void* page = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page != MAP_FAILED) {
    *static_cast<volatile char*>(page) = 1;
    ::mprotect(page, size, PROT_NONE);
    ::munmap(page, size);
  }
  errno = kept;
}

} // namespace

bool fences_needed() noexcept {
  return !register_membarrier();
}

void heavy_barrier() noexcept {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (!run_membarrier()) {
    interrupt_by_protection();
  }
}

} // namespace mallocspy::task
