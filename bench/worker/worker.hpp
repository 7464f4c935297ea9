// SPDX-License-Identifier: MIT
// A worker runs one job on one subject and ends. Jobs:
//   SUBJECT verify                      only makes sure that the subject is in force
//   SUBJECT time WORKLOAD SECONDS       Google Benchmark's JSON; counter "peak": bytes by which the resident set peaked
//   SUBJECT resident                    bytes of a million mixed live blocks
//   SUBJECT loop OPERATION SIZE COUNT   a counted loop for callgrind (loops.hpp)
#pragma once

#include "worker/loops.hpp"
#include "workloads/all.hpp"
#include "workloads/resident.hpp"

#include <benchmark/benchmark.h>
#include <cinttypes>
#include <cstdio>
#include <exception>
#include <string>
#include <unistd.h>

namespace mallocspy::bench {

// No job takes nearly as long; one that hangs is ended by the alarm.
inline constexpr unsigned longest_job_seconds = 300;

inline int bad_usage(const char* program) {
  std::fprintf(stderr,
               "usage: %s SUBJECT verify | time WORKLOAD SECONDS | resident | loop OPERATION SIZE COUNT\n"
               "started by mallocspy_bench\n",
               program);
  return 2;
}

template <class Subject> int run_timed(const std::string& name, double seconds, std::uint64_t start, char* program) {
  const runnable found = find_workload<Subject>(name);
  if (found.function == nullptr) {
    std::fprintf(stderr, "bench worker: there is no workload %s\n", name.c_str());
    return 2;
  }
  const auto with_peak = [&](benchmark::State& state) {
    found.function(state);
    if (state.thread_index() == 0) {
      const auto peak = peak_resident_bytes();
      state.counters["peak"] = static_cast<double>(peak > start ? peak - start : 0);
    }
  };
  auto* job = benchmark::RegisterBenchmark(name.c_str(), with_peak);
  job->Threads(found.threads);
  if (found.iterations != 0) {
    job->Iterations(found.iterations);
  } else {
    job->MinTime(seconds);
  }
  if (found.threads > 1) {
    job->UseRealTime(); // time spent waiting for each other counts
  }
  char format[] = "--benchmark_format=json";
  char* arguments[] = {program, format, nullptr};
  int count = 2;
  benchmark::Initialize(&count, arguments);
  return benchmark::RunSpecifiedBenchmarks() == 1 ? 0 : 2;
}

template <class Subject> int run_job(int argc, char** argv, std::uint64_t start) {
  const std::string job = argv[2];
  if (job == "verify" && argc == 3) {
    return 0;
  }
  if (job == "time" && argc == 5) {
    return run_timed<Subject>(argv[3], std::stod(argv[4]), start, argv[0]);
  }
  if (job == "resident" && argc == 3) {
    std::printf("%" PRIu64 "\n", resident_growth<Subject>());
    return 0;
  }
  if (job == "loop" && argc == 6) {
    return run_loop<Subject>(argv[3], std::stoul(argv[4]), std::stoul(argv[5])) ? 0 : bad_usage(argv[0]);
  }
  return bad_usage(argv[0]);
}

// The worker's main, over the subjects that it holds.
template <class... Subjects> int run_worker(int argc, char** argv) try {
  if (argc < 3) {
    return bad_usage(argv[0]);
  }
  alarm(longest_job_seconds);
  const std::uint64_t start = resident_bytes(); // before the subject does anything
  int status = -1;
  const std::string wanted = argv[1];
  const auto run_if_wanted = [&](auto subject) {
    using chosen = decltype(subject);
    if (wanted == chosen::name) {
      [[maybe_unused]] const typename chosen::in_force whole_job{};
      status = run_job<chosen>(argc, argv, start);
    }
  };
  (run_if_wanted(Subjects{}), ...);
  if (status < 0) {
    std::fprintf(stderr, "bench worker: there is no subject %s here\n", argv[1]);
    return 2;
  }
  return status;
} catch (const std::exception& error) {
  std::fprintf(stderr, "bench worker: %s\n", error.what());
  return 2;
}

} // namespace mallocspy::bench
