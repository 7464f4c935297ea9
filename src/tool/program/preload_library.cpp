// SPDX-License-Identifier: MIT
#include "tool/program/preload_library.hpp"

#include "testing/process/executable_path.hpp"
#include "tool/program/preloading.hpp"

#include <filesystem>
#include <stdexcept>

namespace mallocspy::tool {

namespace {

namespace fs = std::filesystem;

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

std::string usable(const fs::path& found) {
  std::error_code ignored;
  fs::path absolute = fs::canonical(found, ignored);
  std::string path = ignored ? found.string() : absolute.string();
  if (path.find_first_of(preload_separators) != std::string::npos) {
    throw std::runtime_error(path + ": cannot be preloaded: " + preload_variable + " takes no path with " +
                             preload_separator_names + "; move it");
  }
  return path;
}

} // namespace

std::string own_path() {
  char path[4096];
  testing_detail::executable_path(path, sizeof path);
  std::error_code ignored;
  const fs::path whole = fs::canonical(path, ignored); // macOS has it as it was called
  return ignored ? path : whole.string();
}

std::string find_preload_library(const std::string& command, const char* named) {
  if (named != nullptr && *named != '\0') {
    if (!is_file(named)) {
      throw std::runtime_error(std::string("MALLOCSPY_PRELOAD names ") + named + ", which is no file");
    }
    return usable(named);
  }
  const fs::path folder = fs::path(command).parent_path();
  std::string looked;
  for (const fs::path& place : {folder, folder / "../lib", folder / MALLOCSPY_LIBRARY_FOLDER}) {
    const fs::path candidate = (place / preload_file).lexically_normal();
    if (is_file(candidate)) {
      return usable(candidate);
    }
    if (looked.find(candidate.string()) == std::string::npos) {
      looked += (looked.empty() ? "" : ", ") + candidate.string();
    }
  }
  throw std::runtime_error(std::string(preload_file) + " is missing: it is neither at MALLOCSPY_PRELOAD nor one of " +
                           looked);
}

} // namespace mallocspy::tool
