// SPDX-License-Identifier: MIT
// The command mallocspy.
#include "tool/command_line/command_line.hpp"
#include "tool/verbs/verbs.hpp"

#include <cstdio>
#include <exception>

namespace {

using namespace mallocspy::tool;

struct perform {
  int operator()(const answer& a) const {
    std::fputs(a.err.c_str(), stderr);
    return std::fputs(a.out.c_str(), stdout) < 0 || std::fflush(stdout) != 0 ? exit_could_not_run : a.status;
  }
  int operator()(const run_command& c) const {
    return run_verb(c);
  }
  int operator()(const fail_command& c) const {
    return fail_verb(c);
  }
  int operator()(const sweep_command& c) const {
    return sweep_verb(c);
  }
  int operator()(const report_command& c) const {
    return report_verb(c);
  }
};

} // namespace

int main(int argc, char** argv) {
  try {
    return std::visit(perform{}, parse_command_line({argv + (argc > 0 ? 1 : 0), argv + argc}));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "mallocspy: %s\n", error.what());
    return exit_could_not_run;
  }
}
