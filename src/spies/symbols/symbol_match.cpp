// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#include "spies/symbols/symbol_match.hpp"

#include <cctype>
#include <cstddef>
#include <cstring>

namespace mallocspy::spies {

namespace {

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

struct word {
  const char* text;
  std::size_t length;
};

bool equal(word a, word b) noexcept {
  return a.length == b.length && std::memcmp(a.text, b.text, a.length) == 0;
}

constexpr std::size_t most_scopes = 32;

// A qualified name: its parts, outermost first. Parts beyond what fits are dropped at the outer end.
struct qualified {
  word parts[most_scopes];
  std::size_t count = 0;

  void add(word part) noexcept {
    if (count == most_scopes) {
      std::memmove(parts, parts + 1, (most_scopes - 1) * sizeof(word));
      --count;
    }
    parts[count++] = part;
  }
  bool ends_with(const qualified& other) const noexcept {
    if (other.count == 0 || other.count > count) {
      return false;
    }
    for (std::size_t i = 0; i < other.count; ++i) {
      if (!equal(parts[count - other.count + i], other.parts[i])) {
        return false;
      }
    }
    return true;
  }
};

qualified split(const char* name) noexcept {
  qualified parts;
  while (*name != '\0') {
    const char* end = std::strstr(name, "::");
    const std::size_t length = end == nullptr ? std::strlen(name) : static_cast<std::size_t>(end - name);
    if (length != 0) {
      parts.add({name, length});
    }
    name += length + (end == nullptr ? 0 : 2);
  }
  return parts;
}

// Reads the name part of a mangled symbol. Only names are understood, all else is skipped; a name that holds what is not
// understood ends there.
class mangled {
public:
  // symbol: behind "_Z" and every "Z" of functions around a local entity
  explicit mangled(const char* symbol) noexcept : m_rest(symbol) {}

  qualified name() noexcept {
    qualified parts;
    if (*m_rest == 'N') {
      ++m_rest;
      while (*m_rest == 'r' || *m_rest == 'V' || *m_rest == 'K' || *m_rest == 'R' || *m_rest == 'O') {
        ++m_rest;
      }
      while (part(parts)) {
      }
    } else {
      if (std::strncmp(m_rest, "St", 2) == 0) {
        m_rest += 2;
        parts.add({"std", 3});
      }
      part(parts);
    }
    return parts;
  }

private:
  // returns: whether there was one more
  bool part(qualified& parts) noexcept {
    if (*m_rest == 'L') {
      ++m_rest; // internal linkage
    }
    if (is_digit(*m_rest)) {
      parts.add(source_name());
      return true;
    }
    if (std::strncmp(m_rest, "St", 2) == 0) {
      m_rest += 2;
      parts.add({"std", 3});
      return true;
    }
    if (*m_rest == 'I') {
      return skip_arguments();
    }
    if (*m_rest == 'B' && is_digit(m_rest[1])) {
      ++m_rest; // an ABI tag is no scope
      source_name();
      return true;
    }
    if ((*m_rest == 'C' || *m_rest == 'D') && is_digit(m_rest[1]) && parts.count != 0) {
      m_rest += 2; // a constructor is named as its class; nobody writes the tilde
      parts.add(parts.parts[parts.count - 1]);
      return true;
    }
    return false;
  }

  word source_name() noexcept {
    std::size_t length = 0;
    while (is_digit(*m_rest)) {
      length = length * 10 + static_cast<std::size_t>(*m_rest++ - '0');
    }
    const std::size_t there = strnlen(m_rest, length);
    const word found{m_rest, there == length ? length : 0};
    m_rest += there;
    return found;
  }

  // Template arguments: everything up to the E that belongs to the I. What opens another E: N, I, J, X, F, L.
  bool skip_arguments() noexcept {
    int depth = 0;
    do {
      const char c = *m_rest;
      if (c == '\0') {
        return false;
      }
      if (is_digit(c)) {
        source_name();
        continue;
      }
      ++m_rest;
      if (c == 'S' || c == 'T' || c == 'A' || c == 'L') {
        skip_what_has_digits(c);
      } else if (std::strchr("NIJXF", c) != nullptr) {
        ++depth;
      } else if (c == 'E') {
        --depth;
      }
    } while (depth != 0);
    return true;
  }

  // Digits that are no name's length, behind their letter: a substitution or a parameter (S_, S0_, St, T_), an array's
  // bound (A10_), a literal (Li5E).
  void skip_what_has_digits(char letter) noexcept {
    const char last = letter == 'L' ? 'E' : '_';
    const bool is_short = letter == 'S' && std::islower(static_cast<unsigned char>(*m_rest)) != 0; // St, Sa ...
    while (!is_short && *m_rest != '\0' && *m_rest != last) {
      ++m_rest;
    }
    m_rest += *m_rest == '\0' ? 0 : 1;
  }

  const char* m_rest;
};

} // namespace

bool names_function(const char* name, const char* symbol) noexcept {
  if (symbol == nullptr) {
    return false;
  }
  if (std::strcmp(name, symbol) == 0) {
    return true;
  }
  if (std::strncmp(symbol, "_Z", 2) != 0) {
    return false;
  }
  symbol += 2;
  while (*symbol == 'Z') {
    ++symbol;
  }
  return mangled(symbol).name().ends_with(split(name));
}

bool names_module(const char* name, const char* path) noexcept {
  if (path == nullptr) {
    return false;
  }
  const char* slash = std::strrchr(path, '/');
  const char* file = slash == nullptr ? path : slash + 1;
  const std::size_t length = std::strlen(name);
  return length != 0 && std::strncmp(file, name, length) == 0 && (file[length] == '\0' || file[length] == '.');
}

} // namespace mallocspy::spies
