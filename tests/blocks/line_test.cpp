// SPDX-License-Identifier: MIT
#include "blocks/line.hpp"

#include "support/catch.hpp"

#include <cerrno>
#include <cstdint>
#include <string>
#include <unistd.h>

using mallocspy::blocks::line;

namespace {

std::string written(line& l) {
  int ends[2];
  if (::pipe(ends) != 0) {
    return "no pipe";
  }
  const int kept = ::dup(STDERR_FILENO);
  ::dup2(ends[1], STDERR_FILENO);
  ::close(ends[1]);
  l.write();
  ::dup2(kept, STDERR_FILENO);
  ::close(kept);
  char text[1024];
  const ssize_t n = ::read(ends[0], text, sizeof text);
  ::close(ends[0]);
  return std::string(text, n > 0 ? static_cast<std::size_t>(n) : 0);
}

} // namespace

TEST_CASE("a line is its name, words, numbers and addresses", "[blocks][line]") {
  line l;
  l.text("a ").number(0).text(" ").number(18446744073709551615U).text(" ").number(1090);
  l.text(" ").address(nullptr).text(" ").address(reinterpret_cast<const void*>(std::uintptr_t{0xDEADBEEF00119A53U}));
  CHECK(written(l) == "mallocspy: a 0 18446744073709551615 1090 0x0 0xdeadbeef00119a53\n");
}

TEST_CASE("an empty line is a line", "[blocks][line]") {
  line l;
  CHECK(written(l) == "mallocspy: \n");
}

TEST_CASE("what does not fit is cut off, and the line still ends", "[blocks][line]") {
  line words;
  for (int i = 0; i < 100; ++i) {
    words.text("0123456789");
  }
  const std::string text = written(words);
  CHECK(text.size() == 241);
  CHECK(text.substr(0, 21) == "mallocspy: 0123456789");
  CHECK(text.back() == '\n');
  CHECK(text.find('\n') == text.size() - 1);

  line numbers;
  for (int i = 0; i < 100; ++i) {
    numbers.number(1234567).address(&numbers);
  }
  const std::string cut = written(numbers);
  CHECK(cut.size() == 241);
  CHECK(cut.back() == '\n');
}
