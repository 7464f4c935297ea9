// SPDX-License-Identifier: MIT
#include "tool/verbs/replay_command.hpp"

namespace mallocspy::tool {

namespace {

std::string quoted(const std::string& word) {
  constexpr const char* plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789%+,-./:=@_";
  if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) {
    return word;
  }
  std::string out = "'";
  for (const char c : word) {
    out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  }
  return out + "'";
}

} // namespace

std::string shell_line(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) {
    line += (line.empty() ? "" : " ") + quoted(word);
  }
  return line;
}

std::string replay_command(const sweep_command& sweep, const sweep_finding& finding, replay_by how) {
  std::vector<std::string> words = {"mallocspy", "fail"};
  const auto add = [&words](const char* option, const std::string& value) {
    words.emplace_back(option);
    words.push_back(value);
  };
  if (how == replay_by::number) {
    add("--nth", std::to_string(finding.allocation));
  } else {
    add("--stack", finding.stack_id);
    if (finding.occurrence != 1) {
      add("--occurrence", std::to_string(finding.occurrence));
    }
  }
  const sweep_mode mode = sweep.sweep.mode;
  if (mode == sweep_mode::all_after || mode == sweep_mode::in_a_row) {
    add("--mode", name_of(mode));
  }
  if (mode == sweep_mode::in_a_row) {
    add("--count", std::to_string(sweep.sweep.in_a_row));
  }
  if (mode == sweep_mode::budget) {
    add("--budget", std::to_string(sweep.sweep.budget));
  }
  for (const std::string& name : sweep.program.follow) {
    add("--follow", name);
  }
  words.emplace_back("--");
  words.insert(words.end(), sweep.program.words.begin(), sweep.program.words.end());
  return shell_line(words);
}

} // namespace mallocspy::tool
