// SPDX-License-Identifier: MIT
// Whether a function or a file is the one that a person names. Linker's names are read where they stand: a demangler
// allocates.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

namespace mallocspy::spies {

// returns: whether a linker's name (null: none) is that of the function: equal, or a C++ name (of the Itanium ABI) whose
// qualified name is `name` or ends with it. "parse" and "xml::parse" are both found in "_ZN4main3xml5parseEPKc". Lambdas
// and local classes belong to the function around them
bool names_function(const char* name, const char* symbol) noexcept;

// returns: whether the path (null: none) is that of the module: `name` is its file name, or what stands before a dot in it
bool names_module(const char* name, const char* path) noexcept;

} // namespace mallocspy::spies
