// SPDX-License-Identifier: MIT
#include "driver/chart.hpp"

#include "subjects/names.hpp"
#include "workloads/names.hpp"

#include <algorithm>
#include <cmath>
#include <cstdarg>
#include <cstdio>

namespace mallocspy::bench {

namespace {

// Grey in the middle between white and black; the marks' colours stay apart for colour-blind eyes, and their shapes do.
constexpr const char* ink = "#777777";

struct style {
  const char* subject;
  const char* label;
  const char* colour;
  const char* shape; // an SVG path around 0,0
};

constexpr style styles[] = {
    {"mallocspy", "mallocspy", "#2f81f7", "M-6,0a6,6 0 1,0 12,0a6,6 0 1,0 -12,0Z"},
    {"classic", "mallocspy, classic spy", "#2f81f7", "M0,-5.5L5.5,0L0,5.5L-5.5,0ZM0,-2.5L-2.5,0L0,2.5L2.5,0Z"},
    {"concurrent", "mallocspy, concurrent spy", "#2f81f7", "M0,-6L6,5H-6Z"},
    {"glibc", "glibc", "#d55e00", "M-4.5,-4.5H4.5V4.5H-4.5Z"},
    {"jemalloc", "jemalloc", "#0a9b6e", "M0,-5.5L5.5,4.5H-5.5Z"},
    {"tcmalloc", "tcmalloc", "#c2699c", "M0,5.5L5.5,-4.5H-5.5Z"},
};

constexpr double width = 860;
constexpr double left = 170;
constexpr double right = 30;
constexpr double top = 64;
constexpr double row_height = 30;
constexpr double bottom = 48;

class svg {
public:
  [[gnu::format(printf, 2, 3)]] void add(const char* format, ...) {
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    std::vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    m_text += text;
    m_text += '\n';
  }
  const std::string& text() const noexcept {
    return m_text;
  }

private:
  std::string m_text;
};

// A logarithmic axis: half and double are equally far from 1.
class axis {
public:
  axis(double low, double high) : m_low(std::log(low)), m_high(std::log(high)) {}
  double at(double ratio) const {
    return left + (width - left - right) * (std::log(ratio) - m_low) / (m_high - m_low);
  }

private:
  double m_low;
  double m_high;
};

struct row {
  std::string label;
  std::vector<std::pair<const style*, ratio>> marks;
};

row row_of_ratios(const std::string& label, const std::vector<ratio>& by_style) {
  row made{label, {}};
  for (std::size_t i = 0; i < by_style.size(); ++i) {
    if (!by_style[i].empty()) {
      made.marks.emplace_back(&styles[i], by_style[i]);
    }
  }
  return made;
}

std::vector<row> rows_of(const results& found) {
  std::vector<row> rows;
  const auto add = [&](const std::string& label, auto ratios_of) {
    std::vector<ratio> by_style;
    for (const style& s : styles) {
      by_style.push_back(ratios_of(s.subject));
    }
    row made = row_of_ratios(label, by_style);
    if (!made.marks.empty()) {
      rows.push_back(std::move(made));
    }
  };
  for (const workload_info& workload : workload_table) {
    std::string label = workload.name;
    std::replace(label.begin(), label.end(), '_', ' ');
    add(label, [&](const char* subject) { return found.time.ratio_of(workload.name, subject, baseline); });
  }
  add("mean of the first five",
      [&](const char* subject) { return found.time.geometric_mean(core_workloads(), subject, baseline); });
  add("memory", [&](const char* subject) { return found.resident.ratio_of(resident_row, subject, baseline); });
  return rows;
}

void draw_axis(svg& out, const axis& x, double low, double high, double below) {
  for (const double tick : {0.25, 0.5, 0.7, 1.0, 1.4, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0}) {
    if (tick < low || tick > high) {
      continue;
    }
    const bool one = tick == 1.0;
    out.add("<line x1='%.1f' x2='%.1f' y1='%.1f' y2='%.1f' stroke='%s' stroke-width='%s' opacity='%s'/>", x.at(tick),
            x.at(tick), top - 6, below, ink, one ? "1.5" : "1", one ? "1" : "0.3");
    out.add("<text x='%.1f' y='%.1f' text-anchor='middle'%s>%g</text>", x.at(tick), below + 16,
            one ? " font-weight='bold'" : "", tick);
  }
  out.add("<text x='%.1f' y='%.1f' text-anchor='middle'>time of the same work, raw mimalloc = 1 "
          "(further left is faster; memory: less)</text>",
          (left + width - right) / 2, below + 36);
}

void draw_legend(svg& out, const std::vector<row>& rows) {
  double at = left;
  for (const style& s : styles) {
    const bool used = std::any_of(rows.begin(), rows.end(), [&](const row& r) {
      return std::any_of(r.marks.begin(), r.marks.end(), [&](const auto& mark) { return mark.first == &s; });
    });
    if (used) {
      out.add("<path transform='translate(%.1f,22)' d='%s' fill='%s' fill-rule='evenodd'/>", at, s.shape, s.colour);
      out.add("<text x='%.1f' y='26.5'>%s</text>", at + 11, s.label);
      at += 34 + 6.6 * static_cast<double>(std::string(s.label).size());
    }
  }
}

void draw_row(svg& out, const axis& x, const row& r, double middle) {
  out.add("<text x='%.1f' y='%.1f' text-anchor='end'>%s</text>", left - 14, middle + 4.5, r.label.c_str());
  out.add("<line x1='%.1f' x2='%.1f' y1='%.1f' y2='%.1f' stroke='%s' opacity='0.2'/>", left, width - right, middle, middle,
          ink);
  for (const auto& [s, value] : r.marks) {
    out.add("<line x1='%.1f' x2='%.1f' y1='%.1f' y2='%.1f' stroke='%s' stroke-width='2' opacity='0.6'/>", x.at(value.low()),
            x.at(value.high()), middle, middle, s->colour);
  }
  // In reverse, so that the first subject lies on top.
  for (auto mark = r.marks.rbegin(); mark != r.marks.rend(); ++mark) {
    out.add(
        "<path transform='translate(%.1f,%.1f)' d='%s' fill='%s' fill-rule='evenodd'><title>%s, %s: %.2f</title></path>",
        x.at(mark->second.value), middle, mark->first->shape, mark->first->colour, mark->first->label, r.label.c_str(),
        mark->second.value);
  }
}

} // namespace

std::string draw_chart(const results& found) {
  const std::vector<row> rows = rows_of(found);
  double low = 0.9;
  double high = 2;
  for (const row& r : rows) {
    for (const auto& mark : r.marks) {
      low = std::min(low, mark.second.low() * 0.95);
      high = std::max(high, mark.second.high() * 1.05);
    }
  }
  const axis x(low, high);
  const double below = top + row_height * static_cast<double>(rows.size());
  svg out;
  out.add("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %.0f %.0f' width='%.0f' height='%.0f' role='img' "
          "font-family='system-ui,-apple-system,\"Segoe UI\",\"DejaVu Sans\",sans-serif' font-size='13' fill='%s'>",
          width, below + bottom, width, below + bottom, ink);
  out.add("<title>Allocators compared with raw mimalloc</title>");
  draw_axis(out, x, low, high, below);
  draw_legend(out, rows);
  double middle = top + row_height / 2;
  for (const row& r : rows) {
    draw_row(out, x, r, middle);
    middle += row_height;
  }
  out.add("</svg>");
  return out.text();
}

} // namespace mallocspy::bench
