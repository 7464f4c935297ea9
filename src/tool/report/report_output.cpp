// SPDX-License-Identifier: MIT
#include "tool/report/report_output.hpp"

#include "testing/process/whole_file.hpp"
#include "tool/report/html_page.hpp"
#include "tool/report/junit.hpp"

#include <stdexcept>

namespace mallocspy::tool {

using testing_detail::require_writable;
using testing_detail::write_output;

namespace {

std::string json_with(const sweep_result& sweep, const comparison* known) {
  std::string text = sweep.json();
  if (known != nullptr) {
    text.insert(text.rfind('}'), ",\n \"comparison\": " + comparison_json(*known));
  }
  return text;
}

} // namespace

void require_writable(const report_files& files) {
  require_writable(files.json);
  require_writable(files.junit);
  require_writable(files.html);
}

void write_reports(const report_files& files, const sweep_result& sweep, const comparison* known, bool only_new) {
  std::string failures;
  const auto write = [&failures](const std::string& path, const auto& content) {
    if (path.empty()) {
      return;
    }
    try {
      write_output(path, content());
    } catch (const std::runtime_error& error) {
      failures += (failures.empty() ? "" : "; ") + std::string(error.what());
    }
  };
  write(files.json, [&] { return json_with(sweep, known); });
  write(files.junit, [&] { return junit_xml(sweep, only_new ? known : nullptr); });
  write(files.html, [&] { return html_page(sweep, known); });
  if (!failures.empty()) {
    throw std::runtime_error(failures);
  }
}

} // namespace mallocspy::tool
