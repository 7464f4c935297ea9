// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#include "spies/symbols/module_symbols.hpp"

#if defined(__linux__)
#include <cerrno>
#include <cstring>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

namespace mallocspy::spies {

#if defined(__linux__)

namespace {

struct mapped_file {
  const char* begin;
  std::uintptr_t size;

  bool holds(std::uintptr_t offset, std::uintptr_t length) const noexcept {
    return offset <= size && length <= size - offset;
  }
};

mapped_file map_file(const char* path) noexcept {
  const int kept = errno;
  mapped_file file{nullptr, 0};
  const int descriptor = ::open(path, O_RDONLY | O_CLOEXEC);
  struct stat status {};
  if (descriptor >= 0 && ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0) {
    const auto size = static_cast<std::uintptr_t>(status.st_size);
    void* begin = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (begin != MAP_FAILED) {
      file = {static_cast<const char*>(begin), size};
    }
  }
  if (descriptor >= 0) {
    ::close(descriptor);
  }
  errno = kept;
  return file;
}

// returns: the file's section headers; null if it is no such file
const ElfW(Shdr) * sections_of(const mapped_file& file, std::uintptr_t& count) noexcept {
  const auto* header = reinterpret_cast<const ElfW(Ehdr)*>(file.begin);
  const unsigned char own_class = sizeof(void*) == 8 ? ELFCLASS64 : ELFCLASS32;
  if (!file.holds(0, sizeof *header) || std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 ||
      header->e_ident[EI_CLASS] != own_class || header->e_shentsize != sizeof(ElfW(Shdr)) ||
      !file.holds(header->e_shoff, header->e_shnum * sizeof(ElfW(Shdr)))) {
    return nullptr;
  }
  count = header->e_shnum;
  return reinterpret_cast<const ElfW(Shdr)*>(file.begin + header->e_shoff);
}

} // namespace

symbol_table map_symbols(const char* path) noexcept {
  const mapped_file file = map_file(path);
  std::uintptr_t count = 0;
  const ElfW(Shdr)* sections = file.begin == nullptr ? nullptr : sections_of(file, count);
  symbol_table best{};
  for (std::uintptr_t i = 0; sections != nullptr && i < count; ++i) {
    const ElfW(Shdr)& s = sections[i];
    const bool full = s.sh_type == SHT_SYMTAB;
    if ((!full && s.sh_type != SHT_DYNSYM) || s.sh_link >= count || !file.holds(s.sh_offset, s.sh_size)) {
      continue;
    }
    const ElfW(Shdr)& names = sections[s.sh_link];
    if (file.holds(names.sh_offset, names.sh_size) && (full || best.symbols == nullptr)) {
      best = {file.begin + s.sh_offset, s.sh_size / sizeof(ElfW(Sym)), file.begin + names.sh_offset, names.sh_size};
      if (full) {
        break;
      }
    }
  }
  if (best.symbols == nullptr && file.begin != nullptr) {
    ::munmap(const_cast<char*>(file.begin), file.size);
  }
  return best;
}

found_symbol find_symbol(const symbol_table& table, std::uintptr_t address) noexcept {
  const auto* symbols = static_cast<const ElfW(Sym)*>(table.symbols);
  const ElfW(Sym)* best = nullptr;
  for (std::uintptr_t i = 0; i < table.count; ++i) {
    const ElfW(Sym)& s = symbols[i];
    const unsigned type = s.st_info & 0xFU;
    const bool is_function = type == STT_FUNC || type == STT_GNU_IFUNC;
    if (is_function && s.st_shndx != SHN_UNDEF && s.st_value <= address && address - s.st_value < s.st_size &&
        s.st_name < table.names_size && (best == nullptr || s.st_value > best->st_value)) {
      best = &s;
    }
  }
  return best == nullptr ? found_symbol{nullptr, 0} : found_symbol{table.names + best->st_name, best->st_value};
}

#else

symbol_table map_symbols(const char*) noexcept {
  return {};
}

found_symbol find_symbol(const symbol_table&, std::uintptr_t) noexcept {
  return {};
}

#endif

} // namespace mallocspy::spies
