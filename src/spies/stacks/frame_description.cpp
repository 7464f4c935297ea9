// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock of its own.
#include "spies/stacks/frame_description.hpp"

#include "spies/stacks/dwarf_reader.hpp"
#include "spies/symbols/loaded_module.hpp"

#include <cstring>

namespace mallocspy::spies {

namespace {

// The index as every linker writes it: version 1; pairs of offsets to the index itself, sorted by function.
constexpr std::uint8_t index_version = 1;
constexpr std::uint8_t sorted_pairs = 0x3B;

struct index_entry {
  std::int32_t function;
  std::int32_t description;
};

// returns: the FDE of the last function at or before the address; null if there is none
const std::uint8_t* look_up(const std::uint8_t* index, std::uintptr_t address) noexcept {
  if (index[0] != index_version || index[3] != sorted_pairs) {
    return nullptr;
  }
  dwarf_reader reader(index + 4, index + 4 + 24);
  reader.pointer(index[1]);
  const std::uintptr_t count = reader.pointer(index[2]);
  if (!reader.ok() || count == 0) {
    return nullptr;
  }
  const auto* entries = reinterpret_cast<const index_entry*>(reader.position());
  const auto wanted = static_cast<std::intptr_t>(address - reinterpret_cast<std::uintptr_t>(index));
  std::uintptr_t low = 0;
  std::uintptr_t high = count;
  while (high - low > 1) {
    const std::uintptr_t middle = low + (high - low) / 2;
    (entries[middle].function <= wanted ? low : high) = middle;
  }
  return entries[low].function <= wanted ? index + entries[low].description : nullptr;
}

// returns: the bytes of an entry behind its length; empty for the 64-bit form, which no linker writes here
byte_range body(const std::uint8_t* entry) noexcept {
  std::uint32_t length = 0;
  std::memcpy(&length, entry, sizeof length);
  if (length >= 0xFFFFFFF0U) {
    length = 0;
  }
  return {entry + sizeof length, entry + sizeof length + length};
}

// returns: whether all of the CIE was understood
bool read_common(byte_range entry, frame_description& d) noexcept {
  dwarf_reader reader(entry.begin, entry.end);
  reader.fixed<std::uint32_t>(); // 0: a CIE
  const std::uint8_t version = reader.byte();
  const auto* augmentation = reinterpret_cast<const char*>(reader.position());
  while (reader.ok() && reader.byte() != 0) {
  }
  d.code_alignment = reader.uleb();
  d.data_alignment = reader.sleb();
  version == 1 ? reader.byte() : reader.uleb(); // the return address' register
  d.pointer_encoding = 0;
  d.is_signal_return = false;
  if (!reader.ok() || (augmentation[0] != 'z' && augmentation[0] != '\0')) {
    return false;
  }
  if (augmentation[0] == 'z') {
    const std::uint64_t length = reader.uleb();
    dwarf_reader data = reader;
    reader.skip(length);
    for (const char* letter = augmentation + 1; *letter != '\0'; ++letter) {
      switch (*letter) {
      case 'R':
        d.pointer_encoding = data.byte();
        break;
      case 'L':
        data.byte();
        break;
      case 'P':
        // How far it reaches is all that matters.
        data.pointer(data.byte() & pointer_format);
        break;
      case 'S':
        d.is_signal_return = true;
        break;
      case 'B': // aarch64: signed return addresses
        break;
      default:
        return false;
      }
    }
    if (!data.ok()) {
      return false;
    }
  }
  d.common = {reader.position(), entry.end};
  return reader.ok();
}

} // namespace

frame_description find_description(std::uintptr_t address) noexcept {
  const loaded_module module = find_module(address);
  const std::uint8_t* entry = module.frame_index == nullptr ? nullptr : look_up(module.frame_index, address);
  if (entry == nullptr) {
    return {};
  }
  const byte_range own = body(entry);
  dwarf_reader reader(own.begin, own.end);
  const auto back = reader.fixed<std::uint32_t>(); // from here to the CIE
  frame_description d{};
  if (!reader.ok() || back == 0 || !read_common(body(own.begin - back), d)) {
    return {};
  }
  const std::uintptr_t function = reader.pointer(d.pointer_encoding);
  const std::uintptr_t size = reader.pointer(d.pointer_encoding & pointer_format);
  reader.skip(reader.uleb()); // augmentation: where the exception tables are
  if (!reader.ok() || address < function || address - function >= size) {
    return {};
  }
  d.own = {reader.position(), own.end};
  d.function = function;
  return d;
}

} // namespace mallocspy::spies
