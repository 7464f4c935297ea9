// SPDX-License-Identifier: MIT
// Output for people: colours on a terminal only, tables with aligned columns, numbers with separators.
#pragma once

#include <string>
#include <vector>

enum class colour { none, bold, green, red };

// returns: whether stdout is a terminal that follows control characters
bool on_terminal();

struct cell {
  std::string text;
  colour paint = colour::none;
};
using table = std::vector<std::vector<cell>>;

// returns: 1234567 as 1,234,567
std::string grouped(long long number);

// effects: writes an empty line and a heading
void print_heading(const std::string& text);

// effects: writes the rows with two spaces between columns; columns of numbers to the right. The first row may be a heading
void print_table(const table& rows);

// effects: writes "ok" in green or "FAILED" in red, and what it is about. returns: ok
bool print_check(bool ok, const std::string& claim);
