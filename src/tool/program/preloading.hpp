// SPDX-License-Identifier: MIT
// How the system is told to load a library into a program. macOS: untested.
#pragma once

namespace mallocspy::tool {

#if defined(__APPLE__)
inline constexpr const char* preload_variable = "DYLD_INSERT_LIBRARIES"; // paths, with colons between them
inline constexpr const char* preload_file = "libmallocspy_preload.dylib";
inline constexpr const char* preload_separators = ":";
inline constexpr const char* preload_separator_names = "a colon";
#else
inline constexpr const char* preload_variable = "LD_PRELOAD"; // paths, with colons or spaces between them
inline constexpr const char* preload_file = "libmallocspy_preload.so";
inline constexpr const char* preload_separators = " :";
inline constexpr const char* preload_separator_names = "a space or a colon";
#endif

} // namespace mallocspy::tool
