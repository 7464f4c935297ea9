// SPDX-License-Identifier: MIT
// The folder that the command shares with the programs it starts. Removed at the end, whatever happened.
#pragma once

#include "tool/preload/session.hpp"

#include <cstdint>
#include <string>

namespace mallocspy::tool {

class session_folder {
public:
  // effects: makes the folder, in memory where the system has such a place, and the session in it
  // room: bytes that will be put into it besides
  // errors: std::runtime_error with one line
  explicit session_folder(task what, std::uint64_t room = 0);
  ~session_folder();
  session_folder(const session_folder&) = delete;
  session_folder& operator=(const session_folder&) = delete;

  session& shared() noexcept {
    return *m_session;
  }
  const session& shared() const noexcept {
    return *m_session;
  }
  const std::string& path() const noexcept {
    return m_path;
  }
  // returns: the path of a file in it
  std::string file(const std::string& name) const {
    return m_path + "/" + name;
  }

  // effects: forgets who was armed: the next program that starts will be
  void disarm() noexcept;

private:
  std::string m_path;
  session* m_session;
};

} // namespace mallocspy::tool
