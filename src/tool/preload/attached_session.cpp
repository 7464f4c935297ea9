// SPDX-License-Identifier: MIT
#include "tool/preload/attached_session.hpp"

#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace mallocspy::tool {

namespace {

// effects: "a/b". returns: false if there is no room
bool join(const char* folder, const char* name, char* path, std::size_t room) noexcept {
  const std::size_t length = std::strlen(folder);
  if (length + 1 + std::strlen(name) >= room) {
    return false;
  }
  std::memcpy(path, folder, length); // what ends it follows. NOLINT(bugprone-not-null-terminated-result)
  path[length] = '/';
  std::strcpy(path + length + 1, name);
  return true;
}

// returns: whether the base name of this image is one of the names
bool is_followed(const char* names, const char* image) noexcept {
  const char* slash = std::strrchr(image, '/');
  const char* name = slash == nullptr ? image : slash + 1;
  const std::size_t length = std::strlen(name);
  for (const char* at = names; (at = std::strchr(at, '\n')) != nullptr; ++at) {
    if (std::strncmp(at + 1, name, length) == 0 && (at[1 + length] == '\n' || at[1 + length] == '\0')) {
      return true;
    }
  }
  return false;
}

} // namespace

int attached_session::open(const char* name, int flags) const noexcept {
  char path[600];
  return join(folder, name, path, sizeof path) ? ::open(path, flags | O_CLOEXEC, 0600) : -1;
}

attached_session attach_session(const char* image) noexcept {
  attached_session attached;
  const char* folder = std::getenv(session_variable);
  if (folder == nullptr || std::strlen(folder) >= sizeof attached.folder) {
    return attached;
  }
  std::strcpy(attached.folder, folder);
  const int file = attached.open(session_file, O_RDWR);
  if (file < 0) {
    return attached; // the command has ended, and this process lives on
  }
  void* memory = ::mmap(nullptr, sizeof(session), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, file, 0);
  ::close(file);
  if (memory == MAP_FAILED) {
    return attached;
  }
#if defined(MADV_DONTDUMP)
  ::madvise(memory, sizeof(session), MADV_DONTDUMP); // no root of a search for leaks
#endif
  auto* shared = static_cast<session*>(memory);
  if (shared->magic != session::sound) {
    ::munmap(memory, sizeof(session));
    return attached;
  }
  attached.shared = shared;
  if (shared->what == task::run) {
    attached.is_armed = shared->follow[0] == '\0' || is_followed(shared->follow, image);
    return attached;
  }
  if (shared->follow[0] == '\0' || is_followed(shared->follow, image)) {
    std::int32_t nobody = 0;
    attached.is_armed = shared->armed_process.compare_exchange_strong(nobody, ::getpid());
  }
  return attached;
}

} // namespace mallocspy::tool
