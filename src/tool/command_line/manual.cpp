// SPDX-License-Identifier: MIT
#include "tool/command_line/manual.hpp"

#include "tool/command_line/catalogue.hpp"

#include <algorithm>

namespace mallocspy::tool {

namespace {

// Text for roff: a backslash and a hyphen mean themselves, and no line begins with a control character.
std::string escaped(const std::string& text) {
  std::string out = !text.empty() && (text[0] == '.' || text[0] == '\'') ? "\\&" : "";
  for (const char c : text) {
    out += c == '\\' ? std::string("\\e") : c == '-' ? std::string("\\-") : std::string(1, c);
  }
  return out;
}

// Paragraphs that are separated by empty lines.
std::string paragraphs(const std::string& text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find("\n\n", at), text.size());
    out += (at == 0 ? "" : ".PP\n") + escaped(text.substr(at, end - at)) + '\n';
    at = end + 2;
  }
  return out;
}

std::string bold(const std::string& text) {
  return "\\fB" + escaped(text) + "\\fR";
}

std::string term(const std::string& text, const std::string& meaning) {
  return ".TP\n" + text + '\n' + escaped(meaning) + '\n';
}

std::string options(const std::vector<option_entry>& list) {
  std::string out;
  for (const option_entry& option : list) {
    const bool choice = !choices_of(option.value).empty();
    const std::string value = choice ? bold(option.value) : "\\fI" + escaped(option.value) + "\\fR";
    out += term(bold(option.names) + (option.value.empty() ? "" : " " + value), option.help);
  }
  return out;
}

} // namespace

std::string manual_page() {
  std::string out = ".\\\" Made by `mallocspy generate manual`.\n"
                    ".TH MALLOCSPY 1 \"\" \"mallocspy " MALLOCSPY_VERSION "\" \"User Commands\"\n"
                    ".SH NAME\nmallocspy \\- " +
                    escaped(command_summary) + "\n.SH SYNOPSIS\n";
  for (const verb_entry& verb : catalogue()) {
    out += (out.back() == '\n' && out.rfind("SYNOPSIS\n") == out.size() - 9 ? "" : ".br\n") +
           bold("mallocspy " + verb.name) + " [\\fIOPTION\\fR ...] " + escaped(verb.arguments) + '\n';
  }
  out += ".SH OPTIONS\n" + options(general_options());
  for (const verb_entry& verb : catalogue()) {
    out += ".SH \"MALLOCSPY " + verb.name + "\"\n" + paragraphs(verb.description) + options(verb.options);
  }
  out += ".SH EXIT STATUS\n";
  for (const auto& status : exit_statuses) {
    out += term(bold(status[0]), status[1]);
  }
  out += ".SH ENVIRONMENT\n";
  for (const auto& variable : environment_variables) {
    out += term(bold(variable[0]), variable[1]);
  }
  return out +
         ".SH FILES\n"
         "A file of suppressions has a line for each expected finding: a verdict (crash, corrupt, hang, leak, silent, or\n"
         "* for any), and patterns as for file names that all must match:\n" +
         term(bold("fun:") + "\\fIGLOB\\fR", "a function on the stack, with or without its arguments") +
         term(bold("mod:") + "\\fIGLOB\\fR", "the file of a program or library on the stack, without its folder") +
         term(bold("stack:") + "\\fIGLOB\\fR", "the stack_id of a report") + ".PP\nWhat follows # is a comment.\n";
}

} // namespace mallocspy::tool
