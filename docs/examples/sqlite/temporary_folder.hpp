// SPDX-License-Identifier: MIT
// A folder of our own for database files, gone with everything in it at the end of its scope.
#pragma once

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <string>

class temporary_folder {
public:
  temporary_folder() {
    std::error_code none;
    const std::filesystem::path parent = std::filesystem::temp_directory_path(none);
    if (none) {
      throw std::runtime_error("there is no folder for temporary files: TMPDIR must name one");
    }
    std::string name = (parent / "sqlite_demo.XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) {
      throw std::runtime_error("cannot make the folder " + name + ": " + std::strerror(errno));
    }
    m_path = name;
  }
  ~temporary_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(m_path, ignored);
  }
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;

  const std::filesystem::path& path() const {
    return m_path;
  }

private:
  std::filesystem::path m_path;
};
