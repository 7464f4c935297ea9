// SPDX-License-Identifier: MIT
#include "tool/session/started_program.hpp"

#include "testing/process/child_process.hpp"
#include "testing/process/closing_pipe.hpp"
#include "tool/program/preloading.hpp"
#include "tool/session/interruption.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <fstream>
#include <stdexcept>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#if defined(__linux__)
#include <sys/prctl.h>
#elif defined(__APPLE__)
#include <crt_externs.h>
#endif

namespace mallocspy::tool {

namespace {

char** own_environment() noexcept {
#if defined(__APPLE__)
  return *::_NSGetEnviron();
#else
  return environ;
#endif
}

// The environment of the program: this one's, with some variables set.
class environment {
public:
  explicit environment(const program_start& start) {
    const char* preloaded = std::getenv(preload_variable);
    set(preload_variable, preloaded == nullptr || *preloaded == '\0' ? start.preload : start.preload + ":" + preloaded);
    set(session_variable, start.session);
    for (const auto& [name, value] : start.environment) {
      set(name, value);
    }
    for (char** at = own_environment(); *at != nullptr; ++at) {
      const std::string variable = *at;
      if (!is_set(variable.substr(0, variable.find('=')))) {
        m_strings.push_back(variable);
      }
    }
    for (std::string& variable : m_strings) {
      m_pointers.push_back(variable.data());
    }
    m_pointers.push_back(nullptr);
  }
  char* const* get() const noexcept {
    return m_pointers.data();
  }

private:
  void set(const std::string& name, const std::string& value) {
    m_names.push_back(name);
    m_strings.push_back(name + "=" + value);
  }
  bool is_set(const std::string& name) const {
    for (const std::string& known : m_names) {
      if (known == name) {
        return true;
      }
    }
    return false;
  }

  std::vector<std::string> m_names;
  std::vector<std::string> m_strings;
  std::vector<char*> m_pointers;
};

// In the child, between fork and exec.
[[noreturn]] void become(const program_start& start, char* const* words, char* const* variables, int report) noexcept {
  const auto redirect = [](const std::string& path, int flags, int descriptor) {
    if (path.empty()) {
      return true;
    }
    const int file = ::open(path.c_str(), flags | O_CREAT, 0600);
    if (file < 0 || ::dup2(file, descriptor) < 0) {
      return false;
    }
    ::close(file);
    return true;
  };
  if (start.contained) {
    ::setpgid(0, 0);
  }
  if (redirect(start.in, O_RDONLY, STDIN_FILENO) && redirect(start.out, O_WRONLY, STDOUT_FILENO) &&
      redirect(start.err, O_WRONLY, STDERR_FILENO) && (start.folder.empty() || ::chdir(start.folder.c_str()) == 0)) {
    ::execve(start.path.c_str(), words, variables);
  }
  const int error = errno;
  [[maybe_unused]] const ssize_t told = ::write(report, &error, sizeof error);
  ::_exit(127);
}

// effects: children of this program's children that these leave behind become its own, where the system does that
void adopt_orphans() noexcept {
#if defined(__linux__)
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
#endif
}

// effects: sends SIGKILL to all children of this process, where the system tells which those are
void kill_children() {
  std::ifstream children("/proc/self/task/" + std::to_string(::getpid()) + "/children");
  for (pid_t child = 0; children >> child;) {
    ::kill(child, SIGKILL);
  }
}

// effects: ends what is left of a program: its group, and what has left that and is a child of this process now
void end_the_rest(pid_t group) {
  ::kill(-group, SIGKILL);
  // Children of ended children come to this process (a subreaper), on Linux. Each that is ended may show more.
  for (int rounds = 0; rounds < 100; ++rounds) {
    siginfo_t info{};
    if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG) != 0) {
      return; // none left
    }
    if (info.si_pid == 0) {
      kill_children();
      const timespec pause{0, 1000000};
      ::nanosleep(&pause, nullptr);
    }
  }
}

// returns: the child in which the program runs
// errors: it cannot be started: std::runtime_error
testing_detail::child_process started(const program_start& start) {
  std::vector<std::string> words = start.words;
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (std::string& word : words) {
    pointers.push_back(word.data());
  }
  pointers.push_back(nullptr);
  const environment variables(start);
  const auto cannot_be_started = [&](int error) {
    return std::runtime_error(start.path + ": cannot be started: " + std::generic_category().message(error));
  };

  int report[2];
  if (!testing_detail::make_closing_pipe(report, 0)) {
    throw cannot_be_started(errno);
  }
  testing_detail::child_process child;
  child.began = testing_detail::now();
  child.id = ::fork();
  if (child.id == 0) {
    become(start, pointers.data(), variables.get(), report[1]);
  }
  const int fork_error = errno;
  ::close(report[1]);
  int error = 0;
  const ssize_t told = child.id < 0 ? 0 : ::read(report[0], &error, sizeof error);
  ::close(report[0]);
  if (child.id < 0) {
    throw cannot_be_started(fork_error);
  }
  if (told == sizeof error) {
    ::waitpid(child.id, nullptr, 0);
    throw cannot_be_started(error);
  }
  return child;
}

// effects: ends the child. returns: its status
int killed(const testing_detail::child_process& child) {
  int status = 0;
  ::kill(child.id, SIGKILL);
  while (::waitpid(child.id, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

} // namespace

program_start foreground_start(const launch_plan& launch, const session_folder& folder) {
  program_start start;
  start.path = launch.path;
  start.words = launch.words;
  start.preload = launch.preload;
  start.session = folder.path();
  start.contained = false;
  return start;
}

program_end run_program(const program_start& start, long timeout, const std::function<void()>& tick) {
  if (start.contained) {
    adopt_orphans();
  }
  const testing_detail::child_process child = started(start);
  program_end end;
  for (long waited = 0;;) {
    const pid_t ended = ::waitpid(child.id, &end.status, WNOHANG);
    if (ended == child.id || (ended < 0 && errno != EINTR)) {
      break;
    }
    end.interrupted = interruption::signal() != 0;
    end.timed_out = timeout != 0 && testing_detail::now() - child.began > timeout;
    if (start.contained && (end.interrupted || end.timed_out)) {
      end.status = killed(child);
      break;
    }
    // Short programs are not made to wait; long ones are not disturbed.
    const timespec pause{0, waited < 20 ? 200000 : waited < 100 ? 2000000 : 20000000};
    ::nanosleep(&pause, nullptr);
    if (++waited % 50 == 0 && tick) {
      tick();
    }
  }
  if (start.contained) {
    end_the_rest(child.id);
  }
  return end;
}

int shell_status(int status) noexcept {
  constexpr int by_signal = 128;
  return WIFSIGNALED(status) ? by_signal + WTERMSIG(status) : WEXITSTATUS(status);
}

} // namespace mallocspy::tool
