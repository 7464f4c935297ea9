// SPDX-License-Identifier: MIT
#include "tool/report/markup.hpp"

#include <nlohmann/json.hpp>

namespace mallocspy::tool {

std::string valid_utf8(const std::string& text) {
  using nlohmann::json;
  // The library's writer replaces, and what it wrote is read back.
  return json::parse(json(text).dump(-1, ' ', false, json::error_handler_t::replace)).get<std::string>();
}

std::string escaped_markup(const std::string& text) {
  std::string out;
  const std::string valid = valid_utf8(text);
  for (std::size_t i = 0; i < valid.size(); ++i) {
    const char c = valid[i];
    switch (c) {
    case '&':
      out += "&amp;";
      break;
    case '<':
      out += "&lt;";
      break;
    case '>':
      out += "&gt;";
      break;
    case '"':
      out += "&quot;";
      break;
    case '\'':
      out += "&#39;";
      break;
    case '\t':
    case '\n':
      out += c;
      break;
    default: {
      // U+FFFE and U+FFFF are UTF-8 as well, and forbidden.
      const bool no_character =
          valid.compare(i, 2, "\xEF\xBF") == 0 && i + 2 < valid.size() && static_cast<unsigned char>(valid[i + 2]) >= 0xBE;
      const bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
      out += control || no_character ? std::string("\xEF\xBF\xBD") : std::string(1, c);
      i += no_character ? 2 : 0;
    }
    }
  }
  return out;
}

std::string json_in_script(const std::string& json) {
  std::string out;
  for (const char c : json) {
    out += c == '<' ? std::string("\\u003c") : std::string(1, c);
  }
  return out;
}

} // namespace mallocspy::tool
