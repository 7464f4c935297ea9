// SPDX-License-Identifier: MIT
#include "tool/command_line/option_kinds.hpp"

#include <cmath>

namespace mallocspy::tool {

std::uint64_t parse_bytes(const std::string& text) {
  std::size_t digits = 0;
  std::uint64_t value = 0;
  bool fits = true;
  for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits) {
    const auto digit = static_cast<std::uint64_t>(text[digits] - '0');
    fits = fits && value <= (std::numeric_limits<std::uint64_t>::max() - digit) / 10;
    value = value * 10 + digit;
  }
  const std::string unit = text.substr(digits);
  const unsigned shift = unit.empty() ? 0 : unit == "k" || unit == "K" ? 10 : unit == "M" ? 20 : unit == "G" ? 30 : 64;
  if (digits == 0 || !fits || shift == 64 || value > std::numeric_limits<std::uint64_t>::max() >> shift) {
    throw CLI::ValidationError("'" + text + "' is no number of bytes: 27, 64k, 3M, 1G");
  }
  return value << shift;
}

byte_range parse_byte_range(const std::string& text) {
  const std::size_t dots = text.find("..");
  if (dots == std::string::npos) {
    const std::uint64_t size = parse_bytes(text);
    return {size, size};
  }
  const std::string first = text.substr(0, dots);
  const std::string last = text.substr(dots + 2);
  const byte_range range{first.empty() ? 0 : parse_bytes(first),
                         last.empty() ? std::numeric_limits<std::uint64_t>::max() : parse_bytes(last)};
  if (range.first > range.last || (first.empty() && last.empty())) {
    throw CLI::ValidationError("'" + text + "' is no range of bytes: 100..4k");
  }
  return range;
}

std::chrono::milliseconds parse_seconds(const std::string& text) {
  double value = 0;
  // A year is enough for everybody, and far from what a number of milliseconds cannot hold.
  if (!CLI::detail::lexical_cast(text, value) || !std::isfinite(value) || value <= 0 || value > 366.0 * 86400) {
    throw CLI::ValidationError("'" + text + "' is no time in seconds: 2, 0.25");
  }
  return std::chrono::milliseconds(static_cast<std::chrono::milliseconds::rep>(std::ceil(value * 1000)));
}

CLI::Option* text(CLI::App& verb, const char* names, std::string& target, const char* value, const char* help) {
  return verb
      .add_option_function<std::string>(
          names,
          [&target, names](const std::string& given) {
            if (given.empty()) {
              throw CLI::ValidationError(names, "must not be empty");
            }
            target = given;
          },
          help)
      ->type_name(value);
}

CLI::Option* texts(CLI::App& verb, const char* names, std::vector<std::string>& target, const char* value,
                   const char* help) {
  return verb.add_option(names, target, help)->type_name(value)->type_size(1)->expected(1)->take_all();
}

CLI::Option* bytes(CLI::App& verb, const char* names, std::uint64_t& target, const char* help) {
  return verb
      .add_option_function<std::string>(
          names, [&target](const std::string& given) { target = parse_bytes(given); }, help)
      ->type_name("BYTES");
}

CLI::Option* seconds(CLI::App& verb, const char* names, std::chrono::milliseconds& target, const char* help) {
  return verb
      .add_option_function<std::string>(
          names, [&target](const std::string& given) { target = parse_seconds(given); }, help)
      ->type_name("SECONDS");
}

CLI::Option* exit_code(CLI::App& verb, const char* names, std::optional<int>& target, const char* help) {
  return verb
      .add_option_function<int>(
          names,
          [&target, names](int value) {
            if (value < 0 || value > 255) {
              throw CLI::ValidationError(names, "must be from 0 to 255");
            }
            target = value;
          },
          help)
      ->type_name("N");
}

} // namespace mallocspy::tool
