// SPDX-License-Identifier: MIT
// A message in the wire format of protocol buffers (developers' documentation of protobuf, "Encoding"): just what a profile
// needs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace mallocspy::spies {

class protobuf_message {
public:
  void number(unsigned field, std::uint64_t value) {
    if (value != 0) { // 0 is what a missing number means
      tag(field, 0);
      varint(m_bytes, value);
    }
  }
  void text(unsigned field, const std::string& value) {
    tag(field, 2);
    varint(m_bytes, value.size());
    m_bytes += value;
  }
  void message(unsigned field, const protobuf_message& value) {
    text(field, value.m_bytes);
  }
  void packed(unsigned field, const std::vector<std::uint64_t>& values) {
    std::string all;
    for (const std::uint64_t value : values) {
      varint(all, value);
    }
    text(field, all);
  }

  const std::string& bytes() const {
    return m_bytes;
  }

private:
  void tag(unsigned field, unsigned wire_type) {
    varint(m_bytes, field << 3 | wire_type);
  }
  static void varint(std::string& to, std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) {
      to += static_cast<char>(value | 0x80U);
    }
    to += static_cast<char>(value);
  }

  std::string m_bytes;
};

} // namespace mallocspy::spies
