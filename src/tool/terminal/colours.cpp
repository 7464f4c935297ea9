// SPDX-License-Identifier: MIT
#include "tool/terminal/colours.hpp"

#include <cstdlib>
#include <cstring>
#include <sys/ioctl.h>
#include <unistd.h>

namespace mallocspy::tool {

bool is_terminal(int fd) noexcept {
  return ::isatty(fd) == 1;
}

bool wants_colours(colour_choice choice, int fd) noexcept {
  if (choice != colour_choice::automatic) {
    return choice == colour_choice::always;
  }
  const char* forbidden = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  return is_terminal(fd) && (forbidden == nullptr || *forbidden == '\0') &&
         (terminal == nullptr || std::strcmp(terminal, "dumb") != 0);
}

std::size_t terminal_columns(int fd) noexcept {
  struct winsize size {};
  return ::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col != 0 ? size.ws_col : 80;
}

} // namespace mallocspy::tool
