// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#include "spies/guard/guard_pages.hpp"

#include "blocks/line.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace mallocspy::spies {

namespace {

constexpr std::size_t usual_limit = 65530; // the kernel's own default

// effects: calls f with each byte of a file. returns: whether it can be read
template <class Function> bool for_each_byte(const char* path, Function f) noexcept {
  const int file = ::open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    return false;
  }
  char buffer[4096];
  for (;;) {
    const ssize_t n = ::read(file, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n <= 0) {
      break;
    }
    for (ssize_t i = 0; i < n; ++i) {
      f(buffer[i]);
    }
  }
  ::close(file);
  return true;
}

// returns: how many blocks may have two mappings each, with room left for the program's own
std::size_t what_the_kernel_allows() noexcept {
  std::size_t limit = 0;
  for_each_byte("/proc/sys/vm/max_map_count", [&](char c) {
    if (c >= '0' && c <= '9') {
      limit = limit * 10 + static_cast<std::size_t>(c - '0');
    }
  });
  if (limit == 0) {
    limit = usual_limit;
  }
  std::size_t present = 0;
  for_each_byte("/proc/self/maps", [&](char c) { present += c == '\n' ? 1 : 0; });
  const std::size_t left = limit > present ? limit - present : 0;
  return left / 4 * 3 / 2;
}

bool protect(std::uintptr_t from, std::uintptr_t to, int access) noexcept {
  const int kept = errno;
  const bool done = ::mprotect(reinterpret_cast<void*>(from), to - from, access) == 0;
  errno = kept;
  return done;
}

std::uintptr_t number(const char* p) noexcept {
  return reinterpret_cast<std::uintptr_t>(p);
}

} // namespace

guard_pages::guard_pages(bool wanted, std::size_t most) noexcept
    : m_page(static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE))) {
  if (wanted) {
    m_most = most != 0 ? most : what_the_kernel_allows();
  }
}

bool guard_pages::reserve() noexcept {
  if (m_most == 0) {
    return false;
  }
  if (m_used.fetch_add(1, std::memory_order_relaxed) < m_most) {
    return true;
  }
  give_back();
  if (!m_told.exchange(true, std::memory_order_relaxed)) {
    blocks::line()
        .text("guard: ")
        .number(m_most)
        .text(
            " inaccessible pages are in use, near the kernel's limit (vm.max_map_count): further blocks get red zones only")
        .write();
  }
  return false;
}

bool guard_pages::protect_end(const guarded_block& block) const noexcept {
  return protect(number(block.end), number(block.end) + m_page, PROT_NONE);
}

bool guard_pages::protect_all(const guarded_block& block) const noexcept {
  return protect(first_page(block), number(block.end) + m_page, PROT_NONE);
}

void guard_pages::open(const guarded_block& block) const noexcept {
  protect(first_page(block), number(block.end) + m_page, PROT_READ | PROT_WRITE);
}

} // namespace mallocspy::spies
