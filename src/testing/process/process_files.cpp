// SPDX-License-Identifier: MIT
// Which files are open, and how a copy of the process gets its own. Only Linux tells and does that.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#include "testing/process/open_files.hpp"

#if defined(__linux__)

#include "testing/process/nameless_file.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace mallocspy::testing_detail {

namespace {

// As the kernel's getdents64 gives them; the C library's opendir allocates.
struct entry {
  std::uint64_t inode;
  std::int64_t next;
  unsigned short length;
  unsigned char type;
  char name[1];
};

int number_in(const char* name) noexcept {
  int value = 0;
  for (; *name >= '0' && *name <= '9'; ++name) {
    value = value * 10 + (*name - '0');
  }
  return *name == '\0' ? value : -1;
}

bool is_stateless_device(const struct stat& facts) noexcept {
  constexpr unsigned memory_devices = 1; // null, zero, full, random, urandom
  return S_ISCHR(facts.st_mode) && major(facts.st_rdev) == memory_devices;
}

bool is_terminal(const struct stat& facts) noexcept {
  const unsigned kind = major(facts.st_rdev);
  return S_ISCHR(facts.st_mode) && (kind == 4 || kind == 5 || (kind >= 136 && kind <= 143));
}

file_kind kind_of(const struct stat& facts) noexcept {
  return S_ISREG(facts.st_mode)       ? file_kind::regular
         : S_ISDIR(facts.st_mode)     ? file_kind::directory
         : is_stateless_device(facts) ? file_kind::null
         : is_terminal(facts)         ? file_kind::terminal
         : S_ISFIFO(facts.st_mode)    ? file_kind::pipe
         : S_ISSOCK(facts.st_mode)    ? file_kind::socket
                                      : file_kind::other;
}

// "/proc/self/fd/7"
struct descriptor_path {
  explicit descriptor_path(int descriptor) noexcept {
    char digits[12];
    std::size_t count = 0;
    do {
      digits[count++] = static_cast<char>('0' + descriptor % 10);
      descriptor /= 10;
    } while (descriptor != 0);
    char* at = text + std::strlen(text);
    while (count != 0) {
      *at++ = digits[--count];
    }
    *at = '\0';
  }
  char text[32] = "/proc/self/fd/";
};

bool add(open_files& files, int descriptor) noexcept {
  struct stat facts {};
  const int flags = ::fcntl(descriptor, F_GETFL);
  if (flags < 0 || ::fstat(descriptor, &facts) != 0) {
    return true; // closed meanwhile
  }
  if (files.count == open_files::most) {
    return false;
  }
  const bool own = S_ISREG(facts.st_mode) && ::fcntl(descriptor, F_GET_SEALS) >= 0 && facts.st_nlink == 0;
  files.file[files.count++] = {descriptor, flags, kind_of(facts), own, facts.st_dev, facts.st_ino, facts.st_size};
  return true;
}

// effects: puts the position of one file to another. returns: the other; -1, and it is closed, on failure
int with_position_of(int from, int to) noexcept {
  const off_t position = ::lseek(from, 0, SEEK_CUR);
  if (position < 0 || ::lseek(to, position, SEEK_SET) < 0) {
    ::close(to);
    return -1;
  }
  return to;
}

bool copy_all(int from, off_t size, int to) noexcept {
  char buffer[16384];
  for (off_t at = 0; at < size;) {
    const ssize_t got = ::pread(from, buffer, sizeof buffer, at);
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got <= 0) {
      return got == 0;
    }
    if (::pwrite(to, buffer, static_cast<std::size_t>(got), at) != got) {
      return false;
    }
    at += got;
  }
  return true;
}

} // namespace

void list_open_files(open_files& files, int first_hidden) noexcept {
  files.count = 0;
  files.complete = false;
  const int folder = ::open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) {
    return;
  }
  files.complete = true;
  alignas(8) char buffer[8192];
  for (;;) {
    const long got = ::syscall(SYS_getdents64, folder, buffer, sizeof buffer);
    if (got <= 0) {
      files.complete = files.complete && got == 0;
      break;
    }
    for (long at = 0; at < got;) {
      const auto* e = reinterpret_cast<const entry*>(buffer + at);
      at += e->length;
      const int descriptor = number_in(e->name);
      if (descriptor >= 0 && descriptor < first_hidden && descriptor != folder) {
        files.complete = add(files, descriptor) && files.complete;
      }
    }
  }
  ::close(folder);
}

int reopen(const open_file& file) noexcept {
  // O_TMPFILE and the like are of the first opening only.
  const int flags = file.flags & (O_ACCMODE | O_APPEND | O_NONBLOCK | O_DIRECTORY | O_PATH);
  const int fresh = ::open(descriptor_path(file.descriptor).text, flags | O_CLOEXEC);
  if (fresh < 0 || (flags & O_PATH) != 0) {
    return fresh;
  }
  return with_position_of(file.descriptor, fresh);
}

int copy_to_memory(const open_file& file, bool with_contents) noexcept {
  const int copy = make_nameless_file("mallocspy copy");
  if (copy < 0) {
    return -1;
  }
  if (!with_contents) {
    if (::ftruncate(copy, file.size) != 0) {
      ::close(copy);
      return -1;
    }
    return with_position_of(file.descriptor, copy);
  }
  // What is open for writing only is read through another opening.
  const int readable = (file.flags & O_ACCMODE) == O_WRONLY
                           ? ::open(descriptor_path(file.descriptor).text, O_RDONLY | O_CLOEXEC)
                           : file.descriptor;
  const bool copied = readable >= 0 && copy_all(readable, file.size, copy);
  if (readable >= 0 && readable != file.descriptor) {
    ::close(readable);
  }
  if (!copied) {
    ::close(copy);
    return -1;
  }
  if ((file.flags & O_APPEND) != 0) {
    ::fcntl(copy, F_SETFL, O_APPEND);
  }
  return with_position_of(file.descriptor, copy);
}

} // namespace mallocspy::testing_detail

#else

namespace mallocspy::testing_detail {

void list_open_files(open_files& files, int) noexcept {
  files.count = 0;
  files.complete = false;
}

int reopen(const open_file&) noexcept {
  return -1;
}

int copy_to_memory(const open_file&, bool) noexcept {
  return -1;
}

} // namespace mallocspy::testing_detail

#endif
