// SPDX-License-Identifier: MIT
// The manual page, as docs/mallocspy.1 keeps it.
#pragma once

#include <string>

namespace mallocspy::tool {

// returns: the page, for man(1): roff with the macros of man(7)
std::string manual_page();

} // namespace mallocspy::tool
