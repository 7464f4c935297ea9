// SPDX-License-Identifier: MIT
#include "tool/terminal/progress.hpp"

#include "support/catch.hpp"
#include "tool/terminal/colours.hpp"

#include <cstdlib>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

using namespace mallocspy;
using namespace mallocspy::tool;
using namespace std::chrono_literals;

namespace {

progress_state state_of(std::uint64_t done, std::uint64_t wanted, std::uint64_t crashes = 0, std::uint64_t leaks = 0) {
  progress_state s;
  s.done = done;
  s.wanted = wanted;
  s.verdicts[static_cast<std::size_t>(verdict::crash)] = crashes;
  s.verdicts[static_cast<std::size_t>(verdict::leak)] = leaks;
  s.verdicts[static_cast<std::size_t>(verdict::clean)] = done - crashes - leaks;
  return s;
}

class pipe_end {
public:
  pipe_end() {
    REQUIRE(::pipe(m_ends) == 0);
    ::fcntl(m_ends[0], F_SETFL, O_NONBLOCK);
  }
  ~pipe_end() {
    ::close(m_ends[0]);
    ::close(m_ends[1]);
  }
  pipe_end(const pipe_end&) = delete;
  pipe_end& operator=(const pipe_end&) = delete;

  int writing() const noexcept {
    return m_ends[1];
  }
  std::string read() const {
    std::string text(65536, '\0');
    const ssize_t n = ::read(m_ends[0], text.data(), text.size());
    text.resize(n < 0 ? 0 : static_cast<std::size_t>(n));
    return text;
  }

private:
  int m_ends[2]{};
};

// A terminal, as a program at one has it.
class terminal {
public:
  terminal() : m_master(::posix_openpt(O_RDWR | O_NOCTTY)) {
    REQUIRE(m_master >= 0);
    REQUIRE(::grantpt(m_master) == 0);
    REQUIRE(::unlockpt(m_master) == 0);
    m_slave = ::open(::ptsname(m_master), O_RDWR | O_NOCTTY);
    REQUIRE(m_slave >= 0);
  }
  ~terminal() {
    ::close(m_slave);
    ::close(m_master);
  }
  terminal(const terminal&) = delete;
  terminal& operator=(const terminal&) = delete;

  int descriptor() const noexcept {
    return m_slave;
  }

private:
  int m_master;
  int m_slave = -1;
};

class variable {
public:
  variable(const char* name, const char* value) : m_name(name) {
    const char* before = std::getenv(name);
    m_before = before == nullptr ? "" : before;
    value == nullptr ? ::unsetenv(name) : ::setenv(name, value, 1);
  }
  ~variable() {
    m_before.empty() ? ::unsetenv(m_name) : ::setenv(m_name, m_before.c_str(), 1);
  }
  variable(const variable&) = delete;
  variable& operator=(const variable&) = delete;

private:
  const char* m_name;
  std::string m_before;
};

} // namespace

TEST_CASE("the bar shows how far it is, what was found, and the time that is left") {
  CHECK(progress_bar(state_of(0, 1268), 0ms, 100, false) == "[........................]  0/1268  0 %");
  CHECK(progress_bar(state_of(634, 1268, 2, 1), 41s, 100, false) ==
        "[############............]  634/1268  50 %  2 crash, 1 leak  0:41 left");
  CHECK(progress_bar(state_of(1, 4001), 1s, 100, false) == "[........................]  1/4001  0 %  1:06:40 left");
  CHECK(progress_bar(state_of(1268, 1268, 0, 1), 3s, 100, false) == "[########################]  1268/1268  100 %  1 leak");
  CHECK(progress_bar(state_of(7, 0), 3s, 100, false) == "[........................]  7");
  CHECK(progress_bar(state_of(999, 1000), 0s, 100, false).find("99 %") != std::string::npos);
}

TEST_CASE("the bar is never as wide as the terminal: the cursor stays in its line") {
  const progress_state s = state_of(634, 1268, 222, 111);
  for (std::size_t columns = 0; columns < 120; ++columns) {
    INFO(columns);
    CHECK(progress_bar(s, 41s, columns, false).size() < std::max<std::size_t>(columns, 1));
  }
  // What comes last is left out first, and nothing is cut in the middle.
  CHECK(progress_bar(s, 41s, 27, false) == "634/1268  50 %  222 crash");
}

TEST_CASE("colours do not count as columns") {
  const progress_state s = state_of(634, 1268, 2, 1);
  for (std::size_t columns = 40; columns < 100; ++columns) {
    std::string coloured = progress_bar(s, 41s, columns, true);
    for (std::size_t at = coloured.find('\033'); at != std::string::npos; at = coloured.find('\033')) {
      coloured.erase(at, coloured.find('m', at) - at + 1);
    }
    CHECK(coloured == progress_bar(s, 41s, columns, false));
  }
  CHECK(progress_bar(s, 41s, 100, true).find("\033[1;31m2 crash\033[0m") != std::string::npos);
}

TEST_CASE("elsewhere than on a terminal there is a line for each tenth") {
  const pipe_end out;
  {
    progress p(out.writing(), false, false);
    for (std::uint64_t i = 0; i <= 1268; ++i) {
      p.update(state_of(i, 1268, i / 500, 0));
    }
  }
  const std::string text = out.read();
  CHECK(std::count(text.begin(), text.end(), '\n') == 10);
  CHECK(text.find("mallocspy: 127 of 1268 points, 10 %\n") == 0);
  CHECK(text.find("mallocspy: 1268 of 1268 points, 100 %; 2 crash\n") != std::string::npos);
  CHECK(text.find('\r') == std::string::npos);
  CHECK(text.find('\033') == std::string::npos);
}

TEST_CASE("the bar is drawn over itself, seldom, and goes at the end") {
  const pipe_end out;
  {
    progress p(out.writing(), true, false);
    for (std::uint64_t i = 0; i < 500; ++i) {
      p.update(state_of(i, 1268));
    }
  }
  const std::string text = out.read();
  CHECK(text.find("\r\033[K[....") == 0);
  CHECK(text.rfind("\r\033[K") == text.size() - 4);
  CHECK(std::count(text.begin(), text.end(), '\r') < 250); // 500 updates; a drawing takes a tenth of a second
  CHECK(text.find('\n') == std::string::npos);
  progress untouched(out.writing(), true, false);
  untouched.clear();
  CHECK(out.read().empty());
}

TEST_CASE("the last point is drawn whatever the time") {
  const pipe_end out;
  progress p(out.writing(), true, false);
  p.update(state_of(1, 2));
  p.update(state_of(2, 2));
  CHECK(out.read().find("2/2") != std::string::npos);
}

TEST_CASE("colours are for terminals, unless somebody says otherwise") {
  const terminal tty;
  const pipe_end out;
  const variable type("TERM", "xterm");
  const variable allowed("NO_COLOR", nullptr);
  CHECK(is_terminal(tty.descriptor()));
  CHECK(wants_colours(colour_choice::automatic, tty.descriptor()));
  CHECK_FALSE(wants_colours(colour_choice::automatic, out.writing()));
  CHECK(wants_colours(colour_choice::always, out.writing()));
  CHECK_FALSE(wants_colours(colour_choice::never, tty.descriptor()));
  {
    const variable forbidden("NO_COLOR", "1");
    CHECK_FALSE(wants_colours(colour_choice::automatic, tty.descriptor()));
    CHECK(wants_colours(colour_choice::always, tty.descriptor()));
  }
  const variable dumb("TERM", "dumb");
  CHECK_FALSE(wants_colours(colour_choice::automatic, tty.descriptor()));
}

TEST_CASE("a terminal's width is known, and 80 columns where it is not") {
  const terminal tty;
  struct winsize size {};
  size.ws_col = 53;
  REQUIRE(::ioctl(tty.descriptor(), TIOCSWINSZ, &size) == 0);
  CHECK(terminal_columns(tty.descriptor()) == 53);
  const pipe_end out;
  CHECK(terminal_columns(out.writing()) == 80);
}
