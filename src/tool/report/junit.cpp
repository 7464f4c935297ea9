// SPDX-License-Identifier: MIT
#include "tool/report/junit.hpp"

#include "testing/report/report_text.hpp"
#include "testing/report/signal_name.hpp"
#include "tool/report/markup.hpp"

#include <cstdio>

namespace mallocspy::tool {

namespace {

std::string attribute(const char* name, const std::string& value) {
  return std::string(" ") + name + "=\"" + escaped_markup(value) + "\"";
}

// "read_names (names.c:17)" without the place, which every edit moves.
std::string function_of(const sweep_finding& finding) {
  if (finding.stack.empty()) {
    return "unknown code";
  }
  const std::string& frame = finding.stack.front();
  const std::size_t place = frame.rfind(" (");
  return frame.substr(0, place == 0 ? std::string::npos : place);
}

std::string message_of(const sweep_finding& finding) {
  std::string message =
      std::string(name_of(finding.what)) + " when allocation " + std::to_string(finding.allocation) + " fails";
  if (finding.signal != 0) {
    message += ": " + testing_detail::signal_name(finding.signal);
  }
  return message + (finding.detail.empty() ? "" : ": " + finding.detail);
}

std::string body_of(const sweep_finding& finding) {
  std::string body;
  for (const std::string& frame : finding.stack) {
    body.append("  failed in ").append(frame).append("\n");
  }
  for (const std::string& frame : finding.other) {
    body.append("  other stack: ").append(frame).append("\n");
  }
  return body + (finding.replay.empty() ? "" : "  " + finding.replay + '\n');
}

class junit_suite {
public:
  explicit junit_suite(const sweep_result& sweep) : m_sweep(sweep) {}

  void whole() {
    const std::string totals = testing_detail::counted(m_sweep.injected, "allocation") + " of " +
                               std::to_string(m_sweep.allocations) + " made to fail";
    if (!m_sweep.error.empty()) {
      ++m_errors;
      open("sweep", "    <error" + attribute("message", m_sweep.error) + "/>\n");
    } else {
      const std::string note = m_sweep.complete ? "" : "; not complete: " + m_sweep.stopped;
      open("sweep", "    <system-out>" + escaped_markup(totals + note) + "</system-out>\n");
    }
  }

  void failure(const sweep_finding& finding) {
    ++m_failures;
    open(name(finding), "    <failure" + attribute("type", name_of(finding.what)) +
                            attribute("message", message_of(finding)) + ">" + escaped_markup(body_of(finding)) +
                            "</failure>\n");
  }

  void skipped(const sweep_finding& finding, const std::string& why) {
    ++m_skipped;
    open(name(finding), "    <skipped" + attribute("message", why + ": " + message_of(finding)) + "/>\n");
  }

  std::string document() const {
    char seconds[32];
    std::snprintf(seconds, sizeof seconds, "%.3f", m_sweep.seconds);
    const std::string counts = attribute("tests", std::to_string(m_tests)) +
                               attribute("failures", std::to_string(m_failures)) +
                               attribute("errors", std::to_string(m_errors)) +
                               attribute("skipped", std::to_string(m_skipped)) + attribute("time", seconds);
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites" + counts + ">\n <testsuite" +
           attribute("name", "mallocspy sweep of " + m_sweep.target) + counts + ">\n" + m_cases +
           " </testsuite>\n</testsuites>\n";
  }

private:
  static std::string name(const sweep_finding& finding) {
    return std::string(name_of(finding.what)) + " in " + function_of(finding) + ", stack " + finding.stack_id;
  }
  void open(const std::string& name, const std::string& content) {
    ++m_tests;
    m_cases += "  <testcase" + attribute("classname", m_sweep.target + "." + name_of(m_sweep.mode)) +
               attribute("name", name) + ">\n" + content + "  </testcase>\n";
  }

  const sweep_result& m_sweep;
  std::string m_cases;
  unsigned m_tests = 0;
  unsigned m_failures = 0;
  unsigned m_errors = 0;
  unsigned m_skipped = 0;
};

} // namespace

std::string junit_xml(const sweep_result& sweep, const comparison* known) {
  junit_suite suite(sweep);
  suite.whole();
  for (const sweep_finding& finding : sweep.findings) {
    if (known == nullptr || is_new(*known, finding)) {
      suite.failure(finding);
    } else {
      suite.skipped(finding, "known from " + known->baseline);
    }
  }
  for (const sweep_finding& finding : sweep.unconfirmed) {
    suite.skipped(finding, "did not come again");
  }
  for (const sweep_finding& finding : sweep.suppressed) {
    suite.skipped(finding, "expected");
  }
  return suite.document();
}

} // namespace mallocspy::tool
