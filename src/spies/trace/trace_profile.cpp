// SPDX-License-Identifier: MIT
// Not for hooks: allocates.
#include "spies/trace/trace_profile.hpp"

#include "spies/stacks/stack_text.hpp"
#include "spies/symbols/debug_information.hpp"

#include <cstdlib>
#include <unordered_map>

namespace mallocspy::spies {

namespace {

struct live_block {
  std::uint32_t stack;
  std::uint64_t size;
};

std::string for_people(const std::string& linker_name) {
  char* readable = demangled(linker_name.c_str());
  std::string name = readable == nullptr ? linker_name : readable;
  std::free(readable);
  return name;
}

std::string hexadecimal(std::uint64_t value) {
  std::string digits;
  do {
    digits.insert(digits.begin(), "0123456789abcdef"[value % 16]);
    value /= 16;
  } while (value != 0);
  return "0x" + digits;
}

} // namespace

std::map<std::uint32_t, stack_sums> sum_by_stack(const trace_contents& trace) {
  std::map<std::uint32_t, stack_sums> sums;
  std::unordered_map<std::uint64_t, live_block> live;
  for (const trace_event& e : trace.events) {
    switch (e.kind) {
    case trace_event_kind::allocated:
    case trace_event_kind::moved_to:
      ++sums[e.stack].allocated_blocks;
      sums[e.stack].allocated_bytes += e.size;
      live[e.address] = {e.stack, e.size};
      break;
    case trace_event_kind::freed:
    case trace_event_kind::moved_from:
      live.erase(e.address);
      break;
    case trace_event_kind::failed:
      break;
    }
  }
  for (const auto& [address, block] : live) {
    ++sums[block.stack].live_blocks;
    sums[block.stack].live_bytes += block.size;
  }
  return sums;
}

frame_names::frame_names(const trace_contents& trace) : m_trace(trace) {
  for (const trace_module& module : trace.modules) {
    m_symbols.push_back(map_symbols(module.path.c_str()));
  }
}

const named_frame& frame_names::find(std::uint64_t return_address) {
  const auto known = m_known.find(return_address);
  if (known != m_known.end()) {
    return known->second;
  }
  named_frame frame{nullptr, return_address, "", hexadecimal(return_address)};
  for (std::size_t i = 0; i < m_trace.modules.size(); ++i) {
    const trace_module& module = m_trace.modules[i];
    if (return_address - 1 >= module.begin && return_address - 1 < module.end) {
      frame.module = &module;
      const found_symbol symbol = find_symbol(m_symbols[i], return_address - 1 - module.bias);
      if (symbol.name != nullptr) {
        frame.linker_name = symbol.name;
        frame.name = for_people(frame.linker_name);
      } else {
        frame.name = module.path.substr(module.path.rfind('/') + 1) + "+" + hexadecimal(return_address - module.bias);
      }
      break;
    }
  }
  return m_known.emplace(return_address, frame).first->second;
}

std::vector<std::uint64_t> frame_names::frames_of(std::uint32_t stack) {
  const auto found = m_trace.stacks.find(stack);
  if (found == m_trace.stacks.end()) {
    return {};
  }
  auto begin = found->second.begin();
  while (begin != found->second.end() && is_own_function(find(*begin).linker_name.c_str())) {
    ++begin;
  }
  return {begin, found->second.end()};
}

} // namespace mallocspy::spies
