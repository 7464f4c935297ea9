// SPDX-License-Identifier: MIT
// The symbol table of an executable or shared library, read from its file: static functions are in it too, unless it was
// stripped; then what it exports.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include <cstdint>

namespace mallocspy::spies {

struct symbol_table {
  const void* symbols; // array of ElfW(Sym) in the mapped file; null if there is none
  std::uintptr_t count;
  const char* names;
  std::uintptr_t names_size;
};

// returns: the table of the file. Its mapping stays for ever. No table where the file cannot be read or is no ELF file of
//   this machine's kind
symbol_table map_symbols(const char* path) noexcept;

struct found_symbol {
  const char* name; // null: none
  std::uintptr_t value;
};

// returns: the function around an address of the file
found_symbol find_symbol(const symbol_table& table, std::uintptr_t address) noexcept;

} // namespace mallocspy::spies
