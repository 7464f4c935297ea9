// SPDX-License-Identifier: MIT
#include "tool/session/session_folder.hpp"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <stdexcept>
#include <sys/mman.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace mallocspy::tool {

namespace {

std::string reason() {
  return std::generic_category().message(errno);
}

// What a session takes: the board of a large sweep, and output that is kept.
constexpr std::uint64_t own_room = std::uint64_t{48} << 20;

bool has_room(const std::string& place, std::uint64_t bytes) {
  std::error_code ignored;
  const std::filesystem::space_info space = std::filesystem::space(place, ignored);
  return !ignored && space.available >= bytes;
}

std::string make_folder(std::uint64_t room) {
  const char* temporary = std::getenv("TMPDIR");
  std::vector<std::string> places = {temporary == nullptr || *temporary == '\0' ? "/tmp" : temporary};
  // A place in memory that fills up would end whoever writes to the session.
  const std::string memory = "/dev/shm";
  if (has_room(memory, own_room + room)) {
    places.insert(places.begin(), memory);
  }
  std::string why;
  for (const std::string& place : places) {
    std::string path = place + "/mallocspy-XXXXXX";
    if (::mkdtemp(path.data()) != nullptr) {
      return path;
    }
    why = place + ": " + reason();
  }
  throw std::runtime_error("no temporary folder can be made: " + why);
}

session* make_session(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0 || ::ftruncate(file, sizeof(session)) != 0) {
    const std::string why = reason();
    if (file >= 0) {
      ::close(file);
    }
    throw std::runtime_error(path + ": cannot be made: " + why);
  }
  void* memory = ::mmap(nullptr, sizeof(session), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, file, 0);
  ::close(file);
  if (memory == MAP_FAILED) {
    throw std::runtime_error(path + ": cannot be mapped: " + reason());
  }
  return static_cast<session*>(memory);
}

} // namespace

session_folder::session_folder(task what, std::uint64_t room) : m_path(make_folder(room)) {
  try {
    m_session = make_session(file(session_file));
  } catch (...) {
    std::error_code ignored;
    std::filesystem::remove_all(m_path, ignored);
    throw;
  }
  m_session->magic = session::sound;
  m_session->what = what;
}

session_folder::~session_folder() {
  ::munmap(m_session, sizeof(session));
  std::error_code ignored;
  std::filesystem::remove_all(m_path, ignored);
}

void session_folder::disarm() noexcept {
  m_session->armed_process.store(0);
  m_session->ended.store(0);
}

} // namespace mallocspy::tool
