// SPDX-License-Identifier: MIT
#include "tool/session/standard_input.hpp"

#include <cerrno>
#include <fcntl.h>
#include <fstream>
#include <stdexcept>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace mallocspy::tool {

std::string keep_standard_input(session_folder& folder, std::uint64_t limit) {
  struct stat facts {};
  if (::fstat(STDIN_FILENO, &facts) != 0) {
    return "/dev/null"; // it is closed
  }
  if (S_ISCHR(facts.st_mode)) {
    if (::isatty(STDIN_FILENO) == 1) {
      throw std::runtime_error(
          "standard input is a terminal, and the program runs many times: give it a file, or </dev/null");
    }
    return "/dev/null";
  }
  // A file too is copied from where it stands: it may have been read in part.
  std::string path = folder.file("stdin");
  std::ofstream out(path, std::ios::binary);
  std::vector<char> buffer(std::size_t{1} << 16);
  for (std::uint64_t kept = 0;;) {
    const ssize_t got = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got <= 0) {
      break;
    }
    kept += static_cast<std::uint64_t>(got);
    if (kept > limit) {
      throw std::runtime_error(
          "standard input has more than " + std::to_string(limit) +
          " bytes, which would be kept for each run: see --stdin-limit, or give the program a file by name");
    }
    if (!out.write(buffer.data(), got)) {
      throw std::runtime_error(path + ": standard input cannot be kept: no room");
    }
  }
  return path;
}

} // namespace mallocspy::tool
