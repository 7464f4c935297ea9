// SPDX-License-Identifier: MIT
// The formats of viewers: pprof's profile.proto, and collapsed stacks. Not for hooks: allocates.
#include "spies/trace/protobuf_message.hpp"
#include "spies/trace/trace_profile.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <mallocspy/spies/trace_reader.hpp>
#include <stdexcept>

namespace mallocspy {

namespace {

using spies::protobuf_message;

void write_file(const std::string& path, const std::string& content) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(content.data(), static_cast<std::streamsize>(content.size()));
  file.close();
  if (!file) {
    throw std::runtime_error(path + ": " + std::strerror(errno));
  }
}

// Field numbers of profile.proto.
namespace profile {
constexpr unsigned sample_type = 1;
constexpr unsigned sample = 2;
constexpr unsigned mapping = 3;
constexpr unsigned location = 4;
constexpr unsigned function = 5;
constexpr unsigned string_table = 6;
constexpr unsigned default_sample_type = 14;
} // namespace profile

// Builds the message: each string, function and location once, numbered from 1 (strings: from 0, the empty one).
class profile_builder {
public:
  explicit profile_builder(const trace_contents& trace) : m_trace(trace), m_names(trace) {
    string("");
  }

  std::string build() {
    type("alloc_objects", "count");
    type("alloc_space", "bytes");
    type("inuse_objects", "count");
    type("inuse_space", "bytes");
    for (const auto& [stack, sums] : spies::sum_by_stack(m_trace)) {
      sample(stack, sums);
    }
    for (std::size_t i = 0; i < m_trace.modules.size(); ++i) {
      mapping(i);
    }
    for (const std::string& text : m_strings_in_order) {
      m_profile.text(profile::string_table, text);
    }
    m_profile.number(profile::default_sample_type, string("inuse_space"));
    return m_profile.bytes();
  }

private:
  std::uint64_t string(const std::string& text) {
    const auto [place, is_new] = m_strings.emplace(text, m_strings.size());
    if (is_new) {
      m_strings_in_order.push_back(text);
    }
    return place->second;
  }

  void type(const char* what, const char* unit) {
    protobuf_message value_type;
    value_type.number(1, string(what));
    value_type.number(2, string(unit));
    m_profile.message(profile::sample_type, value_type);
  }

  void sample(std::uint32_t stack, const spies::stack_sums& sums) {
    std::vector<std::uint64_t> locations;
    for (const std::uint64_t address : m_names.frames_of(stack)) {
      locations.push_back(location(address));
    }
    protobuf_message message;
    message.packed(1, locations);
    message.packed(2, {sums.allocated_blocks, sums.allocated_bytes, sums.live_blocks, sums.live_bytes});
    m_profile.message(profile::sample, message);
  }

  std::uint64_t location(std::uint64_t return_address) {
    const auto [place, is_new] = m_locations.emplace(return_address, m_locations.size() + 1);
    if (is_new) {
      const spies::named_frame& frame = m_names.find(return_address);
      protobuf_message message;
      message.number(1, place->second);
      if (frame.module != nullptr) {
        message.number(2, static_cast<std::uint64_t>(frame.module - m_trace.modules.data()) + 1);
      }
      message.number(3, return_address - 1); // inside the call, where the line is
      protobuf_message line;
      line.number(1, function(frame));
      message.message(4, line);
      m_profile.message(profile::location, message);
    }
    return place->second;
  }

  std::uint64_t function(const spies::named_frame& frame) {
    const auto [place, is_new] = m_functions.emplace(frame.name, m_functions.size() + 1);
    if (is_new) {
      protobuf_message message;
      message.number(1, place->second);
      message.number(2, string(frame.name));
      message.number(3, string(frame.linker_name.empty() ? frame.name : frame.linker_name));
      m_profile.message(profile::function, message);
    }
    return place->second;
  }

  void mapping(std::size_t i) {
    const trace_module& module = m_trace.modules[i];
    protobuf_message message;
    message.number(1, i + 1);
    message.number(2, module.begin);
    message.number(3, module.end);
    message.number(5, string(module.path));
    message.number(7, 1); // has_functions
    m_profile.message(profile::mapping, message);
  }

  const trace_contents& m_trace;
  spies::frame_names m_names;
  protobuf_message m_profile;
  std::map<std::string, std::uint64_t> m_strings;
  std::vector<std::string> m_strings_in_order;
  std::map<std::uint64_t, std::uint64_t> m_locations;
  std::map<std::string, std::uint64_t> m_functions;
};

std::uint64_t value_of(const spies::stack_sums& sums, trace_value value) {
  switch (value) {
  case trace_value::allocated_blocks:
    return sums.allocated_blocks;
  case trace_value::allocated_bytes:
    return sums.allocated_bytes;
  case trace_value::live_blocks:
    return sums.live_blocks;
  case trace_value::live_bytes:
    break;
  }
  return sums.live_bytes;
}

} // namespace

void write_pprof(const trace_contents& trace, const std::string& path) {
  write_file(path, profile_builder(trace).build());
}

void write_collapsed(const trace_contents& trace, const std::string& path, trace_value value) {
  spies::frame_names names(trace);
  std::map<std::string, std::uint64_t> lines;
  for (const auto& [stack, sums] : spies::sum_by_stack(trace)) {
    std::vector<std::uint64_t> frames = names.frames_of(stack);
    std::string line;
    for (auto address = frames.rbegin(); address != frames.rend(); ++address) {
      // A semicolon would end the function.
      std::string name = names.find(*address).name;
      std::replace(name.begin(), name.end(), ';', ':');
      line += (line.empty() ? "" : ";") + name;
    }
    lines[line.empty() ? "unknown" : line] += value_of(sums, value);
  }
  std::string all;
  for (const auto& [line, sum] : lines) {
    if (sum != 0) {
      all += line + " " + std::to_string(sum) + "\n";
    }
  }
  write_file(path, all);
}

} // namespace mallocspy
