// SPDX-License-Identifier: MIT
#include "tool/terminal/progress.hpp"

#include "testing/report/report_text.hpp"
#include "tool/terminal/colours.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <unistd.h>

namespace mallocspy::tool {

namespace {

constexpr std::size_t bar_cells = 24;
constexpr std::chrono::milliseconds between_drawings{100};
constexpr const char* erase_line = "\r\033[K";

void put(int descriptor, const std::string& text) noexcept {
  for (std::size_t at = 0; at < text.size();) {
    const ssize_t written = ::write(descriptor, text.data() + at, text.size() - at);
    if (written < 0 && errno != EINTR) {
      return;
    }
    at += written < 0 ? 0 : static_cast<std::size_t>(written);
  }
}

std::uint64_t percent(const progress_state& state) noexcept {
  // As far as rounding goes the end is reached at the end only.
  return state.wanted == 0
             ? 0
             : std::min<std::uint64_t>(100, static_cast<std::uint64_t>(static_cast<double>(state.done) /
                                                                       static_cast<double>(state.wanted) * 100));
}

// "0:41", "1:02:03"
std::string time_text(std::chrono::milliseconds time) {
  const auto seconds = (time.count() + 500) / 1000;
  char text[48];
  if (seconds >= 3600) {
    std::snprintf(text, sizeof text, "%lld:%02lld:%02lld", static_cast<long long>(seconds / 3600),
                  static_cast<long long>(seconds / 60 % 60), static_cast<long long>(seconds % 60));
  } else {
    std::snprintf(text, sizeof text, "%lld:%02lld", static_cast<long long>(seconds / 60),
                  static_cast<long long>(seconds % 60));
  }
  return text;
}

// A line whose width is counted without what colours it.
class measured_line {
public:
  measured_line(std::size_t columns, bool colours) : m_room(columns == 0 ? 0 : columns - 1), m_paint(colours) {}

  // returns: whether it fitted
  bool add(const std::string& text) {
    return add(text, text);
  }
  bool add(const std::string& text, const std::string& painted) {
    m_full = m_full || text.size() > m_room;
    if (!m_full) {
      m_room -= text.size();
      m_text += painted;
    }
    return !m_full;
  }
  const testing_detail::painter& paint() const noexcept {
    return m_paint;
  }
  const std::string& text() const noexcept {
    return m_text;
  }

private:
  std::size_t m_room;
  testing_detail::painter m_paint;
  std::string m_text;
  bool m_full = false;
};

void add_findings(measured_line& line, const progress_state& state) {
  const char* before = "  ";
  for (std::size_t i = 0; i < verdict_count; ++i) {
    const auto what = static_cast<verdict>(i);
    if (is_finding(what) && state.verdicts[i] != 0) {
      const std::string text = std::to_string(state.verdicts[i]) + " " + name_of(what);
      line.add(before + text, before + line.paint().verdict_colour(what, text));
      before = ", ";
    }
  }
}

} // namespace

std::string progress_bar(const progress_state& state, std::chrono::milliseconds elapsed, std::size_t columns,
                         bool colours) {
  measured_line line(columns, colours);
  const std::string numbers = std::to_string(state.done) + (state.wanted == 0 ? "" : "/" + std::to_string(state.wanted));
  if (columns > bar_cells + 2 + 24) {
    const auto filled = static_cast<std::size_t>(percent(state) * bar_cells / 100);
    line.add("[" + std::string(filled, '#') + std::string(bar_cells - filled, '.') + "]  ");
  }
  line.add(numbers);
  if (state.wanted != 0) {
    line.add("  " + std::to_string(percent(state)) + " %");
  }
  add_findings(line, state);
  if (state.done != 0 && state.done < state.wanted) {
    const double each = static_cast<double>(elapsed.count()) / static_cast<double>(state.done);
    const double left = each * static_cast<double>(state.wanted - state.done);
    line.add("  " + time_text(std::chrono::milliseconds(static_cast<std::chrono::milliseconds::rep>(left))) + " left");
  }
  return line.text();
}

std::string progress_line(const progress_state& state) {
  std::string text = std::to_string(state.done);
  if (state.wanted != 0) {
    text += " of " + testing_detail::counted(state.wanted, "point") + ", " + std::to_string(percent(state)) + " %";
  } else {
    text += state.done == 1 ? " point" : " points";
  }
  const char* before = "; ";
  for (std::size_t i = 0; i < verdict_count; ++i) {
    const auto what = static_cast<verdict>(i);
    if (is_finding(what) && state.verdicts[i] != 0) {
      text += before + std::to_string(state.verdicts[i]) + " " + name_of(what);
      before = ", ";
    }
  }
  return text;
}

progress::progress(int descriptor, bool bar, bool colours) noexcept
    : m_descriptor(descriptor), m_bar(bar), m_colours(colours) {}

progress::~progress() {
  clear();
}

void progress::update(const progress_state& state) {
  const clock::time_point now = clock::now();
  if (!m_bar) {
    const auto tenths = static_cast<unsigned>(percent(state) / 10);
    if (tenths > m_tenths) {
      m_tenths = tenths;
      put(m_descriptor, "mallocspy: " + progress_line(state) + "\n");
    }
    return;
  }
  if (now < m_next && state.done != state.wanted) {
    return;
  }
  m_next = now + between_drawings;
  m_shown = true;
  const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(now - m_began);
  put(m_descriptor, erase_line + progress_bar(state, elapsed, terminal_columns(m_descriptor), m_colours));
}

void progress::clear() noexcept {
  if (m_shown) {
    m_shown = false;
    put(m_descriptor, erase_line);
  }
}

} // namespace mallocspy::tool
