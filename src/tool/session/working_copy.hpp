// SPDX-License-Identifier: MIT
// A copy of a folder, in which a program can do what it likes.
#pragma once

#include <cstdint>
#include <string>

namespace mallocspy::tool {

class working_copy {
public:
  // More than this is not copied.
  static constexpr std::uint64_t most_bytes = std::uint64_t{256} << 20;
  static constexpr std::uint64_t most_files = 20000;

  // returns: bytes of the files in a folder
  // errors: std::runtime_error with one line: the folder cannot be read, or is larger than what is copied
  static std::uint64_t size_if_small(const std::string& folder);

  // effects: copies the folder "of" into `place`, which must not be there, with links and rights as they are. Beside it an
  //   empty folder for temporary files. Files that may not be read are left out
  // errors: std::runtime_error with one line, and nothing is left: it cannot be read, or there is no room for the copy
  working_copy(const std::string& of, std::string place);
  // effects: removes both
  ~working_copy();
  working_copy(const working_copy&) = delete;
  working_copy& operator=(const working_copy&) = delete;

  std::string folder() const {
    return m_place + "/work";
  }
  std::string temporary() const {
    return m_place + "/tmp";
  }

private:
  std::string m_place;
};

// returns: the first file that differs in two folders, by its path in them; empty if none does. Contents, and what is there
std::string first_difference(const std::string& a, const std::string& b);

} // namespace mallocspy::tool
