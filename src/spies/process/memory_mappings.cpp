// SPDX-License-Identifier: MIT
#include "spies/process/memory_mappings.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace mallocspy::spies {

namespace {

// Reads a file line by line into a fixed buffer; of a longer line the rest is dropped.
class line_reader {
public:
  explicit line_reader(const char* path) noexcept : m_file(::open(path, O_RDONLY | O_CLOEXEC)) {}
  ~line_reader() {
    if (m_file >= 0) {
      ::close(m_file);
    }
  }
  line_reader(const line_reader&) = delete;
  line_reader& operator=(const line_reader&) = delete;

  bool is_open() const noexcept {
    return m_file >= 0;
  }
  // returns: the next line without its end; null at the end of the file
  const char* next() noexcept {
    std::size_t length = 0;
    for (;;) {
      if (m_at == m_filled && !fill()) {
        break;
      }
      const char c = m_buffer[m_at++];
      if (c == '\n') {
        m_line[length] = '\0';
        return m_line;
      }
      if (length + 1 < sizeof m_line) {
        m_line[length++] = c;
      }
    }
    m_line[length] = '\0';
    return length == 0 ? nullptr : m_line;
  }

private:
  bool fill() noexcept {
    ssize_t n = 0;
    do {
      n = ::read(m_file, m_buffer, sizeof m_buffer);
    } while (n < 0 && errno == EINTR);
    m_at = 0;
    m_filled = n > 0 ? static_cast<std::size_t>(n) : 0;
    return n > 0;
  }

  int m_file;
  std::size_t m_at = 0;
  std::size_t m_filled = 0;
  char m_buffer[4096];
  char m_line[512];
};

std::uintptr_t hexadecimal(const char*& at) noexcept {
  std::uintptr_t value = 0;
  for (;; ++at) {
    if (*at >= '0' && *at <= '9') {
      value = value * 16 + static_cast<std::uintptr_t>(*at - '0');
    } else if (*at >= 'a' && *at <= 'f') {
      value = value * 16 + static_cast<std::uintptr_t>(*at - 'a' + 10);
    } else {
      return value;
    }
  }
}

bool starts_with(const char* text, const char* begin) noexcept {
  return std::strncmp(text, begin, std::strlen(begin)) == 0;
}

// "7f3c1000-7f3c3000 rw-p 00000000 00:00 0    [heap]"
bool parse_header(const char* line, memory_mapping& mapping) noexcept {
  const char* at = line;
  mapping = {};
  mapping.begin = hexadecimal(at);
  if (at == line || *at != '-') {
    return false;
  }
  ++at;
  mapping.end = hexadecimal(at);
  if (std::strlen(at) < 5) {
    return false;
  }
  mapping.readable = at[1] == 'r';
  mapping.writable = at[2] == 'w';
  mapping.shared = at[4] == 's';
  const char* path = std::strchr(at, '/');
  mapping.device =
      path != nullptr && starts_with(path, "/dev/") && !starts_with(path, "/dev/shm/") && !starts_with(path, "/dev/zero");
  return true;
}

// "Rss:     12 kB"
std::size_t kilobytes(const char* line) noexcept {
  std::size_t value = 0;
  for (const char* at = line + std::strcspn(line, "0123456789"); *at >= '0' && *at <= '9'; ++at) {
    value = value * 10 + static_cast<std::size_t>(*at - '0');
  }
  return value << 10;
}

// "VmFlags: rd wr mr mw me ac nr nh": each flag has a blank in front
void parse_flags(const char* line, memory_mapping& mapping) noexcept {
  mapping.not_reserved = std::strstr(line, " nr") != nullptr;
  mapping.not_dumped = std::strstr(line, " dd") != nullptr;
  mapping.device = mapping.device || std::strstr(line, " io") != nullptr || std::strstr(line, " pf") != nullptr;
}

} // namespace

bool for_each_mapping(void (*visit)(void* context, const memory_mapping& mapping), void* context) noexcept {
  line_reader lines("/proc/self/smaps");
  if (!lines.is_open()) {
    return false;
  }
  memory_mapping mapping{};
  while (const char* line = lines.next()) {
    memory_mapping next{};
    if (parse_header(line, next)) {
      if (mapping.end != 0) {
        visit(context, mapping);
      }
      mapping = next;
    } else if (starts_with(line, "Rss:") || starts_with(line, "Swap:")) {
      mapping.present += kilobytes(line);
    } else if (starts_with(line, "VmFlags:")) {
      parse_flags(line, mapping);
    }
  }
  if (mapping.end != 0) {
    visit(context, mapping);
  }
  return true;
}

} // namespace mallocspy::spies
