// SPDX-License-Identifier: MIT
// Names for blocks, so that traces can be written down in advance: "p", "p+16", "NULL".
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

namespace support {

class pointer_names {
public:
  // effects: from now on the block is called that; blocks that were there before are forgotten
  void add(const std::string& name, const void* start, std::size_t size);

  // returns: the name of a block for its start; with "+n" for an address inside it or right behind it; "NULL"; else "?"
  std::string of(const void* p) const;

private:
  struct block {
    std::size_t size;
    std::string name;
  };
  std::map<std::uintptr_t, block> m_blocks;
};

} // namespace support
