// SPDX-License-Identifier: MIT
// The documents that are made from the option table are as the command makes them now.
#include "tool/command_line/catalogue.hpp"

#include "support/catch.hpp"
#include "tool/command_line/command_line.hpp"
#include "tool/command_line/completion.hpp"
#include "tool/command_line/help.hpp"
#include "tool/command_line/manual.hpp"
#include "tool/command_line/tables.hpp"
#include "tool/shell.hpp"

#include <iterator>
#include <sstream>

using namespace mallocspy::tool;
using namespace mallocspy::tests;

namespace {

const std::string source_folder = MALLOCSPY_SOURCE_FOLDER;

std::string completed(const std::string& line) {
  const temporary_folder folder;
  const std::string script = folder.write("completion", bash_completion());
  // The last word is what is being completed; "@" stands for an empty one.
  return shell("cd " + folder.path() + " && touch report.json && bash -c 'set -euo pipefail; source " + script +
               "; COMP_WORDS=(" + line +
               "); COMP_WORDS=(\"${COMP_WORDS[@]/#@/}\"); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); "
               "_mallocspy mallocspy \"${COMP_WORDS[COMP_CWORD]}\" \"${COMP_WORDS[COMP_CWORD-1]}\"; "
               "printf \"%s \" \"${COMPREPLY[@]}\"' 2>&1")
      .out;
}

bool has_word(const std::string& list, const std::string& wanted) {
  std::istringstream words(list);
  std::string word;
  while (words >> word) {
    if (word == wanted) {
      return true;
    }
  }
  return false;
}

} // namespace

TEST_CASE("the manual page in docs is current: cmake --build . --target command_documents") {
  CHECK(content_of(source_folder + "/docs/mallocspy.1") == manual_page());
}

TEST_CASE("the tables in docs/command.md are current: cmake --build . --target command_documents") {
  const std::string page = content_of(source_folder + "/docs/command.md");
  const std::string begin = "<!-- options: made by `mallocspy generate tables` -->\n";
  const std::size_t from = page.find(begin);
  const std::size_t to = page.find("<!-- end of options -->");
  REQUIRE(from != std::string::npos);
  REQUIRE(to != std::string::npos);
  CHECK(page.substr(from + begin.size(), to - from - begin.size()) == option_tables());
}

TEST_CASE("the command understands each command that docs/command.md and the README show") {
  int commands = 0;
  for (const char* page : {"/docs/command.md", "/README.md"}) {
    std::istringstream lines(content_of(source_folder + page));
    std::string line;
    bool shown = false;
    while (std::getline(lines, line)) {
      shown = line.rfind("```", 0) == 0 ? line == "```sh" : shown;
      if (!shown || line.rfind("mallocspy ", 0) != 0) {
        continue;
      }
      std::istringstream words(line.substr(10));
      const std::vector<std::string> list{std::istream_iterator<std::string>(words), {}};
      invocation result = parse_command_line(list);
      INFO(line);
      CHECK_FALSE(std::holds_alternative<answer>(result));
      ++commands;
    }
  }
  CHECK(commands >= 8);
}

TEST_CASE("every option is in the help, the manual, the tables and the completion") {
  const std::string manual = manual_page();
  const std::string tables = option_tables();
  const std::string completion = bash_completion();
  CHECK(catalogue().size() == 4);
  for (const verb_entry& verb : catalogue()) {
    CHECK(verb.options.size() > 8);
    CHECK_FALSE(verb.description.empty());
    const std::string help = verb_help(verb.name);
    for (const option_entry& option : verb.options) {
      INFO(verb.name << " " << option.name);
      CHECK_FALSE(option.help.empty());
      CHECK(help.find(option.names) != std::string::npos);
      CHECK(tables.find("| `" + option.names) != std::string::npos);
      CHECK(completion.find(option.name + " ") != std::string::npos);
      std::string in_roff;
      for (const char c : option.name) {
        in_roff += (c == '-' ? "\\" : "") + std::string(1, c);
      }
      CHECK(manual.find(in_roff) != std::string::npos);
    }
  }
}

TEST_CASE("help keeps to 100 columns") {
  std::string all = general_help();
  for (const verb_entry& verb : catalogue()) {
    all += verb_help(verb.name);
  }
  std::istringstream lines(all);
  std::string line;
  while (std::getline(lines, line)) {
    INFO(line);
    CHECK(line.size() <= 100);
  }
}

TEST_CASE("man formats the page without a complaint") {
  if (!has_program("groff")) {
    return;
  }
  const temporary_folder folder;
  const std::string page = folder.write("mallocspy.1", manual_page());
  const shell_result formatted = shell("LC_ALL=C groff -man -Tascii -ww -P-cbou -rLL=200n " + page);
  CHECK(formatted.err.empty());
  CHECK(formatted.out.find("mallocspy sweep [OPTION ...] [--] PROGRAM [ARGUMENT ...]") != std::string::npos);
}

TEST_CASE("bash completes verbs, options, values, files and programs") {
  CHECK(has_word(completed("mallocspy sw"), "sweep"));
  CHECK_FALSE(has_word(completed("mallocspy sw"), "run"));
  CHECK(has_word(completed("mallocspy @"), "report"));
  CHECK(has_word(completed("mallocspy sweep --j"), "--jobs"));
  CHECK(has_word(completed("mallocspy sweep --j"), "--json"));
  CHECK_FALSE(has_word(completed("mallocspy run --j"), "--jobs"));
  CHECK(completed("mallocspy sweep --mode all") == "all-after ");
  CHECK(completed("mallocspy run --spy st") == "stats ");
  CHECK(completed("mallocspy report rep") == "report.json ");
  CHECK(completed("mallocspy report --baseline rep") == "report.json ");
  CHECK(has_word(completed("mallocspy run -- bas"), "bash"));
  CHECK(has_word(completed("mallocspy run --depth 7 bas"), "bash"));
  // What comes behind the program is the program's.
  CHECK(completed("mallocspy run cat rep") == "report.json ");
  CHECK_FALSE(has_word(completed("mallocspy run cat --s"), "--spy"));
}
