// SPDX-License-Identifier: MIT
#include "tool/command_line/help.hpp"

#include "testing/report/report_text.hpp"
#include "tool/command_line/catalogue.hpp"

namespace mallocspy::tool {

namespace {

using testing_detail::wrapped;

constexpr std::size_t term_width = 28;

// "  --jobs N                  children at one time"
std::string entry(const std::string& term, const std::string& meaning, std::size_t width = term_width) {
  std::string text = "  " + term;
  if (text.size() + 2 > width) {
    text += '\n' + std::string(width, ' ');
  } else {
    text.resize(width, ' ');
  }
  return text + wrapped(meaning, width) + '\n';
}

std::string list(const std::vector<option_entry>& options) {
  std::string text = "\nOptions:\n";
  for (const option_entry& option : options) {
    text += entry(option.names + (option.value.empty() ? "" : " " + option.value), option.help);
  }
  return text;
}

} // namespace

std::string general_help() {
  std::string text = std::string(command_summary) + "\n\nUsage:\n";
  for (const verb_entry& verb : catalogue()) {
    text += "  mallocspy " + verb.name + " [OPTION ...] " + verb.arguments + '\n';
  }
  text += "\nVerbs:\n";
  for (const verb_entry& verb : catalogue()) {
    text += entry(verb.name, verb.summary, 11);
  }
  text += list(general_options());
  text += "\nExit status:\n";
  for (const auto& status : exit_statuses) {
    text += entry(status[0], status[1], 11);
  }
  text += "\nEnvironment:\n";
  for (const auto& variable : environment_variables) {
    text += entry(variable[0], variable[1]);
  }
  return text + "\n`mallocspy VERB --help` explains a verb.\n";
}

std::string verb_help(const std::string& verb) {
  for (const verb_entry& one : catalogue()) {
    if (one.name == verb) {
      return "Usage: mallocspy " + one.name + " [OPTION ...] " + one.arguments + "\n\n" + wrapped(one.description, 0) +
             '\n' + list(one.options);
    }
  }
  return {};
}

} // namespace mallocspy::tool
