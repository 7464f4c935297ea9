// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#include "testing/process/shared_mappings.hpp"

#include <cerrno>
#include <cstdint>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace mallocspy::testing_detail {

namespace {

// The question that Linux 6.11 and later answer for one mapping, without writing out all of them. As in the kernel's
// linux/fs.h, which may be older here than the kernel is.
struct mapping_question {
  std::uint64_t size;
  std::uint64_t flags;
  std::uint64_t address;
  std::uint64_t begin; // from here on: the answer
  std::uint64_t end;
  std::uint64_t other[4];
  std::uint32_t device[2];
  std::uint32_t name_size;
  std::uint32_t build_id_size;
  std::uint64_t name_address;
  std::uint64_t build_id_address;
};
constexpr std::uint64_t writable = 0x02;
constexpr std::uint64_t shared = 0x08;
constexpr std::uint64_t here_or_next = 0x10;
constexpr unsigned long ask = _IOWR('f', 17, mapping_question);

// returns: false if the kernel does not know the question
bool ask_kernel(int maps, unsigned& count) noexcept {
  std::uint64_t address = 0;
  for (count = 0;; ++count) {
    mapping_question question{};
    question.size = sizeof question;
    question.flags = writable | shared | here_or_next;
    question.address = address;
    if (::ioctl(maps, ask, &question) != 0) {
      return errno == ENOENT; // there is none any more
    }
    address = question.end;
  }
}

// Reads the file letter by letter: "7f3c1000-7f3c3000 rw-s 00000000 00:05 17  /path".
class mapping_letters {
public:
  void read(char c) noexcept {
    if (c == '\n') {
      m_column = 0;
    } else if (m_column != 0 || c == ' ') {
      ++m_column; // 1 is the blank behind the addresses; then come the four letters of the rights
    }
    if (m_column == 3) {
      m_writable = c == 'w';
    }
    if (m_column == 5 && m_writable && c == 's') {
      ++m_count;
    }
  }
  unsigned count() const noexcept {
    return m_count;
  }

private:
  unsigned m_column = 0; // 0: in the addresses
  bool m_writable = false;
  unsigned m_count = 0;
};

unsigned read_file(int maps) noexcept {
  mapping_letters letters;
  char buffer[4096];
  for (;;) {
    const ssize_t got = ::read(maps, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got <= 0) {
      return letters.count();
    }
    for (ssize_t i = 0; i < got; ++i) {
      letters.read(buffer[i]);
    }
  }
}

} // namespace

unsigned count_shared_mappings() noexcept {
  const int maps = ::open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  if (maps < 0) {
    return 0;
  }
  unsigned count = 0;
  if (!ask_kernel(maps, count)) {
    count = read_file(maps);
  }
  ::close(maps);
  return count;
}

} // namespace mallocspy::testing_detail
