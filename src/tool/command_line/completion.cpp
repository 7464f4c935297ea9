// SPDX-License-Identifier: MIT
#include "tool/command_line/completion.hpp"

#include "tool/command_line/catalogue.hpp"

#include <algorithm>

namespace mallocspy::tool {

namespace {

std::string joined(const std::vector<std::string>& words, const char* separator) {
  std::string text;
  for (const std::string& word : words) {
    text += (text.empty() ? "" : separator) + word;
  }
  return text;
}

std::vector<std::string> split_names(const std::string& names) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < names.size();) {
    const std::size_t end = std::min(names.find(", ", at), names.size());
    out.push_back(names.substr(at, end - at));
    at = end + 2;
  }
  return out;
}

// What may follow an option, as lines of a case statement: files, words, or something that nobody can guess.
std::string values_of(const verb_entry& verb) {
  std::string out;
  for (const option_entry& option : verb.options) {
    if (option.value.empty()) {
      continue;
    }
    const std::vector<std::string> choices = choices_of(option.value);
    const std::string reply = option.value == "FILE" ? "mapfile -t COMPREPLY < <(compgen -f -- \"$word\")"
                              : choices.empty()
                                  ? "COMPREPLY=()"
                                  : "mapfile -t COMPREPLY < <(compgen -W \"" + joined(choices, " ") + R"(" -- "$word"))";
    for (const std::string& name : split_names(option.names)) {
      out.append("    " + verb.name + ",").append(name).append(") ").append(reply).append("; return ;;\n");
    }
  }
  return out;
}

// The options that take a value, so that the value is not taken for the program.
std::string taking_values(const std::vector<verb_entry>& verbs) {
  std::vector<std::string> names;
  for (const verb_entry& verb : verbs) {
    for (const option_entry& option : verb.options) {
      for (const std::string& name : split_names(option.names)) {
        if (!option.value.empty() && std::find(names.begin(), names.end(), name) == names.end()) {
          names.push_back(name);
        }
      }
    }
  }
  return joined(names, "|");
}

} // namespace

std::string bash_completion() {
  const std::vector<verb_entry> verbs = catalogue();
  std::string names;
  std::string values;
  std::string options;
  for (const verb_entry& verb : verbs) {
    names += (names.empty() ? "" : " ") + verb.name;
    values += values_of(verb);
    std::string words;
    for (const option_entry& option : verb.options) {
      words += (words.empty() ? "" : " ") + joined(split_names(option.names), " ");
    }
    options.append("    " + verb.name + ") options=\"").append(words).append("\" ;;\n");
  }
  std::string general;
  for (const option_entry& option : general_options()) {
    general += " " + joined(split_names(option.names), " ");
  }
  return "# bash completion for mallocspy. Made by `mallocspy generate completion`.\n"
         "_mallocspy() {\n"
         "  local word=$2 verb=${COMP_WORDS[1]-} options= i\n"
         "  COMPREPLY=()\n"
         "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
         "    mapfile -t COMPREPLY < <(compgen -W \"" +
         names + general +
         "\" -- \"$word\")\n"
         "    return\n"
         "  fi\n"
         "  # Behind the program's name comes what belongs to the program.\n"
         "  for ((i = 2; i < COMP_CWORD; ++i)); do\n"
         "    case ${COMP_WORDS[i]} in\n"
         "    --) i=$((i + 1)); break ;;\n"
         "    " +
         taking_values(verbs) +
         ") i=$((i + 1)) ;;\n"
         "    -*) ;;\n"
         "    *) break ;;\n"
         "    esac\n"
         "  done\n"
         "  if [ \"$verb\" != report ] && { [ \"$i\" -lt \"$COMP_CWORD\" ] || [ \"${COMP_WORDS[i-1]}\" = -- ]; }; then\n"
         "    if [ \"$i\" -lt \"$COMP_CWORD\" ]; then\n"
         "      mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
         "    else\n"
         "      mapfile -t COMPREPLY < <(compgen -c -- \"$word\")\n"
         "    fi\n"
         "    return\n"
         "  fi\n"
         "  case $verb,$3 in\n" +
         values +
         "  esac\n"
         "  case $verb in\n" +
         options +
         "  esac\n"
         "  if [[ $word == -* ]]; then\n"
         "    mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$word\")\n"
         "  elif [ \"$verb\" = report ]; then\n"
         "    mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
         "  else\n"
         "    mapfile -t COMPREPLY < <(compgen -c -- \"$word\")\n"
         "  fi\n"
         "}\n"
         "complete -o filenames -F _mallocspy mallocspy\n";
}

} // namespace mallocspy::tool
