// SPDX-License-Identifier: MIT
// Text for XML and HTML: whatever bytes a name has, the document stays well-formed.
#pragma once

#include <string>

namespace mallocspy::tool {

// returns: the text with U+FFFD for what is no UTF-8
std::string valid_utf8(const std::string& text);

// returns: the text for element content and quoted attributes: markup characters escaped, bytes that are no UTF-8 and
//   characters that XML 1.0 forbids replaced by U+FFFD
std::string escaped_markup(const std::string& text);

// returns: JSON that can stand in a script element: nothing in it ends the element or begins a comment
std::string json_in_script(const std::string& json);

} // namespace mallocspy::tool
