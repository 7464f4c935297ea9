// SPDX-License-Identifier: MIT
// mallocspy_bench_sweep: what a sweep of a function takes, by snapshots and by reruns of the function.
#include "sweep/work.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <mallocspy/mallocspy.hpp>
#include <mallocspy/testing.hpp>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace {

using namespace mallocspy;

struct row {
  int milliseconds;
  std::size_t resident; // MiB
  bool stops;
};

struct seconds {
  double snapshots;
  double replays;
  double plain;
};

double now() {
  timespec t{};
  ::clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

bool run_body(const row& r, std::uint64_t steps, bool stops) {
  return bench::work(
      steps, bench::points_of(r.milliseconds), stops, [](std::size_t size) { return CoTaskMemAlloc(size); },
      [](void* block) { CoTaskMemFree(block); });
}

// Tolerated: the result does not tell of the failure.
sweep_result sweep(const row& r, std::uint64_t steps, bool by_replay) {
  sweep_options options;
  options.always_replay = by_replay;
  return oom_sweep([&] { return run_body(r, steps, r.stops) || !r.stops; }, options);
}

seconds measure(const row& r, std::uint64_t steps_of_ms) {
  const std::uint64_t steps = steps_of_ms * static_cast<std::uint64_t>(r.milliseconds);
  seconds taken{};
  double began = now();
  run_body(r, steps, true);
  taken.plain = now() - began;
  for (const bool by_replay : {false, true}) {
    began = now();
    const sweep_result result = sweep(r, steps, by_replay);
    (by_replay ? taken.replays : taken.snapshots) = now() - began;
    const verdict expected = r.stops ? verdict::clean : verdict::tolerated;
    const unsigned points = bench::points_of(r.milliseconds);
    if (result.count(expected) != points || (by_replay ? result.replays : result.snapshots) != points) {
      std::fprintf(stderr, "mallocspy_bench_sweep: the sweep is not what it should be:\n%s", result.text().c_str());
      std::exit(2);
    }
  }
  return taken;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void print_row(const row& r, std::uint64_t steps_of_ms, int rounds) {
  bench::become_resident(r.resident << 20);
  std::vector<double> ratio;
  std::vector<double> point;
  for (int i = 0; i < rounds; ++i) {
    const seconds taken = measure(r, steps_of_ms);
    ratio.push_back(taken.snapshots / taken.replays);
    // Without the runs that a sweep makes besides: two to learn, and one in which the snapshots are made.
    point.push_back(std::max(0.0, taken.snapshots - 3 * taken.plain) * 1000 / bench::points_of(r.milliseconds));
  }
  std::sort(ratio.begin(), ratio.end());
  std::printf("%6d ms %7u %8zu MiB   %-10s %10.3f +- %.3f %14.2f\n", r.milliseconds, bench::points_of(r.milliseconds),
              r.resident, r.stops ? "stops" : "tolerates", median(ratio), (ratio.back() - ratio.front()) / 2,
              median(point));
  std::fflush(stdout);
}

// What it costs to be watched: pairs of allocations and frees, in a function that is swept, at no point; and in one that is
// not.
void print_armed(int rounds) {
  constexpr int pairs = 200000;
  const auto body = [] {
    for (int i = 0; i < pairs; ++i) {
      CoTaskMemFree(CoTaskMemAlloc(47));
    }
  };
  std::vector<double> ratio;
  for (int i = 0; i < rounds; ++i) {
    double began = now();
    body();
    const double plain = now() - began;
    double shortest = 1e9;
    sweep_options options;
    options.only = UINT64_MAX; // no point at all
    oom_sweep(
        [&] {
          const double began_armed = now();
          body();
          shortest = std::min(shortest, now() - began_armed);
        },
        options);
    ratio.push_back(shortest / plain);
  }
  std::printf("\nan armed run without a failure / a plain one, allocations and frees only: %.1f\n", median(ratio));
}

} // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::max(1, std::atoi(argv[1])) : 3;
  const std::uint64_t steps_of_ms = bench::steps_per_millisecond();
  std::printf("a sweep of a function, snapshots / reruns; milliseconds for each point by snapshots\n\n");
  std::printf("%9s %7s %12s   %-10s %19s %14s\n", "function", "points", "resident", "", "snapshots / reruns",
              "ms for a point");
  for (const std::size_t resident : {0U, 32U, 256U}) {
    for (const int milliseconds : {1, 20, 200}) {
      for (const bool stops : {true, false}) {
        // A process of its own for each row: what is resident stays so.
        std::fflush(stdout);
        const pid_t child = ::fork();
        if (child == 0) {
          print_row({milliseconds, resident, stops}, steps_of_ms, milliseconds == 200 ? 1 : rounds);
          std::_Exit(0);
        }
        int status = 0;
        ::waitpid(child, &status, 0);
        if (status != 0) {
          return 2;
        }
      }
    }
  }
  print_armed(rounds);
  return 0;
}
