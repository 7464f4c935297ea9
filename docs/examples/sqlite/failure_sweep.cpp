// SPDX-License-Identifier: MIT
#include "failure_sweep.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <map>
#include <optional>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

namespace {

constexpr unsigned deadline = 20;   // seconds; a run takes milliseconds
constexpr int first_verdict = 0x40; // exit status of a child: this plus its verdict; no library exits like that

[[noreturn]] void run_as_child(const small_workload& workload, failure_plan plan, const std::string& file) noexcept {
  std::signal(SIGALRM, SIG_DFL);
  alarm(deadline);
  _exit(first_verdict + static_cast<int>(run_with_failure(workload, plan, file)));
}

void silence_stderr() {
  const int nowhere = open("/dev/null", O_WRONLY);
  dup2(nowhere, STDERR_FILENO);
  close(nowhere);
}

finding judge(failure_plan plan, int status) {
  if (WIFSIGNALED(status)) {
    const int signal = WTERMSIG(status);
    const std::string how = signal == SIGALRM ? "hangs: no end in " + std::to_string(deadline) + " s" : strsignal(signal);
    return {plan, verdict::crashed, how};
  }
  const int code = WEXITSTATUS(status) - first_verdict;
  if (code < 0 || code > static_cast<int>(verdict::not_fired)) {
    return {plan, verdict::crashed, "exit status " + std::to_string(WEXITSTATUS(status))};
  }
  return {plan, static_cast<verdict>(code), ""};
}

// The children that run, and what the finished ones have told.
class children {
public:
  children(const small_workload& workload, const std::filesystem::path& folder) : m_workload(workload), m_folder(folder) {
    std::signal(SIGCHLD, SIG_DFL); // whoever started us may have it ignored, and then nobody can wait
    std::fflush(nullptr);          // a child that ends by exit would write it again
  }
  children(const children&) = delete;
  children& operator=(const children&) = delete;
  ~children() {
    while (!m_running.empty()) {
      wait_for_one();
    }
  }

  std::size_t running() const {
    return m_running.size();
  }

  // effects: starts a child; a quiet one cannot spoil the progress bar
  void start(failure_plan plan, bool quiet) {
    const std::filesystem::path place = folder_of(plan);
    std::filesystem::create_directory(place);
    const pid_t child = fork();
    if (child == 0) {
      if (quiet) {
        silence_stderr();
      }
      run_as_child(m_workload, plan, place / "shop.db");
    }
    if (child < 0) {
      throw std::runtime_error(std::string("fork: ") + std::strerror(errno));
    }
    m_running.emplace(child, plan);
  }

  // returns: what became of one; nothing if the wait was interrupted
  std::optional<finding> wait_for_one() {
    int status = 0;
    const auto child = m_running.find(waitpid(-1, &status, 0));
    if (child == m_running.end()) {
      return std::nullopt;
    }
    const finding found = judge(child->second, status);
    std::error_code ignored;
    std::filesystem::remove_all(folder_of(child->second), ignored);
    m_running.erase(child);
    ++m_result.counts[static_cast<std::size_t>(found.what)];
    if (found.what != verdict::reported && found.what != verdict::tolerated) {
      m_result.findings.push_back(found);
    }
    return found;
  }

  // returns: what is known so far, the findings in the order of their allocations
  sweep_result result() const {
    sweep_result sorted = m_result;
    std::sort(sorted.findings.begin(), sorted.findings.end(),
              [](const finding& a, const finding& b) { return a.plan.first < b.plan.first; });
    return sorted;
  }

private:
  std::filesystem::path folder_of(failure_plan plan) const {
    return m_folder / std::to_string(plan.first);
  }

  const small_workload& m_workload;
  const std::filesystem::path& m_folder;
  std::map<pid_t, failure_plan> m_running;
  sweep_result m_result;
};

} // namespace

std::vector<long> points_of(const sweep_plan& plan, const small_workload& workload) {
  std::vector<long> points;
  for (long n = 1; n <= workload.allocations; n += plan.every) {
    points.push_back(n);
  }
  return points;
}

sweep_result sweep(const small_workload& workload, const sweep_plan& plan, const std::filesystem::path& folder,
                   const std::function<void(std::size_t)>& progress, const std::function<bool()>& stop) {
  children all(workload, folder);
  std::size_t started = 0;
  for (const long n : points_of(plan, workload)) {
    if (stop()) {
      throw std::runtime_error("interrupted");
    }
    while (all.running() == plan.jobs) {
      all.wait_for_one();
    }
    all.start({n, plan.all_after}, true);
    progress(++started - all.running());
  }
  while (all.running() != 0) {
    all.wait_for_one();
    progress(started - all.running());
  }
  return all.result();
}

finding run_in_child(const small_workload& workload, failure_plan plan, const std::filesystem::path& folder) {
  children one(workload, folder);
  one.start(plan, false);
  for (;;) {
    if (const auto found = one.wait_for_one()) {
      return *found;
    }
  }
}
