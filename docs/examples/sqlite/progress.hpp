// SPDX-License-Identifier: MIT
// How far a long job is: a bar on a terminal, a few plain lines elsewhere.
#pragma once

#include "console.hpp"

#include <cstdio>
#include <string>

class progress {
public:
  progress(std::string label, std::size_t total) : m_label(std::move(label)), m_total(total) {}
  progress(const progress&) = delete;
  progress& operator=(const progress&) = delete;

  // Leaves no trace of the bar, however the job ends.
  ~progress() {
    if (on_terminal()) {
      std::fputs("\r\033[K", stdout);
      std::fflush(stdout);
    }
  }

  void show(std::size_t done) {
    const std::size_t steps = on_terminal() ? 200 : 4;
    const std::size_t step = done * steps / m_total;
    if (step == m_step) {
      return;
    }
    m_step = step;
    const std::string numbers = grouped(static_cast<long long>(done)) + " of " + grouped(static_cast<long long>(m_total));
    if (on_terminal()) {
      constexpr std::size_t width = 30;
      const std::size_t filled = done * width / m_total;
      const std::string bar = std::string(filled, '#') + std::string(width - filled, '.');
      std::printf("\r  %-22s [%s] %s", m_label.c_str(), bar.c_str(), numbers.c_str());
    } else {
      std::printf("  %s: %s\n", m_label.c_str(), numbers.c_str());
    }
    std::fflush(stdout);
  }

private:
  std::string m_label;
  std::size_t m_total;
  std::size_t m_step = 0;
};
