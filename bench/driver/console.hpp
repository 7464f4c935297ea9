// SPDX-License-Identifier: MIT
// What depends on whether a person watches: colours and the progress bar.
#pragma once

#include <string>

namespace mallocspy::bench {

// returns: the text in a colour if stdout is a terminal and NO_COLOR is not set, else as it is
std::string in_green(const std::string& text);
std::string in_red(const std::string& text);
std::string in_bold(const std::string& text);
std::string in_grey(const std::string& text);

// effects: one line on stderr if other work keeps the processors busy
void warn_if_busy();

// On stderr: one bar that is redrawn on a terminal; elsewhere a plain line for each new stage.
class progress {
public:
  explicit progress(std::size_t steps);
  ~progress();
  progress(const progress&) = delete;
  progress& operator=(const progress&) = delete;

  // effects: tells that the next step begins
  void step(const std::string& stage, const std::string& what);

private:
  void clear_line() const;

  std::size_t m_steps;
  std::size_t m_done = 0;
  std::string m_stage;
  bool m_terminal;
};

} // namespace mallocspy::bench
