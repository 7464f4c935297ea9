// SPDX-License-Identifier: MIT
#include "blocks/line.hpp"

#include <cerrno>
#include <cstdlib>
#include <initializer_list>
#include <mallocspy/testing/sweep_options.hpp>
#include <string>

namespace mallocspy {

namespace {

bool read_number(const std::string& text, std::uint64_t& value) {
  char* end = nullptr;
  errno = 0;
  const std::uint64_t read = std::strtoull(text.c_str(), &end, 10);
  if (text.empty() || text[0] == '-' || *end != '\0' || errno != 0) {
    return false;
  }
  value = read;
  return true;
}

template <class Number> bool read_positive(const std::string& text, Number& value) {
  std::uint64_t read = 0;
  if (!read_number(text, read) || read == 0 || read > 1000000000) {
    return false;
  }
  value = static_cast<Number>(read);
  return true;
}

// "7", "0123456789abcdef" or "0123456789abcdef:2"
bool read_only(const std::string& text, sweep_options& options) {
  const std::size_t colon = text.find(':');
  const std::string stack = text.substr(0, colon);
  if (stack.size() == 16 && stack.find_first_not_of("0123456789abcdef") == std::string::npos) {
    options.only_stack = stack;
    return colon == std::string::npos || read_positive(text.substr(colon + 1), options.only_occurrence);
  }
  return colon == std::string::npos && read_positive(text, options.only);
}

bool read_mode(const std::string& text, sweep_options& options) {
  for (const sweep_mode mode : {sweep_mode::once, sweep_mode::all_after, sweep_mode::in_a_row, sweep_mode::budget}) {
    if (text == name_of(mode)) {
      options.mode = mode;
      return true;
    }
  }
  return false;
}

// "2/4"
bool read_shard(const std::string& text, sweep_options& options) {
  const std::size_t slash = text.find('/');
  unsigned shard = 0;
  unsigned shards = 0;
  if (slash == std::string::npos || !read_positive(text.substr(0, slash), shard) ||
      !read_positive(text.substr(slash + 1), shards) || shard > shards) {
    return false;
  }
  options.shard = shard;
  options.shards = shards;
  return true;
}

bool read_flag(const std::string& text, bool& flag) {
  if (text != "0" && text != "1") {
    return false;
  }
  flag = text == "1";
  return true;
}

template <class Read> void read_variable(const char* name, Read&& read) {
  const char* text = std::getenv(name);
  if (text != nullptr && *text != '\0' && !read(std::string(text))) {
    blocks::line().text(name).text(" cannot be '").text(text).text("'; it has no effect").write();
  }
}

} // namespace

void read_environment(sweep_options& options) {
  read_variable("MALLOCSPY_SWEEP_ONLY", [&](const std::string& t) { return read_only(t, options); });
  read_variable("MALLOCSPY_SWEEP_MODE", [&](const std::string& t) { return read_mode(t, options); });
  read_variable("MALLOCSPY_SWEEP_SHARD", [&](const std::string& t) { return read_shard(t, options); });
  read_variable("MALLOCSPY_SWEEP_JOBS", [&](const std::string& t) { return read_positive(t, options.jobs); });
  read_variable("MALLOCSPY_SWEEP_LIMIT", [&](const std::string& t) { return read_number(t, options.limit); });
  read_variable("MALLOCSPY_SWEEP_UNIQUE", [&](const std::string& t) { return read_flag(t, options.unique); });
  read_variable("MALLOCSPY_SWEEP_REPLAY", [&](const std::string& t) { return read_flag(t, options.always_replay); });
}

} // namespace mallocspy
