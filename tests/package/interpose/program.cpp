// SPDX-License-Identifier: MIT
#include <string>
#include <vector>

extern "C" void begin_counting(void);
extern "C" int end_counting(void);

int main(int argc, char**) {
  begin_counting();
  { const std::vector<std::string> texts(static_cast<std::size_t>(argc) + 2, std::string(119, 'x')); }
  return end_counting();
}
