// SPDX-License-Identifier: MIT
// What the headers of an executable say: all that decides whether a library can be preloaded.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace mallocspy::tool {

struct elf_facts {
  std::uint8_t width;      // ELFCLASS32, ELFCLASS64
  std::uint8_t byte_order; // ELFDATA2LSB, ELFDATA2MSB
  std::uint16_t machine;   // EM_X86_64 ...
  bool executable;         // of a type that can be run
  bool damaged;            // headers point outside of the file
  std::string interpreter; // the dynamic linker; empty: the program is static
};

// returns: nothing if the file is no ELF file. For one with another width or byte order only what is above `executable`
// errors: std::runtime_error with one line, if it cannot be read
std::optional<elf_facts> read_elf(const std::string& path);

// returns: "x86-64", "AArch64" ...; "machine 243" for one without a name here
std::string machine_name(const elf_facts& file);

} // namespace mallocspy::tool
