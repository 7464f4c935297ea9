// SPDX-License-Identifier: MIT
// All verbs and options as data. It is read off the parser, so that help, manual, documents and completion say what the
// parser does.
#pragma once

#include <string>
#include <vector>

namespace mallocspy::tool {

struct option_entry {
  std::string names; // "-j, --jobs"
  std::string name;  // "--jobs"
  std::string value; // "N", "FILE", "once|all-after"; empty for a flag
  std::string help;
};

struct verb_entry {
  std::string name;
  std::string summary;     // one line
  std::string arguments;   // "[--] PROGRAM [ARGUMENT ...]"
  std::string description; // paragraphs, separated by empty lines
  std::vector<option_entry> options;
};

// returns: the verbs that people may use, in the order in which help lists them
std::vector<verb_entry> catalogue();

// returns: the options of the command itself, in front of a verb
std::vector<option_entry> general_options();

// returns: the words of "once|all-after"; nothing if the value is of another kind
std::vector<std::string> choices_of(const std::string& value);

// The facts that help and the manual share.
inline constexpr const char* command_summary = "COM's task allocator and its spies, for programs as they are";
inline constexpr const char* exit_statuses[][2] = {
    {"0", "nothing found; of run and fail: what the program's exit status was"},
    {"1", "sweep and report: confirmed findings (report --fail-on decides which count)"},
    {"2", "the command could not run; one line on standard error says why"},
    {"128+N", "run and fail: the program was ended by signal N"},
};
inline constexpr const char* environment_variables[][2] = {
    {"MALLOCSPY_PRELOAD", "path of the library that is loaded into programs, instead of the one beside the command"},
    {"NO_COLOR", "if it is set and not empty: no colours, unless --colour always asks for them"},
};

} // namespace mallocspy::tool
