// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "testing/report/report_text.hpp"
#include "testing/report/sample_sweep.hpp"

#include <sstream>

using namespace mallocspy;
using namespace mallocspy::testing_detail;
using namespace mallocspy::tests;

namespace {

bool has(const std::string& text, const std::string& part) {
  INFO("the text:\n" << text << "\nthe part: " << part);
  CHECK(text.find(part) != std::string::npos);
  return text.find(part) != std::string::npos;
}

bool in_order(const std::string& text, const std::vector<std::string>& parts) {
  std::size_t at = 0;
  for (const std::string& part : parts) {
    INFO("the text:\n" << text << "\nmissing from here on: " << part);
    at = text.find(part, at);
    CHECK(at != std::string::npos);
    if (at == std::string::npos) {
      return false;
    }
    at += part.size();
  }
  return true;
}

} // namespace

TEST_CASE("the report begins with the totals and a table by verdict") {
  const std::string text = sample_sweep().text();
  has(text, "sweep of parser, mode all-after: 7 allocations, 6 made to fail in 1.25 s (4 snapshots, 2 reruns)\n");
  has(text, "./parser --in a b.xml\n");
  in_order(text, {"verdict        points  findings\n", "crash               2         1\n",
                  "leak                1         1\n", "silent              1         0\n", "clean               1\n",
                  "tolerated           1\n", "untested            1\n"});
  CHECK(text.find("hang") == std::string::npos);
}

TEST_CASE("a finding shows its stacks, what happened, and how to repeat it") {
  const std::string text = sample_sweep().text();
  in_order(text, {"crash at allocation 3 and 1 more with this stack: SIGSEGV\n", "detail", "by writing\n",
                  "failed      grow (table.c:71)\n", "            insert<int>(table<int>&, int) (table.hpp:31)\n",
                  "            main (main.c:12)\n", "ended in    table_put (table.c:99)\n",
                  "00000000deadbee7, occurrence 2\n", "replay      mallocspy fail --nth 3 -- ./parser --in 'a b.xml'\n",
                  "leak at allocation 5\n", "lost block  copy_name (names.c:8)\n"});
}

TEST_CASE("findings come worst first, whatever their order was") {
  sweep_result result = sample_sweep();
  sweep_finding later = sample_crash();
  later.allocation = 1;
  result.findings = {sample_leak(), sample_crash(), later};
  in_order(result.text(), {"crash at allocation 1 ", "crash at allocation 3 ", "leak at allocation 5\n"});
}

TEST_CASE("unconfirmed and suppressed findings are listed apart") {
  sweep_result result = sample_sweep();
  result.suppressed = {sample_leak()};
  in_order(result.text(), {"did not come again", "silent at allocation 2, though there is new text on stderr",
                           "stack fedcba9876543210 in emit (out.c:3)", "stdout differs at byte 1037",
                           "expected, by the suppression file", "leak at allocation 5", "2 findings\n"});
}

TEST_CASE("what was left out is said, and why") {
  sweep_result result = sample_sweep();
  result.shard = "2/3";
  in_order(result.text(),
           {"Not complete: limit of 6 points; 1 point not tested.", "This is part 2/3", "1 rerun never came",
            "Runs without a failure differ: stdout differs at byte 40.", "repeated by reruns: other threads."});
  result.complete = true;
  has(result.text(), "1 point left out: limit of 6 points.");
}

TEST_CASE("a sweep that found nothing says so, and says nothing else") {
  sweep_result result;
  result.target = "f";
  result.complete = true;
  result.allocations = result.injected = result.snapshots = 1;
  result.verdicts[static_cast<std::size_t>(verdict::clean)] = 1;
  CHECK(result.text() == "sweep of f, mode once: 1 allocation, 1 made to fail in 0.00 s (1 snapshot, 0 reruns)\n"
                         "\n"
                         "    verdict        points  findings\n"
                         "    clean               1\n"
                         "\n"
                         "nothing found\n");
  result.complete = false;
  has(result.text(), "nothing found so far\n");
}

TEST_CASE("a sweep that could not run says why") {
  sweep_result result;
  result.target = "f";
  result.error = "another spy is registered";
  has(result.text(), "could not run another spy is registered\n");
  CHECK(result.text().find("nothing found") == std::string::npos);
}

TEST_CASE("colours change nothing but colours") {
  const std::string coloured = sample_sweep().text(true);
  std::string plain;
  for (std::size_t i = 0; i < coloured.size(); ++i) {
    if (coloured[i] == '\033') {
      i = coloured.find('m', i);
    } else {
      plain += coloured[i];
    }
  }
  CHECK(coloured != plain);
  CHECK(plain == sample_sweep().text());
  std::ostringstream out;
  out << sample_sweep();
  CHECK(out.str() == plain);
}

TEST_CASE("a terminal's control sequences in a name do not reach the terminal") {
  sweep_result result = sample_sweep();
  result.program = {"./\033[2J"};
  result.findings[0].stack[0] = "f\a\033]0;title\a";
  result.unconfirmed[0].detail = "\033[31m";
  CHECK(result.text().find('\033') == std::string::npos);
  CHECK(result.text().find('\a') == std::string::npos);
}

TEST_CASE("long texts are broken at 100 columns, and stacks never") {
  sweep_result result = sample_sweep();
  for (int i = 0; i < 40; ++i) {
    result.findings[0].detail += " and more";
    result.drift += ", again";
  }
  const std::string name = std::string(150, 'x') + " (a b.c:1)";
  result.findings[0].stack = {name};
  std::istringstream lines(result.text());
  std::string line;
  bool name_found = false;
  while (std::getline(lines, line)) {
    name_found = name_found || line.find(name) != std::string::npos;
    CHECK((line.size() <= 100 || line.find(name) != std::string::npos));
  }
  CHECK(name_found);
}

TEST_CASE("text is wrapped at spaces and keeps all its words") {
  CHECK(wrapped("a b", 4) == "a b");
  const std::string word(60, 'w');
  CHECK(wrapped(word + " " + word, 2) == word + "\n  " + word);
  CHECK(wrapped(std::string(200, 'w') + " x", 2) == std::string(200, 'w') + "\n  x");
}
