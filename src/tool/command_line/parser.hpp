// SPDX-License-Identifier: MIT
// Builds the parser: the one table of verbs and options.
#pragma once

#include "tool/commands.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

namespace mallocspy::tool {

// Where the parser writes.
struct commands {
  run_command run;
  fail_command fail;
  sweep_command sweep;
  report_command report;
};

// Names of verbs that are for building the documents, not for people.
inline constexpr const char* generate_verb = "generate";

// A verb, and what the parser's own description has no room for.
struct described_verb {
  CLI::App* parser;
  std::string arguments;
  std::string description;
  launched_program* program; // null: it starts none
};

class parser {
public:
  // target: must live as long as the parser
  explicit parser(commands& target);

  CLI::App& app() noexcept {
    return *m_app;
  }
  const std::vector<described_verb>& verbs() const noexcept {
    return m_verbs;
  }
  const std::string& generated() const noexcept {
    return m_generated;
  }

private:
  described_verb& add_verb(const char* name, const char* summary);
  void add_run(run_command& c);
  void add_fail(fail_command& c);
  void add_sweep(sweep_command& c);
  void add_report(report_command& c);

  std::unique_ptr<CLI::App> m_app;
  std::vector<described_verb> m_verbs;
  std::string m_generated;
};

} // namespace mallocspy::tool
