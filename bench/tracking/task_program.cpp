// SPDX-License-Identifier: MIT
// A program on the task allocator: bench_tracked_task PROGRAM TIMES [SPY]
#include "subjects/task_memory.hpp"
#include "tracking/programs.hpp"

#include <filesystem>
#include <mallocspy/spies.hpp>
#include <memory>
#include <unistd.h>

int main(int argc, char** argv) {
  using namespace mallocspy;
  if (argc < 3) {
    std::fprintf(stderr, "usage: bench_tracked_task PROGRAM TIMES [SPY]\n");
    return 2;
  }
  const std::string spy = argc > 3 ? argv[3] : "none";
  const std::string trace_file = std::filesystem::temp_directory_path() / ("mallocspy_bench_" + std::to_string(getpid()));
  std::unique_ptr<spy_base> made;
  if (spy == "leak_tracker") {
    made = std::make_unique<leak_tracker>();
  } else if (spy == "leak_tracker_without_stacks") {
    leak_options options;
    options.depth = 0;
    made = std::make_unique<leak_tracker>(options);
  } else if (spy == "trace") {
    made = std::make_unique<trace>(trace_file.c_str());
  } else if (spy == "pass_through") {
    made = std::make_unique<spy_base>(spy_calls::concurrent);
  } else if (spy != "none") {
    std::fprintf(stderr, "bench: there is no spy %s\n", spy.c_str());
    return 2;
  }
  if (made != nullptr && CoRegisterMallocSpy(made.get()) != S_OK) {
    return 2;
  }
  const int status = bench::time_program<bench::task_memory>(argv[1], std::atoi(argv[2]));
  const bool revoked = made == nullptr || CoRevokeMallocSpy() == S_OK;
  made.reset();
  std::remove(trace_file.c_str());
  return revoked ? status : 2;
}
