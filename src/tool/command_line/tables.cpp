// SPDX-License-Identifier: MIT
#include "tool/command_line/tables.hpp"

#include "tool/command_line/catalogue.hpp"

namespace mallocspy::tool {

namespace {

// A bar would end the cell, in code as well.
std::string cell(const std::string& text) {
  std::string out;
  for (const char c : text) {
    out += c == '|' ? std::string("\\|") : std::string(1, c);
  }
  return out;
}

} // namespace

std::string option_tables() {
  std::string out;
  for (const verb_entry& verb : catalogue()) {
    out += (out.empty() ? "### " : "\n### ") + verb.name + ": " + verb.summary + "\n\n`mallocspy " + verb.name +
           " [OPTION ...] " + verb.arguments + "`\n\n" + verb.description + "\n\n| option | |\n|---|---|\n";
    for (const option_entry& option : verb.options) {
      out += "| `" + cell(option.names) + (option.value.empty() ? "" : " " + cell(option.value)) + "` | " +
             cell(option.help) + " |\n";
    }
  }
  return out;
}

} // namespace mallocspy::tool
