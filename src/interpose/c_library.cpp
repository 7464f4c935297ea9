// SPDX-License-Identifier: MIT
#include "interpose/c_library.hpp"

#if defined(__GLIBC__) || __has_include(<gnu/libc-version.h>)

#include <cstdint>
#include <cstring>
#include <dlfcn.h>
#include <elf.h>
#include <link.h>

namespace mallocspy::interpose {

namespace {

// The tables of a module by which the dynamic linker finds names.
struct name_tables {
  const ElfW(Sym) * symbols = nullptr;
  const char* strings = nullptr;
  const std::uint32_t* hash = nullptr;
};

struct module_search {
  std::uintptr_t inside; // an address in the module
  std::uintptr_t base;
  name_tables tables;
};

bool contains(const dl_phdr_info& info, std::uintptr_t address) noexcept {
  for (int i = 0; i < info.dlpi_phnum; ++i) {
    const ElfW(Phdr)& part = info.dlpi_phdr[i];
    if (part.p_type == PT_LOAD && address - (info.dlpi_addr + part.p_vaddr) < part.p_memsz) {
      return true;
    }
  }
  return false;
}

int note_tables(dl_phdr_info* info, std::size_t, void* context) {
  auto& search = *static_cast<module_search*>(context);
  if (!contains(*info, search.inside)) {
    return 0;
  }
  search.base = info->dlpi_addr;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    if (info->dlpi_phdr[i].p_type != PT_DYNAMIC) {
      continue;
    }
    for (const auto* d = reinterpret_cast<const ElfW(Dyn)*>(search.base + info->dlpi_phdr[i].p_vaddr); d->d_tag != DT_NULL;
         ++d) {
      // Where the linker can write to them, they are addresses.
      const std::uintptr_t at = d->d_un.d_ptr < search.base ? d->d_un.d_ptr + search.base : d->d_un.d_ptr;
      if (d->d_tag == DT_SYMTAB) {
        search.tables.symbols = reinterpret_cast<const ElfW(Sym)*>(at);
      } else if (d->d_tag == DT_STRTAB) {
        search.tables.strings = reinterpret_cast<const char*>(at);
      } else if (d->d_tag == DT_GNU_HASH) {
        search.tables.hash = reinterpret_cast<const std::uint32_t*>(at);
      }
    }
  }
  return 1;
}

std::uint32_t gnu_hash(const char* name) noexcept {
  std::uint32_t hash = 5381;
  for (; *name != '\0'; ++name) {
    hash = hash * 33 + static_cast<unsigned char>(*name);
  }
  return hash;
}

// returns: the symbol of a function; null if there is none
const ElfW(Sym) * find_function(const name_tables& tables, const char* name) noexcept {
  const std::uint32_t bucket_count = tables.hash[0];
  const std::uint32_t first_hashed = tables.hash[1];
  const std::uint32_t filter_words = tables.hash[2];
  const std::uint32_t* buckets = tables.hash + 4 + filter_words * (sizeof(ElfW(Addr)) / sizeof(std::uint32_t));
  const std::uint32_t* chains = buckets + bucket_count;
  const std::uint32_t wanted = gnu_hash(name);
  std::uint32_t i = bucket_count == 0 ? 0 : buckets[wanted % bucket_count];
  if (i < first_hashed) {
    return nullptr;
  }
  for (;; ++i) {
    const std::uint32_t hash = chains[i - first_hashed];
    const ElfW(Sym)& symbol = tables.symbols[i];
    const bool same = (hash | 1U) == (wanted | 1U) && std::strcmp(tables.strings + symbol.st_name, name) == 0;
    if (same && (symbol.st_info & 0xF) == STT_FUNC && symbol.st_value != 0) {
      return &symbol;
    }
    if ((hash & 1U) != 0) { // the last one of its bucket
      return nullptr;
    }
  }
}

} // namespace

const void* function_of_c_library(const char* name) noexcept {
  const void* inside = dlsym(RTLD_DEFAULT, "gnu_get_libc_version"); // nobody else has that name
  module_search search{reinterpret_cast<std::uintptr_t>(inside), 0, {}};
  if (inside == nullptr || dl_iterate_phdr(note_tables, &search) == 0 || search.tables.symbols == nullptr ||
      search.tables.strings == nullptr || search.tables.hash == nullptr) {
    return nullptr;
  }
  const ElfW(Sym)* found = find_function(search.tables, name);
  return found == nullptr ? nullptr : reinterpret_cast<const void*>(search.base + found->st_value);
}

} // namespace mallocspy::interpose

#else

namespace mallocspy::interpose {

const void* function_of_c_library(const char*) noexcept {
  return nullptr;
}

} // namespace mallocspy::interpose

#endif
