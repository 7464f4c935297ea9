// SPDX-License-Identifier: MIT
#include "driver/console.hpp"

#include <cstdio>
#include <cstdlib>
#include <thread>
#include <unistd.h>

namespace mallocspy::bench {

namespace {

std::string coloured(const char* code, const std::string& text) {
  static const bool wanted = isatty(STDOUT_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr;
  return wanted ? std::string("\033[") + code + "m" + text + "\033[0m" : text;
}

constexpr std::size_t bar_width = 30;

} // namespace

std::string in_green(const std::string& text) {
  return coloured("32", text);
}
std::string in_red(const std::string& text) {
  return coloured("31", text);
}
std::string in_bold(const std::string& text) {
  return coloured("1", text);
}
std::string in_grey(const std::string& text) {
  return coloured("90", text);
}

void warn_if_busy() {
  double load = 0;
  const double processors = std::thread::hardware_concurrency();
  if (getloadavg(&load, 1) == 1 && processors > 0 && load > processors / 2) {
    std::fprintf(stderr, "the machine is busy (load %.1f on %.0f processors): expect spread, above all with two threads\n",
                 load, processors);
  }
}

progress::progress(std::size_t steps) : m_steps(steps), m_terminal(isatty(STDERR_FILENO) != 0) {}

progress::~progress() {
  clear_line();
}

void progress::clear_line() const {
  if (m_terminal) {
    std::fputs("\r\033[K", stderr);
  }
}

void progress::step(const std::string& stage, const std::string& what) {
  if (m_terminal) {
    const std::size_t filled = m_steps == 0 ? bar_width : bar_width * m_done / m_steps;
    const std::string bar = std::string(filled, '#') + std::string(bar_width - filled, '.');
    std::fprintf(stderr, "\r\033[K[%s] %zu/%zu %s: %s", bar.c_str(), m_done, m_steps, stage.c_str(), what.c_str());
  } else if (stage != m_stage) {
    std::fprintf(stderr, "%s (%zu of %zu steps done)\n", stage.c_str(), m_done, m_steps);
  }
  std::fflush(stderr);
  m_stage = stage;
  ++m_done;
}

} // namespace mallocspy::bench
