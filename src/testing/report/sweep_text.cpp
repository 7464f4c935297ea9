// SPDX-License-Identifier: MIT
// The report of a sweep for people, made for terminals of 100 columns.
#include "testing/report/report_text.hpp"
#include "testing/report/signal_name.hpp"

#include <algorithm>
#include <cstdio>
#include <mallocspy/testing/sweep_result.hpp>
#include <ostream>

namespace mallocspy {

namespace {

using testing_detail::counted;
using testing_detail::painter;
using testing_detail::printable;
using testing_detail::wrapped;

constexpr std::size_t label_width = 12;

class sweep_text {
public:
  sweep_text(const sweep_result& result, bool colours) : m_result(result), m_paint(colours) {}

  std::string write() {
    totals();
    if (!m_result.error.empty()) {
      line("could not run", m_result.error);
      return m_text;
    }
    table();
    for (const sweep_finding* finding : worst_first(m_result.findings)) {
      m_text += '\n';
      describe(*finding);
    }
    listed("These did not come again when they were repeated, and do not count:", m_result.unconfirmed);
    listed("These are expected, by the suppression file:", m_result.suppressed);
    left_out();
    m_text += '\n' + m_paint.bold(conclusion()) + '\n';
    return m_text;
  }

private:
  // "    replay     mallocspy fail ..."
  void line(const char* label, const std::string& value) {
    std::string padded = std::string("    ") + label;
    padded.resize(std::max(padded.size() + 1, 4 + label_width), ' ');
    m_text += m_paint.faint(padded) + wrapped(printable(value), padded.size()) + '\n';
  }

  void totals() {
    char seconds[32];
    std::snprintf(seconds, sizeof seconds, "%.2f s", m_result.seconds);
    m_text += m_paint.bold("sweep of " + printable(m_result.target)) + ", mode " + name_of(m_result.mode) + ": " +
              counted(m_result.allocations, "allocation") + ", " + std::to_string(m_result.injected) + " made to fail in " +
              seconds + " (" + counted(m_result.snapshots, "snapshot") + ", " + counted(m_result.replays, "rerun") + ")\n";
    if (!m_result.program.empty()) {
      std::string command;
      for (const std::string& word : m_result.program) {
        command += (command.empty() ? "" : " ") + word;
      }
      line("program", command);
    }
  }

  void table() {
    m_text += "\n    " + m_paint.faint("verdict        points  findings") + '\n';
    for (std::size_t i = 1; i <= verdict_count; ++i) {
      // What was not tested comes last.
      const auto what = static_cast<verdict>(i % verdict_count);
      const auto findings = std::count_if(m_result.findings.begin(), m_result.findings.end(),
                                          [what](const sweep_finding& f) { return f.what == what; });
      if (m_result.count(what) == 0 && findings == 0) {
        continue;
      }
      char row[64];
      std::snprintf(row, sizeof row, "    %-10s %10llu", name_of(what),
                    static_cast<unsigned long long>(m_result.count(what)));
      std::string text = row;
      if (is_finding(what)) {
        std::snprintf(row, sizeof row, " %9ld", static_cast<long>(findings));
        text += row;
      }
      m_text += m_paint.verdict_colour(what, text) + '\n';
    }
  }

  static std::vector<const sweep_finding*> worst_first(const std::vector<sweep_finding>& findings) {
    std::vector<const sweep_finding*> order;
    order.reserve(findings.size());
    for (const sweep_finding& finding : findings) {
      order.push_back(&finding);
    }
    std::stable_sort(order.begin(), order.end(), [](const sweep_finding* a, const sweep_finding* b) {
      return a->what != b->what ? a->what < b->what : a->allocation < b->allocation;
    });
    return order;
  }

  static std::string headline(const sweep_finding& finding) {
    std::string text = " at allocation " + std::to_string(finding.allocation);
    if (finding.points > 1) {
      text += " and " + std::to_string(finding.points - 1) + " more with this stack";
    }
    if (finding.signal != 0) {
      text += ": " + testing_detail::signal_name(finding.signal);
    }
    if (finding.error_text) {
      text += ", though there is new text on stderr";
    }
    return text;
  }

  void stack(const char* label, const std::vector<std::string>& frames) {
    for (std::size_t i = 0; i < frames.size(); ++i) {
      std::string padded = std::string("    ") + (i == 0 ? label : "");
      padded.resize(std::max(padded.size() + 1, 4 + label_width), ' ');
      // Never broken: names are copied from here.
      m_text += m_paint.faint(padded) + printable(frames[i]) + '\n';
    }
  }

  static const char* label_of_other(verdict what) {
    switch (what) {
    case verdict::crash:
    case verdict::hang:
      return "ended in";
    case verdict::leak:
      return "lost block";
    default:
      return "block made";
    }
  }

  void describe(const sweep_finding& finding) {
    m_text += m_paint.verdict_colour(finding.what, name_of(finding.what)) + m_paint.bold(headline(finding)) + '\n';
    if (!finding.detail.empty()) {
      line("detail", finding.detail);
    }
    stack("failed", finding.stack);
    stack(label_of_other(finding.what), finding.other);
    line("stack", finding.stack_id + ", occurrence " + std::to_string(finding.occurrence));
    if (!finding.replay.empty()) {
      m_text += m_paint.faint("    replay      ") + printable(finding.replay) + '\n';
    }
  }

  void listed(const char* title, const std::vector<sweep_finding>& findings) {
    if (findings.empty()) {
      return;
    }
    m_text += '\n' + m_paint.bold(title) + '\n';
    for (const sweep_finding* finding : worst_first(findings)) {
      m_text += "    " + m_paint.verdict_colour(finding->what, name_of(finding->what)) + headline(*finding) + '\n';
      m_text += "        stack " + finding->stack_id +
                (finding->stack.empty() ? "" : " in " + printable(finding->stack.front())) + '\n';
      if (!finding->detail.empty()) {
        m_text += "        " + wrapped(printable(finding->detail), 8) + '\n';
      }
    }
  }

  void left_out() {
    std::vector<std::string> notes;
    const std::uint64_t untested = m_result.count(verdict::untested);
    const std::string reason = m_result.stopped.empty() ? "" : ": " + m_result.stopped;
    if (!m_result.complete) {
      notes.push_back("Not complete" + reason + "; " + counted(untested, "point") + " not tested.");
    } else if (untested != 0) {
      notes.push_back(counted(untested, "point") + " left out" + reason + ".");
    }
    if (m_result.shard != "1/1") {
      notes.push_back("This is part " + m_result.shard + "; `mallocspy report` puts all parts together.");
    }
    if (m_result.never_fired != 0) {
      notes.push_back(counted(m_result.never_fired, "rerun") + " never came to the allocation that was to fail.");
    }
    if (m_result.nondeterministic) {
      notes.push_back("Runs without a failure differ" + (m_result.drift.empty() ? "" : ": " + m_result.drift) + ".");
    }
    if (!m_result.unsafe.empty()) {
      notes.push_back("Points were repeated by reruns: " + m_result.unsafe + ".");
    }
    m_text += notes.empty() ? "" : "\n";
    for (const std::string& note : notes) {
      m_text += m_paint.bold("note") + "  " + wrapped(printable(note), 6) + '\n';
    }
  }

  std::string conclusion() const {
    if (!m_result.findings.empty()) {
      return counted(m_result.findings.size(), "finding");
    }
    return m_result.complete ? "nothing found" : "nothing found so far";
  }

  const sweep_result& m_result;
  painter m_paint;
  std::string m_text;
};

} // namespace

std::string sweep_result::text(bool colours) const {
  return sweep_text(*this, colours).write();
}

std::ostream& operator<<(std::ostream& out, const sweep_result& result) {
  return out << result.text();
}

} // namespace mallocspy
