// SPDX-License-Identifier: MIT
// A folder that goes when its test ends, with all that is in it.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace mallocspy::tests {

class temporary_folder {
public:
  temporary_folder() : m_path((std::filesystem::temp_directory_path() / "mallocspy-XXXXXX").string()) {
    if (::mkdtemp(m_path.data()) == nullptr) {
      throw std::runtime_error("no temporary folder");
    }
  }
  ~temporary_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(m_path, ignored);
  }
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;

  std::string operator/(const std::string& name) const {
    return m_path + "/" + name;
  }
  const std::string& path() const noexcept {
    return m_path;
  }
  // returns: the path of the new file
  std::string write(const std::string& name, const std::string& content) const {
    std::ofstream(*this / name, std::ios::binary) << content;
    return *this / name;
  }

private:
  std::string m_path;
};

inline std::string content_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

} // namespace mallocspy::tests
