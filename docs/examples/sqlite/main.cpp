// SPDX-License-Identifier: MIT
// SQLite on mallocspy's task allocator: a large workload under a spy that counts, then a smaller one in which each
// allocation is made to fail.
#include "console.hpp"
#include "large_run.hpp"
#include "sqlite_memory.hpp"
#include "sweep_report.hpp"
#include "temporary_folder.hpp"

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <optional>
#include <sqlite3.h>

namespace {

enum exit_status { good = 0, bad = 1, could_not_run = 2 };

constexpr int large_orders = 20'000;
constexpr int small_orders = 40;

volatile std::sig_atomic_t interrupted = 0;

void remember_signal(int) {
  interrupted = 1;
}

struct options {
  bool quick = false;
  std::optional<long> fail;
  bool all_after = false;
};

int run(const options& chosen) {
  const temporary_folder folder;
  setenv("SQLITE_TMPDIR", folder.path().c_str(), 1); // SQLite's own temporary files too
  std::printf("SQLite %s on the task allocator of mallocspy\n", sqlite3_libversion());
  if (chosen.fail) {
    choose_sqlite_memory(memory_source::task_allocator);
    const small_workload workload = measure_small_workload(folder.path(), small_orders);
    if (*chosen.fail < 1 || *chosen.fail > workload.allocations) {
      throw std::runtime_error("--fail: the allocations are numbered from 1 to " + std::to_string(workload.allocations));
    }
    return show_one_failure(workload, {*chosen.fail, chosen.all_after}, folder.path()) ? good : bad;
  }
  if (!show_large_run(folder.path(), large_orders)) {
    return bad;
  }
  const small_workload workload = measure_small_workload(folder.path(), small_orders);
  return show_sweep(workload, chosen.quick ? 10 : 1, folder.path(), [] { return interrupted != 0; }) ? good : bad;
}

int parse_and_run(int argc, char** argv) {
  options chosen;
  CLI::App app{"Runs SQLite on mallocspy's task allocator, then fails each allocation of a smaller run.\n"
               "Exit status: 0 all is well; 1 an answer was wrong, memory leaked, or a run crashed; 2 it could not run."};
  app.add_flag("--quick", chosen.quick, "fail only 1 in 10 allocations");
  auto* fail =
      app.add_option("--fail", chosen.fail, "only fail allocation N, and show what the run says on stderr")->type_name("N");
  app.add_flag("--all-after", chosen.all_after, "with --fail: all later ones fail too")->needs(fail);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    std::fprintf(stderr, "sqlite_demo: %s (--help lists the options)\n", error.what());
    return could_not_run;
  }
  // Only remembered, so that the temporary folder is removed.
  for (const int ending : {SIGHUP, SIGINT, SIGTERM}) {
    std::signal(ending, remember_signal);
  }
  return run(chosen);
}

} // namespace

int main(int argc, char** argv) {
  try {
    return parse_and_run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "sqlite_demo: %s\n", error.what());
    return could_not_run;
  }
}
