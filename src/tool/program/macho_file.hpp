// SPDX-License-Identifier: MIT
// What the headers of an executable for macOS say: all that decides whether dyld inserts a library. Read without that
// system's headers, so that it can be tried out elsewhere.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mallocspy::tool {

// Numbers of the format: bits of cpu_type and cpu_subtype.
inline constexpr std::uint32_t macho_x86_64 = 0x01000007;
inline constexpr std::uint32_t macho_arm64 = 0x0100000C;
inline constexpr std::uint32_t macho_arm64e = 2; // cpu_subtype: its pointers are signed, and so must be a library's

// One architecture of the file.
struct macho_slice {
  std::uint32_t cpu_type;
  std::uint32_t cpu_subtype;
  bool executable;              // of the type that can be run
  bool damaged;                 // headers point outside of the file
  bool has_linker;              // dyld is named; else it is static
  bool restricted;              // a segment or the signature says so
  bool hardened;                // signed with the hardened runtime, or with validation of its libraries
  bool takes_variables;         // hardened, and entitled to dyld's variables
  bool takes_foreign_libraries; // hardened, and entitled to libraries of other signers
};

// returns: nothing if the file is no Mach-O file of 64 bits, and no fat file; else what lies in it
// errors: std::runtime_error with one line, if it cannot be read
std::optional<std::vector<macho_slice>> read_macho(const std::string& path);

// returns: "x86-64", "arm64", "arm64e"; "processor 18" for one without a name here
std::string processor_name(std::uint32_t cpu_type, std::uint32_t cpu_subtype);

// returns: why dyld would not insert a library of this processor into the program: the words behind "PATH: "; empty if it
//   does
std::string macho_refusal(const std::vector<macho_slice>& program, std::uint32_t cpu_type, std::uint32_t cpu_subtype);

// returns: whether the system protects what lies there: the programs that come with it
bool is_system_path(const std::string& path);

} // namespace mallocspy::tool
