// SPDX-License-Identifier: MIT
#include "tool/report/compare.hpp"

#include "testing/report/report_text.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace mallocspy::tool {

namespace {

using testing_detail::painter;
using testing_detail::printable;
using testing_detail::wrapped;

bool contains(const std::vector<sweep_finding>& findings, const sweep_finding& one) noexcept {
  return std::any_of(findings.begin(), findings.end(),
                     [&one](const sweep_finding& f) { return f.what == one.what && f.stack_id == one.stack_id; });
}

std::string listed(const char* title, const std::vector<sweep_finding>& findings, const painter& paint) {
  std::string text;
  for (const sweep_finding& f : findings) {
    text += std::string("    ") + title + paint.verdict_colour(f.what, name_of(f.what)) + ", stack " + f.stack_id +
            (f.stack.empty() ? "" : " in " + printable(f.stack.front())) + '\n';
  }
  return text;
}

nlohmann::ordered_json keys_of(const std::vector<sweep_finding>& findings) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const sweep_finding& f : findings) {
    list.push_back({{"verdict", name_of(f.what)},
                    {"stack_id", f.stack_id},
                    {"function", f.stack.empty() ? std::string() : f.stack.front()}});
  }
  return list;
}

} // namespace

comparison compare(const sweep_result& before, const sweep_result& now, const std::string& name_of_before) {
  comparison c;
  c.baseline = name_of_before;
  for (const sweep_finding& f : now.findings) {
    (contains(before.findings, f) ? c.unchanged : c.added).push_back(f);
  }
  for (const sweep_finding& f : before.findings) {
    if (!contains(now.findings, f)) {
      c.fixed.push_back(f);
    }
  }
  if (!now.complete && !c.fixed.empty()) {
    c.doubts.emplace_back("This sweep is not complete: what it did not come to looks fixed.");
  }
  if (!before.complete && !c.added.empty()) {
    c.doubts.emplace_back("The earlier sweep is not complete: what it did not come to looks new.");
  }
  if (before.mode != now.mode) {
    c.doubts.push_back(std::string("The earlier sweep has mode ") + name_of(before.mode) + ", this one " +
                       name_of(now.mode) + ".");
  }
  if (before.target != now.target) {
    c.doubts.push_back("The earlier sweep is of " + before.target + ".");
  }
  return c;
}

bool is_new(const comparison& c, const sweep_finding& finding) noexcept {
  return contains(c.added, finding);
}

std::string comparison_text(const comparison& c, bool colours) {
  const painter paint(colours);
  std::string text = paint.bold("compared with " + printable(c.baseline)) + ": " + std::to_string(c.added.size()) +
                     " new, " + std::to_string(c.fixed.size()) + " fixed, " + std::to_string(c.unchanged.size()) +
                     " unchanged\n";
  text += listed("new    ", c.added, paint) + listed("fixed  ", c.fixed, paint);
  for (const std::string& doubt : c.doubts) {
    text += paint.bold("note") + "  " + wrapped(printable(doubt), 6) + '\n';
  }
  return text;
}

std::string comparison_json(const comparison& c) {
  const nlohmann::ordered_json object = {{"baseline", c.baseline},
                                         {"new", keys_of(c.added)},
                                         {"fixed", keys_of(c.fixed)},
                                         {"unchanged", keys_of(c.unchanged)}};
  return object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

} // namespace mallocspy::tool
