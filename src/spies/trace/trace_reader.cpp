// SPDX-License-Identifier: MIT
// Not for hooks: allocates.
#include <mallocspy/spies/trace_reader.hpp>

#include "spies/trace/trace_format.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace mallocspy {

namespace {

using spies::record_kind;

// The bytes of a file, or of a part of it. What would lie behind the end reads as 0.
class bytes {
public:
  bytes(const char* begin, std::size_t size) : m_begin(begin), m_size(size) {}

  bool holds(std::size_t at, std::size_t size) const {
    return at <= m_size && size <= m_size - at;
  }
  template <class Record> Record read(std::size_t at) const {
    Record record{};
    if (holds(at, sizeof record)) {
      std::memcpy(&record, m_begin + at, sizeof record);
    }
    return record;
  }
  const char* text(std::size_t at) const {
    return m_begin + at;
  }
  std::size_t size() const {
    return m_size;
  }
  bytes part(std::size_t at, std::size_t size) const {
    return {m_begin + at, size};
  }

private:
  const char* m_begin;
  std::size_t m_size;
};

// returns: the size of the record; 0 if it does not fit into the rest
std::size_t read_stack(const bytes& records, std::size_t at, std::uint64_t count, trace_contents& trace) {
  const std::size_t size = sizeof(spies::stack_record) + count * 8;
  if (count > 4096 || !records.holds(at, size)) {
    return 0;
  }
  const auto record = records.read<spies::stack_record>(at);
  auto& addresses = trace.stacks[static_cast<std::uint32_t>(record.stack)];
  addresses.clear();
  for (std::size_t i = 0; i < count; ++i) {
    addresses.push_back(records.read<std::uint64_t>(at + sizeof record + i * 8));
  }
  return size;
}

std::size_t read_module(const bytes& records, std::size_t at, std::uint64_t path_bytes, trace_contents& trace) {
  const std::size_t size = sizeof(spies::module_record) + path_bytes;
  if (path_bytes > 65536 || !records.holds(at, size)) {
    return 0;
  }
  const auto record = records.read<spies::module_record>(at);
  const char* path = records.text(at + sizeof record);
  trace.modules.push_back({record.begin, record.end, record.bias, std::string(path, ::strnlen(path, path_bytes))});
  return size;
}

std::size_t read_event(const bytes& records, std::size_t at, trace_contents& trace) {
  if (!records.holds(at, sizeof(spies::event_record))) {
    return 0;
  }
  const auto record = records.read<spies::event_record>(at);
  const auto kind = static_cast<trace_event_kind>(record.number_and_kind & ((1U << spies::kind_bits) - 1));
  trace.events.push_back(
      {record.number_and_kind >> spies::kind_bits, kind, record.address, record.size, record.stack, record.thread});
  return sizeof record;
}

// returns: whether all of the chunk was understood
bool read_records(const bytes& records, trace_contents& trace) {
  for (std::size_t at = 0; at < records.size();) {
    const auto first = records.read<std::uint64_t>(at);
    const std::uint64_t number = first >> spies::kind_bits;
    std::size_t size = 0;
    switch (static_cast<record_kind>(first & ((1U << spies::kind_bits) - 1))) {
    case record_kind::stack:
      size = read_stack(records, at, number, trace);
      break;
    case record_kind::module:
      size = read_module(records, at, number, trace);
      break;
    case record_kind::allocated:
    case record_kind::freed:
    case record_kind::moved_from:
    case record_kind::moved_to:
    case record_kind::failed:
      size = read_event(records, at, trace);
      break;
    default:
      break;
    }
    if (size == 0) {
      return false;
    }
    at += size;
  }
  return true;
}

} // namespace

trace_contents read_trace(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    throw std::runtime_error(path + ": " + std::strerror(errno));
  }
  const std::string all((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const bytes content(all.data(), all.size());
  trace_contents trace;
  for (std::size_t at = 0; at < content.size();) {
    const auto header = content.read<spies::chunk_header>(at);
    if (header.mark != spies::chunk_mark) {
      // Behind a chunk that could not be written in full there may be others.
      trace.cut_off = true;
      at += 8;
      continue;
    }
    const std::size_t records = at + sizeof header;
    const bool whole = content.holds(records, header.bytes);
    const std::size_t size = whole ? header.bytes : content.size() - std::min(records, content.size());
    trace.process = header.process;
    const bool understood = read_records(content.part(std::min(records, content.size()), size), trace);
    trace.cut_off = trace.cut_off || !whole || !understood;
    at = whole ? records + header.bytes : at + 8;
  }
  if (trace.process == 0 && !all.empty()) {
    throw std::runtime_error(path + ": this is no trace of mallocspy");
  }
  std::sort(trace.events.begin(), trace.events.end(),
            [](const trace_event& a, const trace_event& b) { return a.number < b.number; });
  return trace;
}

} // namespace mallocspy
