// SPDX-License-Identifier: MIT
#include "tool/program/macho_file.hpp"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <stdexcept>

namespace mallocspy::tool {

namespace {

// Of the header and of load commands, in the processor's byte order: the small end first in all that matter here.
constexpr std::uint32_t magic_64 = 0xFEEDFACF;
constexpr std::uint32_t type_execute = 2;
constexpr std::uint32_t header_size = 32;
constexpr std::uint32_t command_linker = 0xE;
constexpr std::uint32_t command_segment = 0x19;
constexpr std::uint32_t command_signature = 0x1D;
constexpr std::uint32_t segment_size = 72;
constexpr std::uint32_t section_size = 80;
constexpr std::uint32_t most_commands = std::uint32_t{1} << 22;

// Of fat files and of signatures: the big end first.
constexpr std::uint32_t fat_magic = 0xCAFEBABE; // Java's classes begin so too, with a version where the count would be
constexpr std::uint32_t fat_magic_64 = 0xCAFEBABF;
constexpr std::uint32_t most_slices = 20;
constexpr std::uint32_t signature_magic = 0xFADE0CC0;
constexpr std::uint32_t directory_magic = 0xFADE0C02;
constexpr std::uint32_t entitlements_magic = 0xFADE7171;
constexpr std::uint32_t most_blobs = 64;
constexpr std::uint32_t flag_restrict = 0x800;
constexpr std::uint32_t flag_validate_libraries = 0x2000;
constexpr std::uint32_t flag_hardened = 0x10000;

class reader {
public:
  explicit reader(const std::string& path) : m_in(path, std::ios::binary) {
    if (!m_in) {
      throw std::runtime_error(path + ": cannot be read");
    }
  }
  // returns: bytes of the file; fewer where it ends before
  std::string read(std::uint64_t at, std::uint64_t size) {
    std::string bytes(static_cast<std::size_t>(size), '\0');
    m_in.clear();
    m_in.seekg(static_cast<std::streamoff>(at));
    m_in.read(bytes.data(), static_cast<std::streamsize>(size));
    bytes.resize(m_in.gcount() > 0 ? static_cast<std::size_t>(m_in.gcount()) : 0);
    return bytes;
  }

private:
  std::ifstream m_in;
};

unsigned byte_at(const std::string& bytes, std::size_t at) {
  return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0;
}

// returns: a number of 32 bits; zeros where there is no such byte
std::uint32_t little(const std::string& bytes, std::size_t at) {
  return byte_at(bytes, at) | byte_at(bytes, at + 1) << 8U | byte_at(bytes, at + 2) << 16U | byte_at(bytes, at + 3) << 24U;
}

std::uint32_t big(const std::string& bytes, std::size_t at) {
  return byte_at(bytes, at) << 24U | byte_at(bytes, at + 1) << 16U | byte_at(bytes, at + 2) << 8U | byte_at(bytes, at + 3);
}

std::uint64_t big_64(const std::string& bytes, std::size_t at) {
  return std::uint64_t{big(bytes, at)} << 32U | big(bytes, at + 4);
}

bool has_name(const std::string& bytes, std::size_t at, const char* name) {
  constexpr std::size_t room = 16;
  return at + room <= bytes.size() && std::strncmp(bytes.data() + at, name, room) == 0;
}

void read_signature(const std::string& bytes, macho_slice& slice) {
  if (big(bytes, 0) != signature_magic) {
    return;
  }
  const std::uint32_t blobs = std::min(big(bytes, 8), most_blobs);
  for (std::uint32_t i = 0; i < blobs; ++i) {
    const std::size_t at = big(bytes, 12 + std::size_t{i} * 8 + 4);
    const std::uint32_t magic = big(bytes, at);
    if (magic == directory_magic) {
      const std::uint32_t flags = big(bytes, at + 12);
      slice.restricted = slice.restricted || (flags & flag_restrict) != 0;
      slice.hardened = slice.hardened || (flags & (flag_hardened | flag_validate_libraries)) != 0;
    } else if (magic == entitlements_magic && at < bytes.size()) {
      const std::string text = bytes.substr(at, big(bytes, at + 4));
      const auto grants = [&text](const char* what) {
        return text.find(std::string("com.apple.security.cs.") + what) != std::string::npos;
      };
      slice.takes_variables = grants("allow-dyld-environment-variables");
      slice.takes_foreign_libraries = grants("disable-library-validation");
    }
  }
}

// A segment with this name and section has dyld pass over its variables.
bool is_restricting(const std::string& commands, std::size_t at, std::uint32_t size) {
  if (!has_name(commands, at + 8, "__RESTRICT")) {
    return false;
  }
  for (std::uint32_t from = segment_size; from + section_size <= size; from += section_size) {
    if (has_name(commands, at + from, "__restrict")) {
      return true;
    }
  }
  return false;
}

void read_commands(reader& in, std::uint64_t begin, const std::string& header, macho_slice& slice) {
  const std::uint32_t size = little(header, 20);
  const std::string commands = in.read(begin + header_size, std::min(size, most_commands));
  slice.damaged = commands.size() != size;
  std::size_t at = 0;
  for (std::uint32_t left = little(header, 16); left != 0 && !slice.damaged; --left) {
    const std::uint32_t length = little(commands, at + 4);
    if (length < 8 || length > commands.size() - at) {
      slice.damaged = true;
      return;
    }
    switch (little(commands, at)) {
    case command_linker:
      slice.has_linker = true;
      break;
    case command_segment:
      slice.restricted = slice.restricted || is_restricting(commands, at, length);
      break;
    case command_signature:
      read_signature(in.read(begin + little(commands, at + 8), std::min(little(commands, at + 12), most_commands)), slice);
      break;
    default:
      break;
    }
    at += length;
  }
}

std::optional<macho_slice> read_slice(reader& in, std::uint64_t begin) {
  const std::string header = in.read(begin, header_size);
  if (header.size() < 4 || little(header, 0) != magic_64) {
    return std::nullopt;
  }
  macho_slice slice{};
  slice.cpu_type = little(header, 4);
  slice.cpu_subtype = little(header, 8) & 0x00FFFFFFU; // the rest are capabilities
  slice.executable = little(header, 12) == type_execute;
  slice.damaged = header.size() != header_size;
  if (!slice.damaged) {
    read_commands(in, begin, header, slice);
  }
  return slice;
}

} // namespace

std::optional<std::vector<macho_slice>> read_macho(const std::string& path) {
  reader in(path);
  const std::string begin = in.read(0, 8);
  const std::uint32_t magic = big(begin, 0);
  std::vector<macho_slice> slices;
  if (magic != fat_magic && magic != fat_magic_64) {
    if (const auto slice = read_slice(in, 0)) {
      slices.push_back(*slice);
      return slices;
    }
    return std::nullopt;
  }
  const std::uint32_t count = big(begin, 4);
  if (count == 0 || count > most_slices) {
    return std::nullopt;
  }
  const std::size_t entry = magic == fat_magic_64 ? 32 : 20;
  const std::string entries = in.read(8, count * entry);
  for (std::size_t at = 0; at + entry <= entries.size(); at += entry) {
    // Those of 32 bits are not told of.
    if (const auto slice = read_slice(in, magic == fat_magic_64 ? big_64(entries, at + 8) : big(entries, at + 8))) {
      slices.push_back(*slice);
    }
  }
  return slices;
}

std::string processor_name(std::uint32_t cpu_type, std::uint32_t cpu_subtype) {
  switch (cpu_type) {
  case macho_x86_64:
    return "x86-64";
  case macho_arm64:
    return cpu_subtype == macho_arm64e ? "arm64e" : "arm64";
  default:
    return "processor " + std::to_string(cpu_type & 0x00FFFFFFU);
  }
}

std::string macho_refusal(const std::vector<macho_slice>& program, std::uint32_t cpu_type, std::uint32_t cpu_subtype) {
  const std::string ours = processor_name(cpu_type, cpu_subtype);
  std::string theirs;
  for (const macho_slice& slice : program) {
    const std::string name = processor_name(slice.cpu_type, slice.cpu_subtype);
    if (name != ours) {
      theirs += (theirs.empty() ? "" : ", ") + name;
      continue;
    }
    if (slice.damaged || !slice.executable) {
      return "is a damaged program, or none";
    }
    if (!slice.has_linker) {
      return "is static: it has no dynamic linker that could load the spies; link it dynamically";
    }
    if (slice.restricted) {
      return "is restricted: the system loads no library into it that a user names";
    }
    if (slice.hardened && !(slice.takes_variables && slice.takes_foreign_libraries)) {
      return "is signed with the hardened runtime: the system loads no library into it that a user names; sign a copy of "
             "it "
             "without that (codesign --force --sign -)";
    }
    return {};
  }
  return "is made for " + (theirs.empty() ? "another processor" : theirs) + ", and mallocspy for " + ours;
}

bool is_system_path(const std::string& path) {
  const auto lies_in = [&path](const char* folder) { return path.compare(0, std::strlen(folder), folder) == 0; };
  return lies_in("/System/") || lies_in("/bin/") || lies_in("/sbin/") || (lies_in("/usr/") && !lies_in("/usr/local/"));
}

} // namespace mallocspy::tool
