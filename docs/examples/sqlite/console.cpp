// SPDX-License-Identifier: MIT
#include "console.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <unistd.h>

namespace {

std::string painted(const cell& c) {
  if (c.paint == colour::none || !on_terminal() || std::getenv("NO_COLOR") != nullptr) {
    return c.text;
  }
  const char* code = c.paint == colour::bold ? "1" : c.paint == colour::green ? "32" : "1;31";
  return std::string("\033[") + code + "m" + c.text + "\033[0m";
}

bool is_number(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789,.-") == std::string::npos;
}

struct column {
  std::size_t width = 0;
  bool numbers = true;
};

std::vector<column> measure(const table& rows) {
  std::vector<column> columns;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    columns.resize(std::max(columns.size(), rows[row].size()));
    for (std::size_t i = 0; i < rows[row].size(); ++i) {
      const std::string& text = rows[row][i].text;
      columns[i].width = std::max(columns[i].width, text.size());
      columns[i].numbers = columns[i].numbers && (row == 0 || is_number(text));
    }
  }
  return columns;
}

} // namespace

bool on_terminal() {
  static const bool answer = [] {
    const char* kind = std::getenv("TERM");
    return isatty(STDOUT_FILENO) == 1 && kind != nullptr && std::string_view(kind) != "dumb";
  }();
  return answer;
}

std::string grouped(long long number) {
  std::string digits = std::to_string(number);
  const std::size_t first = digits[0] == '-' ? 1 : 0;
  for (std::size_t i = digits.size(); i > first + 3; i -= 3) {
    digits.insert(i - 3, 1, ',');
  }
  return digits;
}

void print_heading(const std::string& text) {
  std::printf("\n%s\n", painted({text, colour::bold}).c_str());
}

void print_table(const table& rows) {
  const std::vector<column> columns = measure(rows);
  for (const auto& row : rows) {
    std::string line;
    std::string owed; // spaces, written only if something follows
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string padding(columns[i].width - row[i].text.size(), ' ');
      line += owed + "  " + (columns[i].numbers ? padding : "") + painted(row[i]);
      owed = columns[i].numbers ? "" : padding;
    }
    std::puts(line.c_str());
  }
}

bool print_check(bool ok, const std::string& claim) {
  std::printf("  %s  %s\n", painted(ok ? cell{"ok", colour::green} : cell{"FAILED", colour::red}).c_str(), claim.c_str());
  return ok;
}
