// SPDX-License-Identifier: MIT
// Allocations before main, at the end of the process and behind it. Prints one line of letters, one for each place at which
// the blocks were mallocspy's.
#include <cstdlib>
#include <mallocspy/blocks/ownership.hpp>
#include <string>
#include <unistd.h>

namespace {

void say(char letter, const void* block) {
  const char text[] = {mallocspy::owns(block) ? letter : '-'};
  const ssize_t written = ::write(STDOUT_FILENO, text, 1);
  (void)written;
}

void* volatile block_from_before = nullptr;

// Ahead of mallocspy's own constructor, if the linker puts it there.
__attribute__((constructor(101))) void very_early() {
  block_from_before = std::malloc(27);
  say('a', block_from_before);
}

struct global {
  std::string text = std::string(119, 'x');
  explicit global(char letter) : m_letter(letter) {
    say(m_letter, text.data());
  }
  ~global() {
    text.assign(5003, 'y');
    say(static_cast<char>(m_letter + 8), text.data());
  }

private:
  char m_letter;
};
const global first('b');
thread_local const global of_main_thread('c');

__attribute__((destructor)) void very_late() {
  void* volatile p = std::malloc(27);
  say('l', p);
  std::free(p);
  say('m', block_from_before);
  std::free(block_from_before);
}

} // namespace

int main() {
  say(of_main_thread.text.empty() ? '-' : 'd', of_main_thread.text.data());
  std::atexit([] {
    void* volatile p = std::malloc(53);
    say('e', p);
    std::free(p);
  });
  return 0;
}
