// SPDX-License-Identifier: MIT
#include "tool/command_line/report_options.hpp"

#include "tool/command_line/option_kinds.hpp"

#include <algorithm>

namespace mallocspy::tool {

namespace {

constexpr const char* spy_names = "leaks,guard,stats,trace";

} // namespace

void add_spies(CLI::App& verb, run_command& c) {
  verb.add_option_function<std::string>(
          "--spy",
          [&c](const std::string& list) {
            const std::vector<std::string> known = CLI::detail::split(spy_names, ',');
            const std::vector<std::string> spies = CLI::detail::split(list, ',');
            for (const std::string& spy : spies) {
              if (std::find(known.begin(), known.end(), spy) == known.end()) {
                throw CLI::ValidationError("--spy", "'" + spy + "' is none of " + spy_names);
              }
            }
            const auto wanted = [&spies](const char* spy) {
              return std::find(spies.begin(), spies.end(), spy) != spies.end();
            };
            c.leaks = wanted("leaks");
            c.guard = wanted("guard");
            c.statistics = wanted("stats");
            c.events = wanted("trace");
          },
          "one, or several with commas between them; leaks unless given")
      ->type_name(spy_names);
}

void add_shard(CLI::App& verb, mallocspy::sweep_options& options) {
  verb.add_option_function<std::string>(
          "--shard",
          [&options](const std::string& part) {
            const std::size_t slash = part.find('/');
            const auto numeric = [](const std::string& digits) {
              return !digits.empty() && digits.size() < 7 && digits.find_first_not_of("0123456789") == std::string::npos;
            };
            const std::string first = part.substr(0, slash);
            const std::string second = slash == std::string::npos ? "" : part.substr(slash + 1);
            options.shard = numeric(first) ? static_cast<unsigned>(std::stoul(first)) : 0;
            options.shards = numeric(second) ? static_cast<unsigned>(std::stoul(second)) : 0;
            if (options.shard == 0 || options.shard > options.shards) {
              throw CLI::ValidationError("--shard", "'" + part + "' is no part: 1/4 to 4/4");
            }
          },
          "only part I of N of the points, to spread a sweep over machines; `mallocspy report` puts the parts together")
      ->type_name("I/N");
}

void add_report_files(CLI::App& verb, report_files& files) {
  text(verb, "--json", files.json, "FILE", "write the report for programs; - is standard output");
  text(verb, "--junit", files.junit, "FILE", "write the findings as test cases in JUnit's XML, which CI systems show");
  text(verb, "--html", files.html, "FILE", "write the report as a page that stands by itself");
}

void add_colours(CLI::App& verb, colour_choice& colours) {
  choice(verb, "--colour,--color", colours, "auto|always|never", "colours in the text; auto: on a terminal");
}

} // namespace mallocspy::tool
