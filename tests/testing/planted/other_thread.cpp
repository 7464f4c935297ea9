// SPDX-License-Identifier: MIT
// A thread that fills a table. It does not look whether it got one.
#include "planted.h"

#include <mallocspy/mallocspy.h>
#include <thread>

namespace {

struct table {
  int* entries;
  bool made;
};

void fill_unchecked(table& t) {
  t.entries = static_cast<int*>(mallocspy_alloc(53 * sizeof(int))); // planted
  static_cast<volatile int*>(t.entries)[17] = 53;
  t.made = true;
}

void fill_checked(table& t) {
  t.entries = static_cast<int*>(mallocspy_alloc(53 * sizeof(int)));
  if (t.entries != nullptr) {
    static_cast<volatile int*>(t.entries)[17] = 53;
    t.made = true;
  }
}

int fill_in_a_thread(void (*fill)(table&)) {
  table t{nullptr, false};
  std::thread([&] { fill(t); }).join();
  mallocspy_free(t.entries);
  return t.made ? 1 : 0;
}

} // namespace

int other_thread_planted(void) {
  return fill_in_a_thread(fill_unchecked);
}

int other_thread_corrected(void) {
  return fill_in_a_thread(fill_checked);
}
