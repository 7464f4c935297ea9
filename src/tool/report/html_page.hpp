// SPDX-License-Identifier: MIT
// A sweep as one page that stands by itself: it loads nothing. Its code and style are in page.html.
#pragma once

#include "tool/report/compare.hpp"

#include <mallocspy/testing/sweep_result.hpp>
#include <string>

namespace mallocspy::tool {

// known: null, or a comparison that the page shows
std::string html_page(const sweep_result& sweep, const comparison* known = nullptr);

} // namespace mallocspy::tool
