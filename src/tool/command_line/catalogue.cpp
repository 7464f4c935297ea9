// SPDX-License-Identifier: MIT
#include "tool/command_line/catalogue.hpp"

#include "tool/command_line/parser.hpp"

namespace mallocspy::tool {

namespace {

std::vector<option_entry> options_of(const CLI::App& app) {
  std::vector<option_entry> entries;
  for (const CLI::Option* option : app.get_options([](const CLI::Option* o) { return !o->get_positional(); })) {
    option_entry entry;
    for (const std::string& letter : option->get_snames()) {
      entry.names += (entry.names.empty() ? "-" : ", -") + letter;
    }
    for (const std::string& name : option->get_lnames()) {
      entry.names += (entry.names.empty() ? "--" : ", --") + name;
      entry.name = entry.name.empty() ? "--" + name : entry.name;
    }
    // A flag takes none. Its type would be "BOOLEAN" all the same.
    entry.value = option->get_expected_min() == 0 ? "" : option->get_type_name();
    entry.help = option->get_description();
    entries.push_back(std::move(entry));
  }
  return entries;
}

} // namespace

std::vector<verb_entry> catalogue() {
  commands unused;
  parser p(unused);
  std::vector<verb_entry> entries;
  for (const described_verb& verb : p.verbs()) {
    entries.push_back({verb.parser->get_name(), verb.parser->get_description(), verb.arguments, verb.description,
                       options_of(*verb.parser)});
  }
  return entries;
}

std::vector<option_entry> general_options() {
  commands unused;
  parser p(unused);
  return options_of(p.app());
}

std::vector<std::string> choices_of(const std::string& value) {
  return value.find('|') == std::string::npos ? std::vector<std::string>{} : CLI::detail::split(value, '|');
}

} // namespace mallocspy::tool
