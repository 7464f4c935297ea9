// SPDX-License-Identifier: MIT
#include "driver/subprocess.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <poll.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace mallocspy::bench {

namespace {

class pipe_ends {
public:
  pipe_ends() {
    if (pipe(m_ends.data()) != 0) {
      throw std::system_error(errno, std::generic_category(), "pipe");
    }
  }
  ~pipe_ends() {
    close_end(0);
    close_end(1);
  }
  pipe_ends(const pipe_ends&) = delete;
  pipe_ends& operator=(const pipe_ends&) = delete;

  int read_end() const noexcept {
    return m_ends[0];
  }
  int write_end() const noexcept {
    return m_ends[1];
  }
  void close_end(std::size_t which) noexcept {
    if (m_ends[which] >= 0) {
      close(m_ends[which]);
      m_ends[which] = -1;
    }
  }

private:
  std::array<int, 2> m_ends{-1, -1};
};

[[noreturn]] void become(const std::vector<std::string>& command, const std::string& preload, int out, int err) {
  dup2(out, STDOUT_FILENO);
  dup2(err, STDERR_FILENO);
  if (!preload.empty()) {
    setenv("LD_PRELOAD", preload.c_str(), 1);
  }
  std::vector<char*> arguments;
  for (const std::string& argument : command) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  arguments.push_back(nullptr);
  execvp(arguments[0], arguments.data());
  _exit(127);
}

void read_to_end(int out, int err, finished& result) {
  std::array<pollfd, 2> ends = {{{out, POLLIN, 0}, {err, POLLIN, 0}}};
  while (ends[0].fd >= 0 || ends[1].fd >= 0) {
    if (poll(ends.data(), ends.size(), -1) < 0 && errno != EINTR) {
      throw std::system_error(errno, std::generic_category(), "poll");
    }
    for (std::size_t i = 0; i < ends.size(); ++i) {
      if (ends[i].fd < 0 || ends[i].revents == 0) {
        continue;
      }
      std::array<char, 4096> bytes;
      const ssize_t got = read(ends[i].fd, bytes.data(), bytes.size());
      if (got > 0) {
        (i == 0 ? result.out : result.err).append(bytes.data(), static_cast<std::size_t>(got));
      } else if (got == 0 || errno != EINTR) {
        ends[i].fd = -1;
      }
    }
  }
}

} // namespace

finished run_program(const std::vector<std::string>& command, const std::string& preload) {
  pipe_ends out;
  pipe_ends err;
  const pid_t child = fork();
  if (child < 0) {
    throw std::system_error(errno, std::generic_category(), "fork");
  }
  if (child == 0) {
    out.close_end(0);
    err.close_end(0);
    become(command, preload, out.write_end(), err.write_end());
  }
  out.close_end(1);
  err.close_end(1);
  finished result{};
  read_to_end(out.read_end(), err.read_end(), result);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

std::string last_line(const std::string& text) {
  const std::size_t end = text.find_last_not_of('\n');
  if (end == std::string::npos) {
    return "";
  }
  const std::size_t before = text.find_last_of('\n', end);
  const std::size_t start = before == std::string::npos ? 0 : before + 1;
  return text.substr(start, end + 1 - start);
}

} // namespace mallocspy::bench
