// SPDX-License-Identifier: MIT
#include "tool/report/html_page.hpp"

#include "tool/report/markup.hpp"
#include "tool/report/page_template.hpp"

#include <stdexcept>

namespace mallocspy::tool {

namespace {

void fill(std::string& page, const std::string& place, const std::string& content) {
  const std::string mark = "<!--" + place + "-->";
  const std::size_t at = page.find(mark);
  if (at == std::string::npos) {
    throw std::logic_error("page.html has no " + mark);
  }
  page.replace(at, mark.size(), content);
}

} // namespace

std::string html_page(const sweep_result& sweep, const comparison* known) {
  std::string page = page_template;
  // Backwards, so that no content is searched for a mark.
  fill(page, "comparison", json_in_script(known == nullptr ? "null" : comparison_json(*known)));
  fill(page, "sweep", json_in_script(sweep.json()));
  fill(page, "text", escaped_markup(sweep.text()));
  fill(page, "title", escaped_markup("sweep of " + sweep.target));
  return page;
}

} // namespace mallocspy::tool
