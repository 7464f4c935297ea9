// SPDX-License-Identifier: MIT
#include "tool/session/followed_programs.hpp"

#include <cstring>
#include <stdexcept>

namespace mallocspy::tool {

void follow_programs(session& shared, const std::vector<std::string>& names) {
  std::string lines;
  for (const std::string& name : names) {
    lines += "\n" + name.substr(name.rfind('/') + 1);
  }
  if (lines.size() >= sizeof shared.follow) {
    throw std::runtime_error("--follow: too many names");
  }
  std::strcpy(shared.follow, lines.c_str());
}

} // namespace mallocspy::tool
