// SPDX-License-Identifier: MIT
// Ctrl-C and the like: noted, so that the command can end its programs, and tell what it has found so far.
#pragma once

namespace mallocspy::tool {

class interruption {
public:
  // effects: until the end of this object SIGINT, SIGTERM and SIGHUP are noted; a second one ends the command. An ignored
  //   SIGHUP stays so, here and in programs that are started: nohup asks for that
  interruption() noexcept;
  ~interruption();
  interruption(const interruption&) = delete;
  interruption& operator=(const interruption&) = delete;

  // returns: the signal that came; 0 if none has
  static int signal() noexcept;
};

} // namespace mallocspy::tool
