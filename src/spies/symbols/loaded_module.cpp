// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked; for its lock see the header.
#include "spies/symbols/loaded_module.hpp"

#if defined(__linux__)
#include <dlfcn.h>
#include <link.h>
#elif defined(__APPLE__)
#include <cstring>
#include <mach-o/dyld.h>
#include <mach-o/loader.h>
#endif

namespace mallocspy::spies {

#if defined(__linux__) && defined(DLFO_STRUCT_HAS_EH_DBASE) // the macro comes with _dl_find_object

loaded_module find_module(std::uintptr_t address) noexcept {
  dl_find_object found;
  if (_dl_find_object(reinterpret_cast<void*>(address), &found) != 0) {
    return {};
  }
  return {reinterpret_cast<std::uintptr_t>(found.dlfo_map_start), reinterpret_cast<std::uintptr_t>(found.dlfo_map_end),
          found.dlfo_link_map->l_addr, found.dlfo_link_map->l_name, static_cast<const std::uint8_t*>(found.dlfo_eh_frame)};
}

#elif defined(__linux__)

namespace {

struct search {
  std::uintptr_t address;
  loaded_module found;
};

int look_into(dl_phdr_info* info, std::size_t, void* context) {
  auto& s = *static_cast<search*>(context);
  loaded_module m{~std::uintptr_t{0}, 0, info->dlpi_addr, info->dlpi_name, nullptr};
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const auto& segment = info->dlpi_phdr[i];
    const std::uintptr_t begin = info->dlpi_addr + segment.p_vaddr;
    if (segment.p_type == PT_LOAD) {
      m.begin = begin < m.begin ? begin : m.begin;
      m.end = begin + segment.p_memsz > m.end ? begin + segment.p_memsz : m.end;
    } else if (segment.p_type == PT_GNU_EH_FRAME) {
      m.frame_index = reinterpret_cast<const std::uint8_t*>(begin);
    }
  }
  if (s.address < m.begin || s.address >= m.end) {
    return 0;
  }
  s.found = m;
  return 1;
}

} // namespace

loaded_module find_module(std::uintptr_t address) noexcept {
  search s{address, {}};
  dl_iterate_phdr(look_into, &s);
  return s.found;
}

#elif defined(__APPLE__)

namespace {

// returns: the image's segment around the address; null if there is none. The symbols' segment is one that the system's
//   libraries share, and the first one of a program is not there
const segment_command_64* segment_around(const mach_header_64& header, std::uintptr_t slide,
                                         std::uintptr_t address) noexcept {
  const auto* at = reinterpret_cast<const unsigned char*>(&header + 1);
  for (std::uint32_t i = 0; i < header.ncmds; ++i) {
    const auto* command = static_cast<const load_command*>(static_cast<const void*>(at));
    if (command->cmd == LC_SEGMENT_64) {
      const auto* segment = static_cast<const segment_command_64*>(static_cast<const void*>(at));
      if (segment->initprot != 0 && address - (segment->vmaddr + slide) < segment->vmsize &&
          std::strncmp(segment->segname, SEG_LINKEDIT, sizeof segment->segname) != 0) {
        return segment;
      }
    }
    at += command->cmdsize;
  }
  return nullptr;
}

} // namespace

loaded_module find_module(std::uintptr_t address) noexcept {
  const std::uint32_t images = _dyld_image_count();
  for (std::uint32_t i = 0; i < images; ++i) {
    const mach_header* begin = _dyld_get_image_header(i);
    if (begin == nullptr || begin->magic != MH_MAGIC_64) {
      continue; // unloaded meanwhile
    }
    const auto& header = *static_cast<const mach_header_64*>(static_cast<const void*>(begin));
    const auto slide = static_cast<std::uintptr_t>(_dyld_get_image_vmaddr_slide(i));
    if (const segment_command_64* segment = segment_around(header, slide, address)) {
      const char* name = header.filetype == MH_EXECUTE ? "" : _dyld_get_image_name(i);
      const std::uintptr_t first = static_cast<std::uintptr_t>(segment->vmaddr) + slide;
      return {first, first + static_cast<std::uintptr_t>(segment->vmsize), slide, name == nullptr ? "" : name, nullptr};
    }
  }
  return {};
}

#else

loaded_module find_module(std::uintptr_t) noexcept {
  return {};
}

#endif

} // namespace mallocspy::spies
