// SPDX-License-Identifier: MIT
// The session of this process, if the command has started it, and whether this image is the one to arm.
#pragma once

#include "tool/preload/session.hpp"

namespace mallocspy::tool {

struct attached_session {
  session* shared = nullptr; // null: there is none
  bool is_armed = false;
  char folder[512] = {};

  // returns: a descriptor of a file in the session's folder; -1 if it cannot be opened
  int open(const char* name, int flags) const noexcept;
};

// image: what the program was called by
// effects: looks at the environment. Arms at most one image of the session, or each that is followed
attached_session attach_session(const char* image) noexcept;

} // namespace mallocspy::tool
