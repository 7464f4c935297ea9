// SPDX-License-Identifier: MIT
#include "testing/process/whole_file.hpp"
#include "testing/report/sweep_json.hpp"
#include "tool/report/merge.hpp"
#include "tool/report/report_output.hpp"
#include "tool/terminal/colours.hpp"
#include "tool/verbs/verbs.hpp"

#include <cerrno>
#include <fstream>
#include <stdexcept>
#include <system_error>
#include <unistd.h>

namespace mallocspy::tool {

using testing_detail::require_writable;
using testing_detail::write_output;

namespace {

std::ifstream opened(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in || in.peek() == std::ifstream::traits_type::eof()) {
    const int error = errno;
    if (!in.is_open()) {
      throw std::runtime_error(path + ": cannot be read: " + std::generic_category().message(error));
    }
    throw std::runtime_error(path + ": is empty, or cannot be read");
  }
  return in;
}

// JSON begins with a brace, after what may stand in front of it; a trace has a signature of its own.
bool looks_like_json(const std::string& path) {
  std::ifstream in = opened(path);
  return (in >> std::ws).peek() == '{';
}

sweep_result read_file(const std::string& path) {
  std::ifstream in = opened(path);
  return testing_detail::read_sweep(in, path);
}

int convert_trace(const report_command& command) {
  if (command.files.size() != 1) {
    throw std::runtime_error("one trace at a time, and " + std::to_string(command.files.size()) + " files were named");
  }
  const std::string& path = command.files.front();
  if (!command.baseline.empty() || !command.output.json.empty() || !command.output.junit.empty() ||
      !command.output.html.empty()) {
    throw std::runtime_error(path + ": is no report of a sweep; of a trace there are --pprof and --collapsed only");
  }
  const trace_contents trace = read_trace(path);
  require_writable(command.pprof);
  require_writable(command.collapsed);
  if (!command.pprof.empty()) {
    write_pprof(trace, command.pprof);
  }
  if (!command.collapsed.empty()) {
    write_collapsed(trace, command.collapsed, command.value);
  }
  if (!command.quiet) {
    write_output("-", path + ": " + std::to_string(trace.events.size()) + " events, " +
                          std::to_string(trace.stacks.size()) + " call stacks, process " + std::to_string(trace.process) +
                          (trace.cut_off ? "; cut off" : "") + "\n");
  }
  return exit_nothing_found;
}

bool is_standard_output(const report_files& files) noexcept {
  return files.json == "-" || files.junit == "-" || files.html == "-";
}

} // namespace

int report_verb(const report_command& command) {
  if (!looks_like_json(command.files.front())) {
    return convert_trace(command);
  }
  if (!command.pprof.empty() || !command.collapsed.empty()) {
    throw std::runtime_error(command.files.front() + ": is no trace; --pprof and --collapsed are for traces");
  }
  if (command.fails == fail_on::new_findings && command.baseline.empty()) {
    throw std::runtime_error("--fail-on new needs --baseline");
  }
  require_writable(command.output);
  std::vector<named_sweep> parts;
  for (const std::string& path : command.files) {
    parts.push_back({path, read_file(path)});
  }
  const sweep_result sweep = merge_shards(parts);
  comparison difference;
  const comparison* known = nullptr;
  if (!command.baseline.empty()) {
    difference = compare(read_file(command.baseline), sweep, command.baseline);
    known = &difference;
  }
  if (!command.quiet && !is_standard_output(command.output)) {
    const bool colours = wants_colours(command.colours, STDOUT_FILENO);
    write_output("-", sweep.text(colours) + (known == nullptr ? "" : "\n" + comparison_text(*known, colours)));
  }
  write_reports(command.output, sweep, known, command.fails == fail_on::new_findings);
  if (!sweep.error.empty()) {
    return exit_could_not_run;
  }
  const bool fails = command.fails == fail_on::findings
                         ? !sweep.findings.empty()
                         : command.fails == fail_on::new_findings && !difference.added.empty();
  return fails ? exit_findings : exit_nothing_found;
}

} // namespace mallocspy::tool
