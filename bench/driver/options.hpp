// SPDX-License-Identifier: MIT
// The command line.
#pragma once

#include <optional>
#include <regex>
#include <string>

namespace mallocspy::bench {

struct options {
  int rounds = 7;
  double seconds = 0.1; // of each timing
  int resident_rounds = 3;
  bool check = false;
  bool list = false;
  std::optional<std::regex> filter; // over "subject/row"
  std::string json_file;
  std::string svg_file;

  bool selects(const std::string& subject, const std::string& row) const;
};

// What the command line leaves to do: measure, or end with a status (help was printed, or an error in one line).
struct parsed {
  options chosen;
  std::optional<int> status;
};

parsed parse_options(int argc, char** argv);

} // namespace mallocspy::bench
