// SPDX-License-Identifier: MIT
// Makes a shared library of mallocspy that works in programs that know nothing of it (LD_PRELOAD). If COUNT_INTO names a
// file, each process counts its calls with a spy, and adds one line to the file at its end: its name, how often it was
// called, and what was asked for.
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <mallocspy/interpose/check.hpp>
#include <mallocspy/spies/spy_base.hpp>
#include <mallocspy/task/registration.hpp>
#include <new>
#include <unistd.h>

namespace {

using namespace mallocspy;

class counting_spy final : public spy_base {
public:
  counting_spy() noexcept : spy_base(spy_calls::concurrent) {}

  SIZE_T STDMETHODCALLTYPE PreAlloc(SIZE_T bytes) override {
    m_allocations.fetch_add(1, std::memory_order_relaxed);
    m_bytes.fetch_add(bytes, std::memory_order_relaxed);
    return bytes;
  }
  void* STDMETHODCALLTYPE PreFree(void* p, BOOL) override {
    m_frees.fetch_add(1, std::memory_order_relaxed);
    return p;
  }
  SIZE_T STDMETHODCALLTYPE PreRealloc(void* p, SIZE_T bytes, void** same, BOOL) override {
    m_reallocations.fetch_add(1, std::memory_order_relaxed);
    *same = p;
    return bytes;
  }

  void write(const char* file) const noexcept {
    char line[300];
    const int length = std::snprintf(line, sizeof line, "%s allocations %zu frees %zu reallocations %zu bytes %zu\n",
                                     program_invocation_short_name, m_allocations.load(), m_frees.load(),
                                     m_reallocations.load(), m_bytes.load());
    const int to = ::open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644); // the program may have closed all it had
    if (to >= 0) {
      const ssize_t written = ::write(to, line, static_cast<std::size_t>(length));
      (void)written;
      ::close(to);
    }
  }

private:
  std::atomic<std::size_t> m_allocations{0};
  std::atomic<std::size_t> m_frees{0};
  std::atomic<std::size_t> m_reallocations{0};
  std::atomic<std::size_t> m_bytes{0};
};

// Never destroyed: the process allocates until its last instruction.
alignas(counting_spy) char room[sizeof(counting_spy)];
counting_spy* spy = nullptr;
const char* into = nullptr;

__attribute__((constructor)) void begin() {
  into = std::getenv("COUNT_INTO");
  if (into != nullptr) {
    spy = new (room) counting_spy;
    CoRegisterMallocSpy(spy);
  }
}

__attribute__((destructor)) void end() {
  if (spy != nullptr) {
    spy->write(into);
  }
}

} // namespace
