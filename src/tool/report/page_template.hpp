// SPDX-License-Identifier: MIT
// page.html, as the build put it into the program.
#pragma once

namespace mallocspy::tool {

extern const char* const page_template;

} // namespace mallocspy::tool
