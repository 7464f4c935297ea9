// SPDX-License-Identifier: MIT
// A log that is written when it ends. Where that needs memory that there is not, an exception leaves a destructor, and the
// process ends.
#include "planted.h"

#include <mallocspy/mallocspy.h>
#include <new>

namespace {

void* allocate_or_throw(std::size_t size) {
  void* block = mallocspy_alloc(size);
  if (block == nullptr) {
    throw std::bad_alloc();
  }
  return block;
}

class careless_log {
public:
  careless_log() : m_lines(allocate_or_throw(109)) {}
  careless_log(const careless_log&) = delete;
  careless_log& operator=(const careless_log&) = delete;
  ~careless_log() {
    void* formatted = allocate_or_throw(223); // planted
    mallocspy_free(formatted);
    mallocspy_free(m_lines);
  }

private:
  void* m_lines;
};

class careful_log {
public:
  careful_log() : m_lines(allocate_or_throw(109)) {}
  careful_log(const careful_log&) = delete;
  careful_log& operator=(const careful_log&) = delete;
  ~careful_log() {
    mallocspy_free(m_lines);
  }
  // May fail, and so is not the destructor's.
  void flush() {
    mallocspy_free(allocate_or_throw(223));
  }

private:
  void* m_lines;
};

} // namespace

int failing_destructor_planted(void) {
  const careless_log log;
  return 1;
}

int failing_destructor_corrected(void) {
  careful_log log;
  log.flush();
  return 1;
}
