// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#include "testing/process/open_files.hpp"

#include <cstring>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace mallocspy::testing_detail {

bool open_file::is_writable() const noexcept {
  return (flags & O_ACCMODE) != O_RDONLY;
}

const open_file* open_files::find(int descriptor) const noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    if (file[i].descriptor == descriptor) {
      return &file[i];
    }
  }
  return nullptr;
}

const open_file* open_files::other_end(const open_file& pipe) const noexcept {
  const open_file* other = nullptr;
  for (std::size_t i = 0; i < count; ++i) {
    if (file[i].descriptor != pipe.descriptor && file[i].kind == file_kind::pipe && file[i].is_same_file(pipe)) {
      if (other != nullptr || file[i].is_writable() == pipe.is_writable()) {
        return nullptr;
      }
      other = &file[i];
    }
  }
  return other;
}

bool is_empty_pipe(const open_file& file) noexcept {
  int waiting = 0;
  return ::ioctl(file.descriptor, FIONREAD, &waiting) == 0 && waiting == 0;
}

bool equal_contents(int a, off_t a_from, int b, off_t b_from) noexcept {
  char in_a[4096];
  char in_b[4096];
  for (;;) {
    const ssize_t n = ::pread(a, in_a, sizeof in_a, a_from);
    const ssize_t m = ::pread(b, in_b, sizeof in_b, b_from);
    if (n != m || n < 0) {
      return false;
    }
    if (n == 0) {
      return true;
    }
    if (std::memcmp(in_a, in_b, static_cast<std::size_t>(n)) != 0) {
      return false;
    }
    a_from += n;
    b_from += m;
  }
}

} // namespace mallocspy::testing_detail
