// SPDX-License-Identifier: MIT
#include "tool/command_line/command_line.hpp"

#include "tool/command_line/completion.hpp"
#include "tool/command_line/help.hpp"
#include "tool/command_line/manual.hpp"
#include "tool/command_line/parser.hpp"
#include "tool/command_line/tables.hpp"

#include <algorithm>

namespace mallocspy::tool {

namespace {

answer misuse(const std::string& verb, const std::string& what) {
  const std::string who = "mallocspy" + (verb.empty() ? "" : " " + verb);
  return {2, "", who + ": " + what + "; see " + who + " --help\n"};
}

answer generated(const std::string& what) {
  return {0, what == "manual" ? manual_page() : what == "completion" ? bash_completion() : option_tables(), ""};
}

// The program: what the parser left, and what stood behind "--".
answer take_program(const described_verb& verb, const std::vector<std::string>& behind, bool divided) {
  std::vector<std::string> words = verb.parser->remaining();
  const std::string name = verb.parser->get_name();
  if (!words.empty() && words.front().size() > 1 && words.front().front() == '-') {
    return misuse(name, "there is no option " + words.front());
  }
  if (divided) {
    if (!words.empty()) {
      words.emplace_back("--"); // it was one of the program's
    }
    words.insert(words.end(), behind.begin(), behind.end());
  }
  if (words.empty() || words.front().empty()) {
    return misuse(name, "no program is named");
  }
  verb.program->words = words;
  return {0, "", ""};
}

const char* name_of_verb(const parser& p) {
  for (const described_verb& verb : p.verbs()) {
    if (verb.parser->parsed()) {
      return verb.parser->get_name().c_str();
    }
  }
  return "";
}

answer parse(parser& p, const std::vector<std::string>& words) {
  const auto dashes = std::find(words.begin(), words.end(), "--");
  std::vector<std::string> ours(words.begin(), dashes);
  const bool divided = dashes != words.end();
  const std::vector<std::string> behind(divided ? dashes + 1 : dashes, words.end());
  std::reverse(ours.begin(), ours.end()); // as the parser wants them
  try {
    p.app().parse(std::move(ours));
  } catch (const CLI::CallForHelp&) {
    const std::string verb = name_of_verb(p);
    return {0, verb.empty() ? general_help() : verb_help(verb), ""};
  } catch (const CLI::CallForVersion&) {
    return {0, std::string("mallocspy ") + MALLOCSPY_VERSION + "\n", ""};
  } catch (const CLI::ParseError& error) {
    if (words.empty()) {
      return {2, "", general_help()};
    }
    return misuse(name_of_verb(p), error.what());
  }
  if (!p.generated().empty()) {
    return generated(p.generated());
  }
  for (const described_verb& verb : p.verbs()) {
    if (verb.parser->parsed() && verb.program != nullptr) {
      return take_program(verb, behind, divided);
    }
  }
  return divided ? misuse("report", "takes no program") : answer{0, "", ""};
}

} // namespace

invocation parse_command_line(const std::vector<std::string>& words) {
  commands target;
  parser p(target);
  answer first = parse(p, words);
  if (first.status != 0 || !first.out.empty()) {
    return first;
  }
  const std::string verb = name_of_verb(p);
  if (verb == "run") {
    target.run.events = target.run.events || !target.run.trace.empty();
    return target.run;
  }
  if (verb == "fail") {
    if (target.fail.budget && (target.fail.nth != 0 || !target.fail.stack.empty())) {
      target.fail.mode = sweep_mode::budget;
    }
    return target.fail;
  }
  if (verb == "sweep") {
    return target.sweep;
  }
  return target.report;
}

} // namespace mallocspy::tool
