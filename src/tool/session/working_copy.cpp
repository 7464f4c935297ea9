// SPDX-License-Identifier: MIT
#include "tool/session/working_copy.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>
#include <stdexcept>
#include <utility>

namespace mallocspy::tool {

namespace fs = std::filesystem;

namespace {

// A file that may not be read is none for the program either. All else, a full disk first of all, is an error: the program
// would run without it.
void require_copied(const std::error_code& error, const fs::path& file) {
  if (error && error != std::errc::permission_denied) {
    throw fs::filesystem_error("copy", file, error);
  }
}

// What can be copied: no sockets, pipes and devices. As deep as folders are. NOLINTNEXTLINE(misc-no-recursion)
void copy_folder(const fs::path& from, const fs::path& to) {
  fs::create_directories(to);
  for (const fs::directory_entry& entry : fs::directory_iterator(from, fs::directory_options::skip_permission_denied)) {
    std::error_code ignored;
    std::error_code error;
    const fs::path target = to / entry.path().filename();
    if (entry.is_symlink(ignored)) {
      fs::copy_symlink(entry.path(), target, error);
    } else if (entry.is_directory(ignored)) {
      copy_folder(entry.path(), target);
    } else if (entry.is_regular_file(ignored)) {
      fs::copy_file(entry.path(), target, error);
      if (!error) {
        fs::last_write_time(target, entry.last_write_time(ignored), ignored);
      }
    }
    require_copied(error, entry.path());
  }
  std::error_code ignored;
  fs::permissions(to, fs::status(from, ignored).permissions() | fs::perms::owner_all, ignored);
}

std::set<std::string> names_in(const fs::path& folder) {
  std::set<std::string> names;
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, ignored)) {
    names.insert(entry.path().filename().string());
  }
  return names;
}

bool same_file(const fs::path& a, const fs::path& b) {
  std::error_code ignored;
  if (fs::symlink_status(a, ignored).type() != fs::symlink_status(b, ignored).type()) {
    return false;
  }
  if (fs::is_symlink(a, ignored)) {
    return fs::read_symlink(a, ignored) == fs::read_symlink(b, ignored);
  }
  if (fs::file_size(a, ignored) != fs::file_size(b, ignored)) {
    return false;
  }
  // Copies have the time of what they are copies of. A clock ticks a few times in the time in which programs write.
  const fs::file_time_type time = fs::last_write_time(a, ignored);
  const bool is_old = time < fs::file_time_type::clock::now() - std::chrono::seconds(2);
  if (is_old && time == fs::last_write_time(b, ignored)) {
    return true;
  }
  std::ifstream in_a(a, std::ios::binary);
  std::ifstream in_b(b, std::ios::binary);
  return std::equal(std::istreambuf_iterator<char>(in_a), std::istreambuf_iterator<char>(),
                    std::istreambuf_iterator<char>(in_b));
}

} // namespace

std::uint64_t working_copy::size_if_small(const std::string& folder) try {
  std::uint64_t bytes = 0;
  std::uint64_t files = 0;
  for (const fs::directory_entry& entry :
       fs::recursive_directory_iterator(folder, fs::directory_options::skip_permission_denied)) {
    std::error_code ignored;
    ++files;
    if (entry.is_regular_file(ignored) && !entry.is_symlink(ignored)) {
      const std::uint64_t size = entry.file_size(ignored);
      bytes += ignored ? 0 : size;
    }
    if (bytes > most_bytes || files > most_files) {
      throw std::runtime_error(folder + ": too large to be copied for each run of the program (more than " +
                               std::to_string(most_bytes >> 20) + " MiB or " + std::to_string(most_files) +
                               " files): run it in a smaller folder, or with --in-place");
    }
  }
  return bytes;
} catch (const fs::filesystem_error& e) {
  throw std::runtime_error(folder + ": cannot be read: " + e.code().message());
}

working_copy::working_copy(const std::string& of, std::string place) : m_place(std::move(place)) {
  try {
    fs::create_directories(temporary());
    copy_folder(of, folder());
  } catch (const fs::filesystem_error& e) {
    std::error_code ignored;
    fs::remove_all(m_place, ignored);
    throw std::runtime_error((e.path1().empty() ? of : e.path1().string()) + ": cannot be copied: " + e.code().message());
  }
}

working_copy::~working_copy() {
  std::error_code ignored;
  fs::remove_all(m_place, ignored);
}

// As deep as folders are. NOLINTNEXTLINE(misc-no-recursion)
std::string first_difference(const std::string& a, const std::string& b) {
  const std::set<std::string> in_a = names_in(a);
  const std::set<std::string> in_b = names_in(b);
  std::set<std::string> all = in_a;
  all.insert(in_b.begin(), in_b.end());
  for (const std::string& name : all) {
    if (in_a.count(name) == 0 || in_b.count(name) == 0) {
      return name;
    }
    const fs::path path_a = fs::path(a) / name;
    const fs::path path_b = fs::path(b) / name;
    std::error_code ignored;
    const bool folders =
        fs::is_directory(fs::symlink_status(path_a, ignored)) && fs::is_directory(fs::symlink_status(path_b, ignored));
    if (folders) {
      const std::string inner = first_difference(path_a.string(), path_b.string());
      if (!inner.empty()) {
        return std::string(name).append("/").append(inner);
      }
    } else if (!same_file(path_a, path_b)) {
      return name;
    }
  }
  return {};
}

} // namespace mallocspy::tool
