// SPDX-License-Identifier: MIT
// macOS: how dyld is told to interpose. A section of a library holds pairs of a function and the one that it stands for.
// dyld binds all other modules of the process to the first. The library with the pairs itself keeps the originals, so in it
// the plain name of a function is the next definition. It takes pairs of libraries that are there at the launch, inserted
// or linked; none of programs, and none of libraries that are loaded later.
#pragma once

namespace mallocspy::interpose {

// Both are of one type, or it does not compile.
template <class Function> struct dyld_tuple {
  Function* replacement;
  Function* original; // null where the system has no such function: dyld passes the pair over
};

} // namespace mallocspy::interpose

#define MALLOCSPY_DYLD_TUPLE __attribute__((used, section("__DATA,__interpose"))) const ::mallocspy::interpose::dyld_tuple
