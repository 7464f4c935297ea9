// SPDX-License-Identifier: MIT
#include <mallocspy/contract/identifiers.hpp>

#include "support/catch.hpp"

#include <array>
#include <cstring>

using namespace mallocspy;

namespace {

using bytes = std::array<unsigned char, 16>;

// The memory of an identifier, with its first three members written from the most significant byte on.
bytes memory_of(const IID& id) {
  bytes raw{};
  std::memcpy(raw.data(), &id, raw.size());
  const std::uint16_t probe = 1;
  unsigned char low_first = 0;
  std::memcpy(&low_first, &probe, 1);
  if (low_first != 0) {
    return {raw[3], raw[2], raw[1],  raw[0],  raw[5],  raw[4],  raw[7],  raw[6],
            raw[8], raw[9], raw[10], raw[11], raw[12], raw[13], raw[14], raw[15]};
  }
  return raw;
}

} // namespace

TEST_CASE("interface identifiers are the published ones, byte for byte", "[contract][identifiers]") {
  CHECK(memory_of(IID_IUnknown) == bytes{0, 0, 0, 0x00, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46});
  CHECK(memory_of(IID_IMalloc) == bytes{0, 0, 0, 0x02, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46});
  CHECK(memory_of(IID_IMallocSpy) == bytes{0, 0, 0, 0x1D, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46});
}

TEST_CASE("the marker of concurrent spies never changes", "[contract][identifiers]") {
  CHECK(memory_of(IID_IConcurrentMallocSpy) ==
        bytes{0x28, 0x92, 0x46, 0x1A, 0x95, 0x56, 0x4D, 0x0A, 0xBA, 0xE2, 0xA6, 0x7B, 0xF1, 0x26, 0x53, 0x18});
}
