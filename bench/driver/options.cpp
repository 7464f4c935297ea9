// SPDX-License-Identifier: MIT
#include "driver/options.hpp"

#include <CLI/CLI.hpp>

namespace mallocspy::bench {

bool options::selects(const std::string& subject, const std::string& row) const {
  return !filter || std::regex_search(subject + "/" + row, *filter);
}

parsed parse_options(int argc, char** argv) {
  CLI::App app("Compares mallocspy with raw mimalloc and with other allocators; prints ratios from one run.",
               "mallocspy_bench");
  options chosen;
  std::string expression;
  bool quick = false;
  auto* rounds = app.add_option("--rounds", chosen.rounds, "rounds of timings (default 7, with --quick 3)");
  rounds->check(CLI::Range(1, 1000));
  app.add_flag("--quick", quick, "shorter timings and fewer rounds: under a minute, with more spread");
  app.add_option("--filter", expression,
                 "only subject/row pairs that match this regular expression (and what they are divided by)");
  app.add_flag("--check", chosen.check, "exit with 1 if a required target is missed");
  app.add_option("--json", chosen.json_file, "write the results to this file");
  app.add_option("--svg", chosen.svg_file, "draw the ratios to this file");
  app.add_flag("--list", chosen.list, "list subjects and rows, and measure nothing");
  app.footer("Exit status: 0 done; 1 a required target was missed (--check); 2 could not run.");
  try {
    app.parse(argc, argv);
    if (!expression.empty()) {
      chosen.filter.emplace(expression);
    }
  } catch (const CLI::CallForHelp&) {
    std::cout << app.help();
    return {chosen, 0};
  } catch (const CLI::ParseError& error) {
    std::cerr << "mallocspy_bench: " << error.what() << "; see --help\n";
    return {chosen, 2};
  } catch (const std::regex_error&) {
    std::cerr << "mallocspy_bench: --filter: '" << expression << "' is no regular expression\n";
    return {chosen, 2};
  }
  if (quick) {
    chosen.seconds = 0.03;
    chosen.resident_rounds = 1;
    chosen.rounds = rounds->count() == 0 ? 3 : chosen.rounds;
  }
  return {chosen, std::nullopt};
}

} // namespace mallocspy::bench
