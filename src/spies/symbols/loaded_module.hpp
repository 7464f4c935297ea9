// SPDX-License-Identifier: MIT
// Which executable or shared library an address lies in, asked of the loader. Linux; macOS, where it is the
// segment of the image.
// Runs inside hooks: never allocates from what is hooked. With glibc 2.35 and later it takes no lock. Elsewhere
// dl_iterate_phdr takes one, which loaders hold only while they change their list of modules, and never while they
// allocate. On macOS the loader's own lock is taken for each question.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mallocspy/contract/export.h>

namespace mallocspy::spies {

struct loaded_module {
  std::uintptr_t begin;            // of the addresses that it occupies
  std::uintptr_t end;              // 0: there is no such module
  std::uintptr_t bias;             // what is added to an address of its file
  const char* name;                // as the loader has it; empty for the executable
  const std::uint8_t* frame_index; // its .eh_frame_hdr; null if it has none
};

// returns: the module around the address. threads: any
MALLOCSPY_API loaded_module find_module(std::uintptr_t address) noexcept;

} // namespace mallocspy::spies
