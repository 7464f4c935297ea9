// SPDX-License-Identifier: MIT
#include "testing/process/whole_file.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <stdexcept>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace mallocspy::testing_detail {

namespace {

[[noreturn]] void cannot_write(const std::string& path, int error) {
  throw std::runtime_error(path + ": cannot be written: " + std::generic_category().message(error));
}

// A file descriptor that is closed; what a full disk has to say may come only then.
class descriptor {
public:
  explicit descriptor(int fd) noexcept : m_fd(fd) {}
  ~descriptor() {
    close();
  }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;

  int get() const noexcept {
    return m_fd;
  }
  bool close() noexcept {
    const int fd = m_fd;
    m_fd = -1;
    return fd < 0 || ::close(fd) == 0;
  }

private:
  int m_fd;
};

bool write_all(int fd, const std::string& content) noexcept {
  for (std::size_t at = 0; at < content.size();) {
    const ssize_t written = ::write(fd, content.data() + at, content.size() - at);
    if (written < 0 && errno != EINTR) {
      return false;
    }
    at += written < 0 ? 0 : static_cast<std::size_t>(written);
  }
  return true;
}

// What is no regular file, and is there, is written to as it is.
bool is_special(const std::string& path) noexcept {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

void write_directly(const std::string& path, int fd, const std::string& content) {
  if (!write_all(fd, content)) {
    cannot_write(path, errno);
  }
}

// A link stays a link: what it points to is replaced.
std::string target_of(const std::string& path) {
  char* resolved = ::realpath(path.c_str(), nullptr);
  std::string target = resolved == nullptr ? path : resolved;
  std::free(resolved);
  return target;
}

} // namespace

void require_writable(const std::string& path) {
  if (path.empty() || path == "-") {
    return;
  }
  // Opening a pipe and closing it again would tell its reader that this was all.
  if (is_special(path)) {
    if (::access(path.c_str(), W_OK) != 0) {
      cannot_write(path, errno);
    }
    return;
  }
  const bool was_there = ::access(path.c_str(), F_OK) == 0;
  const descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
  if (file.get() < 0) {
    cannot_write(path, errno);
  }
  if (!was_there) {
    ::unlink(path.c_str());
  }
}

void write_output(const std::string& path, const std::string& content) {
  if (path.empty()) {
    return;
  }
  if (path == "-") {
    write_directly("standard output", STDOUT_FILENO, content);
    return;
  }
  if (is_special(path)) {
    descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (file.get() < 0) {
      cannot_write(path, errno);
    }
    write_directly(path, file.get(), content);
    if (!file.close()) {
      cannot_write(path, errno);
    }
    return;
  }
  const std::string target = target_of(path);
  const std::string beside = target + "." + std::to_string(::getpid()) + ".part";
  struct stat old {};
  const mode_t mode = ::stat(target.c_str(), &old) == 0 ? old.st_mode & 0777 : 0666;
  descriptor file(::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
  if (file.get() < 0) {
    cannot_write(path, errno);
  }
  const bool written = write_all(file.get(), content);
  int error = errno;
  const bool closed = file.close();
  error = written ? errno : error;
  if (!written || !closed || ::rename(beside.c_str(), target.c_str()) != 0) {
    error = written && closed ? errno : error;
    ::unlink(beside.c_str());
    cannot_write(path, error);
  }
}

} // namespace mallocspy::testing_detail
