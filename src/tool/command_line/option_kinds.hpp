// SPDX-License-Identifier: MIT
// The kinds of options: how a value is written, read and checked. The notation that help shows is what the value is checked
// against.
#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace mallocspy::tool {

struct byte_range {
  std::uint64_t first;
  std::uint64_t last;
};

// errors of these: CLI::ValidationError
std::uint64_t parse_bytes(const std::string& text);               // "27", "64k", "3M", "1G": powers of 1024
byte_range parse_byte_range(const std::string& text);             // "A..B", "A..", "..B", "A"
std::chrono::milliseconds parse_seconds(const std::string& text); // "2", "0.25"

// A whole number within bounds.
template <class Number>
CLI::Option* number(CLI::App& verb, const char* names, Number& target, const char* help, Number least = 1,
                    Number most = std::numeric_limits<Number>::max()) {
  auto* option = verb.add_option_function<std::uint64_t>(
      names,
      [&target, least, most, names](std::uint64_t value) {
        if (value < least || value > most) {
          throw CLI::ValidationError(names, most == std::numeric_limits<Number>::max()
                                                ? "must be at least " + std::to_string(least)
                                                : "must be from " + std::to_string(least) + " to " + std::to_string(most));
        }
        target = static_cast<Number>(value);
      },
      help);
  return option->type_name("N");
}

// A word of a list. The notation is "first|second"; the values are numbered in this order.
template <class Named>
CLI::Option* choice(CLI::App& verb, const char* names, Named& target, const char* notation, const char* help) {
  std::vector<std::string> words = CLI::detail::split(notation, '|');
  auto* option = verb.add_option_function<std::string>(
      names,
      [&target, words](const std::string& word) {
        for (std::size_t i = 0; i < words.size(); ++i) {
          if (words[i] == word) {
            target = static_cast<Named>(i);
          }
        }
      },
      help);
  return option->type_name(notation)->check(CLI::IsMember(words).description(""));
}

CLI::Option* text(CLI::App& verb, const char* names, std::string& target, const char* value, const char* help);
CLI::Option* texts(CLI::App& verb, const char* names, std::vector<std::string>& target, const char* value,
                   const char* help); // may be given more than once
CLI::Option* bytes(CLI::App& verb, const char* names, std::uint64_t& target, const char* help);
CLI::Option* seconds(CLI::App& verb, const char* names, std::chrono::milliseconds& target, const char* help);
CLI::Option* exit_code(CLI::App& verb, const char* names, std::optional<int>& target, const char* help);

} // namespace mallocspy::tool
