// SPDX-License-Identifier: MIT
// Makes a shared library of mallocspy that works in programs that know nothing of it (LD_PRELOAD). If COUNT_INTO names a
// file, each process counts its calls with a spy, and adds one line to the file at its end: its name, how often it was
// called, and what was asked for.
#include "process_spy.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <unistd.h>

namespace {

using mallocspy::tests::process_spy;

process_spy* spy = nullptr;
const char* into = nullptr;

__attribute__((constructor)) void begin() {
  into = std::getenv("COUNT_INTO");
  if (into != nullptr) {
    spy = &process_spy::begin();
  }
}

__attribute__((destructor)) void end() {
  if (spy == nullptr) {
    return;
  }
  char line[300];
  const int length = std::snprintf(line, sizeof line, "%s allocations %zu frees %zu reallocations %zu bytes %zu\n",
                                   program_invocation_short_name, spy->allocations.load(), spy->frees.load(),
                                   spy->reallocations.load(), spy->bytes.load());
  const int to = ::open(into, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644); // the program may have closed all it had
  if (to >= 0) {
    const ssize_t written = ::write(to, line, static_cast<std::size_t>(length));
    (void)written;
    ::close(to);
  }
}

} // namespace
