// SPDX-License-Identifier: MIT
#include "testing/report/suppressions.hpp"

#include "testing/report/frame_globs.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace mallocspy::testing_detail {

namespace {

[[noreturn]] void refuse(const std::string& place, const std::string& why) {
  throw std::runtime_error(place + why);
}

std::string place_in(const std::string& name, unsigned long line) {
  return name + ":" + std::to_string(line) + ": ";
}

std::string without_comment(const std::string& line) {
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '#' && (i == 0 || line[i - 1] == ' ' || line[i - 1] == '\t')) {
      return line.substr(0, i);
    }
  }
  return line;
}

} // namespace

suppressions suppressions::from_file(const std::string& path) {
  std::ifstream in(path);
  if (!in) {
    throw std::runtime_error(path + ": cannot be read: " + std::strerror(errno));
  }
  return from_stream(in, path);
}

suppressions suppressions::from_stream(std::istream& in, const std::string& name) {
  suppressions all;
  std::string line;
  for (unsigned long number = 1; std::getline(in, line); ++number) {
    const std::string text = without_comment(line);
    if (text.find_first_not_of(" \t\r") != std::string::npos) {
      all.m_rules.push_back(read_rule(text, place_in(name, number)));
    }
  }
  if (in.bad()) {
    throw std::runtime_error(name + ": cannot be read");
  }
  return all;
}

suppressions::rule suppressions::read_rule(const std::string& line, const std::string& place) {
  std::istringstream words(line);
  std::string word;
  words >> word;
  rule r{line.substr(0, line.find_last_not_of(" \t\r") + 1), word == "*", verdict::crash, {}};
  while (!r.any_verdict && word != name_of(r.what)) {
    r.what = static_cast<verdict>(static_cast<unsigned>(r.what) + 1);
    if (!is_finding(r.what)) {
      refuse(place, "'" + word + "' is no verdict: crash, corrupt, hang, leak, silent or *");
    }
  }
  while (words >> word) {
    r.patterns.push_back(read_pattern(word, place));
  }
  if (r.patterns.empty()) {
    refuse(place, "no pattern behind '" + word + "': fun:..., mod:... or stack:...");
  }
  return r;
}

suppressions::pattern suppressions::read_pattern(const std::string& word, const std::string& place) {
  const std::size_t colon = word.find(':');
  const std::string key = word.substr(0, colon);
  const std::string glob = colon == std::string::npos ? "" : word.substr(colon + 1);
  if (glob.empty() || (key != "fun" && key != "mod" && key != "stack")) {
    refuse(place, "'" + word + "' is no pattern: fun:..., mod:... or stack:...");
  }
  return {key == "fun"   ? pattern::subject::function
          : key == "mod" ? pattern::subject::module
                         : pattern::subject::stack,
          glob};
}

bool suppressions::matches(const pattern& p, const std::string& stack_id, const std::vector<frame_names>& frames) {
  if (p.of == pattern::subject::stack) {
    return fits(p.glob, stack_id);
  }
  for (const frame_names& frame : frames) {
    if (p.of == pattern::subject::function ? function_fits(p.glob, frame.function) : module_fits(p.glob, frame.module)) {
      return true;
    }
  }
  return false;
}

const std::string* suppressions::match(verdict what, const std::string& stack_id,
                                       const std::vector<frame_names>& frames) const {
  for (const rule& r : m_rules) {
    bool all = r.any_verdict ? is_finding(what) : r.what == what;
    for (const pattern& p : r.patterns) {
      all = all && matches(p, stack_id, frames);
    }
    if (all) {
      return &r.line;
    }
  }
  return nullptr;
}

} // namespace mallocspy::testing_detail
