// SPDX-License-Identifier: MIT
#include "support/pointer_names.hpp"

#include <iterator>

namespace support {

void pointer_names::add(const std::string& name, const void* start, std::size_t size) {
  const auto first = reinterpret_cast<std::uintptr_t>(start);
  auto it = m_blocks.lower_bound(first);
  if (it != m_blocks.begin()) {
    const auto before = std::prev(it);
    if (first - before->first < before->second.size) {
      it = before;
    }
  }
  while (it != m_blocks.end() && (it->first == first || it->first < first + size)) {
    it = m_blocks.erase(it);
  }
  m_blocks[first] = {size, name};
}

std::string pointer_names::of(const void* p) const {
  if (p == nullptr) {
    return "NULL";
  }
  const auto address = reinterpret_cast<std::uintptr_t>(p);
  auto it = m_blocks.upper_bound(address);
  if (it == m_blocks.begin()) {
    return "?";
  }
  --it;
  const std::uintptr_t offset = address - it->first;
  if (offset > it->second.size) {
    return "?";
  }
  return offset == 0 ? it->second.name : it->second.name + "+" + std::to_string(offset);
}

} // namespace support
