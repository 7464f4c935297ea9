// SPDX-License-Identifier: MIT
// Linked into a program of any language: counts what it allocates, and says so at its end.
#include "interpose/process_spy.hpp"

#include <cstdio>
#include <unistd.h>

namespace {

mallocspy::tests::process_spy* spy = nullptr;

__attribute__((constructor)) void begin() {
  spy = &mallocspy::tests::process_spy::begin();
}

__attribute__((destructor)) void end() {
  char line[100];
  const int length = std::snprintf(line, sizeof line, "%zu allocations of %zu bytes seen, %zu frees\n",
                                   spy->allocations.load(), spy->bytes.load(), spy->frees.load());
  const ssize_t written = ::write(STDOUT_FILENO, line, static_cast<std::size_t>(length));
  (void)written;
}

} // namespace
