// SPDX-License-Identifier: MIT
// What the page holds; tests/tool/page_in_browser.cmake looks at what a browser makes of it.
#include "tool/report/html_page.hpp"

#include "support/catch.hpp"
#include "tool/report/markup.hpp"
#include "tool/report_samples.hpp"

#include <nlohmann/json.hpp>

using namespace mallocspy;
using namespace mallocspy::tests;
using namespace mallocspy::tool;

namespace {

std::string between(const std::string& page, const std::string& begin, const std::string& end) {
  const std::size_t from = page.find(begin);
  REQUIRE(from != std::string::npos);
  const std::size_t to = page.find(end, from);
  REQUIRE(to != std::string::npos);
  return page.substr(from + begin.size(), to - from - begin.size());
}

std::string data_of(const std::string& page) {
  return between(page, "<script type=\"application/json\" id=\"sweep\">", "</script>");
}

} // namespace

TEST_CASE("the page holds the sweep, its text for those without scripts, and nothing to fill") {
  const std::string page = html_page(sample_sweep());
  CHECK(testing_detail::read_sweep(data_of(page), "page").json() == sample_sweep().json());
  CHECK(between(page, "<noscript><pre>", "</pre></noscript>") == escaped_markup(sample_sweep().text()));
  CHECK(between(page, "<title>", "</title>") == "sweep of parser");
  CHECK(between(page, "id=\"comparison\">", "</script>") == "null");
  CHECK(page.find("<!--") == page.find("<!-- SPDX"));
}

TEST_CASE("the page loads nothing") {
  const std::string page = html_page(sample_sweep());
  CHECK(page.find("default-src 'none'") != std::string::npos);
  for (const char* part : {"http:", "https:", "//cdn", "src=", "@import", "url(", "<link"}) {
    INFO(part);
    CHECK(page.find(part) == std::string::npos);
  }
}

TEST_CASE("names cannot break out of the page") {
  sweep_result hostile = sample_sweep();
  const std::string attack = "</script></pre></noscript><script>alert(1)</script><!--sweep--><img onerror=x>";
  hostile.target = attack;
  hostile.program = {attack, "\xFF"};
  hostile.findings[0].stack = {attack};
  hostile.findings[0].detail = attack;
  const std::string page = html_page(hostile);
  CHECK(testing_detail::read_sweep(data_of(page), "page").target == attack);
  CHECK(page.find("<script>alert") == std::string::npos);
  CHECK(page.find("<img") == std::string::npos);
  CHECK(page.find("<!--sweep") == std::string::npos);
}

TEST_CASE("the page shows a comparison") {
  sweep_result before = sample_sweep();
  before.findings = {sample_leak()};
  const comparison known = compare(before, sample_sweep(), "old.json");
  const auto json = nlohmann::json::parse(between(html_page(sample_sweep(), &known), "id=\"comparison\">", "</script>"));
  CHECK(json["new"].size() == 1);
  CHECK(json["new"][0]["stack_id"] == crash_stack);
}
