// SPDX-License-Identifier: MIT
// What the files of this folder have in common. They are linked into the program (or library) that interposes, and nothing
// in them is a function of the library: each name jumps to the library's function for it.
#pragma once

// Seen by all modules of the process.
#define MALLOCSPY_NAME extern "C" __attribute__((visibility("default")))
// The same for names that a program may define itself: its own definition wins.
#define MALLOCSPY_WEAK_NAME extern "C" __attribute__((visibility("default"), weak))
