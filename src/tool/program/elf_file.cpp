// SPDX-License-Identifier: MIT
#include "tool/program/elf_file.hpp"

#include <array>
#include <cstring>
#include <elf.h>
#include <fstream>
#include <link.h>
#include <stdexcept>

namespace mallocspy::tool {

namespace {

constexpr std::uint8_t own_width = sizeof(void*) == 8 ? ELFCLASS64 : ELFCLASS32;
constexpr std::uint8_t own_byte_order = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB;
constexpr std::uint64_t longest_interpreter = 4096;

template <class Header> bool read_at(std::ifstream& in, std::uint64_t offset, Header& header) {
  in.clear();
  return in.seekg(static_cast<std::streamoff>(offset)) && in.read(reinterpret_cast<char*>(&header), sizeof header);
}

void read_segments(std::ifstream& in, const ElfW(Ehdr) & header, elf_facts& facts) {
  for (unsigned i = 0; i < header.e_phnum && !facts.damaged; ++i) {
    ElfW(Phdr) segment{};
    facts.damaged = header.e_phentsize < sizeof segment ||
                    !read_at(in, header.e_phoff + std::uint64_t{i} * header.e_phentsize, segment);
    if (facts.damaged || segment.p_type != PT_INTERP) {
      continue;
    }
    facts.damaged = segment.p_filesz == 0 || segment.p_filesz > longest_interpreter;
    if (!facts.damaged) {
      std::string name(segment.p_filesz, '\0');
      in.seekg(static_cast<std::streamoff>(segment.p_offset));
      facts.damaged = !in.read(name.data(), static_cast<std::streamsize>(name.size()));
      facts.interpreter = name.substr(0, name.find(char{})); // the terminator is in the file
    }
  }
}

} // namespace

std::optional<elf_facts> read_elf(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    throw std::runtime_error(path + ": cannot be read");
  }
  ElfW(Ehdr) header{};
  std::array<unsigned char, EI_NIDENT> identity{};
  if (!read_at(in, 0, identity) || std::memcmp(identity.data(), ELFMAG, SELFMAG) != 0) {
    return std::nullopt;
  }
  elf_facts facts{identity[EI_CLASS], identity[EI_DATA], EM_NONE, false, false, {}};
  // The machine stands at one place in both widths, and right after the type.
  std::array<unsigned char, EI_NIDENT + 4> begin{};
  facts.damaged = !read_at(in, 0, begin);
  const unsigned low = begin[EI_NIDENT + (facts.byte_order == ELFDATA2MSB ? 3 : 2)];
  const unsigned high = begin[EI_NIDENT + (facts.byte_order == ELFDATA2MSB ? 2 : 3)];
  facts.machine = static_cast<std::uint16_t>(high << 8U | low);
  if (facts.width != own_width || facts.byte_order != own_byte_order || facts.damaged) {
    return facts;
  }
  facts.damaged = !read_at(in, 0, header);
  facts.executable = header.e_type == ET_EXEC || header.e_type == ET_DYN;
  if (!facts.damaged && facts.executable) {
    read_segments(in, header, facts);
  }
  return facts;
}

std::string machine_name(const elf_facts& file) {
  const std::string bits = file.width == ELFCLASS64 ? "64-bit " : "32-bit ";
  const std::string order = file.byte_order == ELFDATA2MSB ? "big-endian " : "";
  switch (file.machine) {
  case EM_X86_64:
    return file.width == ELFCLASS64 ? "x86-64" : "x32";
  case EM_386:
    return "32-bit x86";
  case EM_AARCH64:
    return order + "AArch64";
  case EM_ARM:
    return order + "32-bit ARM";
  case EM_RISCV:
    return bits + "RISC-V";
  case EM_PPC64:
    return file.byte_order == ELFDATA2MSB ? "64-bit PowerPC" : "64-bit PowerPC, little-endian";
  case EM_S390:
    return bits + "S/390";
  default:
    return bits + order + "machine " + std::to_string(file.machine);
  }
}

} // namespace mallocspy::tool
