// SPDX-License-Identifier: MIT
#include "tool/report/leak_paragraphs.hpp"

#include <sstream>
#include <vector>

namespace mallocspy::tool {

namespace {

bool begins_with(const std::string& line, const char* text) {
  return line.rfind(text, 0) == 0;
}

bool is_frame(const std::string& line) {
  return begins_with(line, "    #");
}

// "    #3 parse(int) at /src/p.cpp:12", "    #4 __libc_start_main in /lib/libc.so.6+0x7a"
testing_detail::frame_names names_in(const std::string& line) {
  const std::string frame = line.substr(line.find(' ', 5) + 1);
  const std::size_t at = frame.rfind(" at ");
  const std::size_t in = frame.rfind(" in ");
  if (in != std::string::npos && (at == std::string::npos || in > at)) {
    const std::string place = frame.substr(in + 4);
    return {frame.substr(0, in), place.substr(0, place.rfind('+'))};
  }
  return {frame.substr(0, at), ""};
}

// One group of blocks: its first line and its frames.
class paragraph {
public:
  explicit paragraph(std::string first) : m_text(std::move(first) + "\n"), m_is_lost(begins_with(m_text, "lost: ")) {}

  void add(const std::string& line) {
    m_ended = m_ended || line.find(" mallocspy::tool::(anonymous namespace)::run_main(") != std::string::npos;
    if (!m_ended) {
      m_text += line + "\n";
      m_frames.push_back(names_in(line));
    }
  }
  bool is_expected(const testing_detail::suppressions& expected) const {
    return m_is_lost && expected.match(verdict::leak, "", m_frames) != nullptr;
  }
  bool is_lost() const noexcept {
    return m_is_lost;
  }
  const std::string& text() const noexcept {
    return m_text;
  }

private:
  std::string m_text;
  bool m_is_lost;
  bool m_ended = false; // what follows called main()
  std::vector<testing_detail::frame_names> m_frames;
};

} // namespace

leak_paragraphs sort_out_leaks(const std::string& report, const testing_detail::suppressions& expected) {
  leak_paragraphs sorted;
  std::istringstream lines(report);
  std::string line;
  bool more = static_cast<bool>(std::getline(lines, line));
  while (more) {
    const std::string first = line;
    more = static_cast<bool>(std::getline(lines, line));
    if (!more || !is_frame(line)) {
      sorted.text += first + "\n";
      continue;
    }
    paragraph group(first);
    for (; more && is_frame(line); more = static_cast<bool>(std::getline(lines, line))) {
      group.add(line);
    }
    if (group.is_expected(expected)) {
      ++sorted.expected;
      continue;
    }
    sorted.lost += group.is_lost() ? 1U : 0U;
    sorted.text += group.text();
  }
  if (sorted.expected != 0) {
    sorted.text += "expected, and left out: " + std::to_string(sorted.expected) +
                   (sorted.expected == 1 ? " group of lost blocks\n" : " groups of lost blocks\n");
  }
  return sorted;
}

} // namespace mallocspy::tool
