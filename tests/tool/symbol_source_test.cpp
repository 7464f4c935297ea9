// SPDX-License-Identifier: MIT
// Names for frames, of programs that are built here with and without debug information.
#include "tool/symbols/symbol_source.hpp"

#include "support/catch.hpp"
#include "tool/shell.hpp"
#include "tool/symbols/point_filter.hpp"

#include <sstream>

using namespace mallocspy;
using namespace mallocspy::tool;
using namespace mallocspy::tests;

namespace {

// It prints where each of its frames returns to, as its file has it, innermost first.
constexpr const char* source = R"(#include <cstdio>
#include <link.h>
static unsigned long bias;
static int first(dl_phdr_info* info, unsigned long, void*) { bias = info->dlpi_addr; return 1; }
namespace shop {
struct till {
  __attribute__((noinline)) void open(int) {
    std::printf("%lx\n", (unsigned long)__builtin_return_address(0) - bias);
  }
};
inline __attribute__((always_inline)) void put_in_line(till& t) {
  t.open(27);
  __asm__ volatile("");
}
}
static __attribute__((noinline)) void local_function(shop::till& t) {
  shop::put_in_line(t);
  __asm__ volatile("");
}
int main() {
  dl_iterate_phdr(first, nullptr);
  shop::till t;
  local_function(t);
  return 0;
}
)";
constexpr int line_of_open = 12;    // t.open(27)
constexpr int line_of_in_line = 17; // shop::put_in_line(t)

struct built {
  temporary_folder folder;
  std::string program;
  raw_frame frame; // of the call of open()
};

void build(built& b, const std::string& compiler, const std::string& flags, const std::string& prologue = "") {
  const std::string file = b.folder.write("program.cpp", prologue + source);
  b.program = b.folder / "program";
  const shell_result compiled =
      shell("cd " + b.folder.path() + " && " + compiler + " -std=c++17 -O1 " + flags + " -o program " + file);
  INFO(compiled.err);
  REQUIRE(compiled.status == 0);
  const shell_result ran = shell(b.program);
  REQUIRE(ran.status == 0);
  b.frame = {b.program, std::stoull(ran.out, nullptr, 16), true};
}

std::string at_line(const char* function, int line) {
  return std::string(function) + " (program.cpp:" + std::to_string(line) + ")";
}

bool is_there(const std::string& program) {
  return shell("command -v " + program).status == 0;
}

} // namespace

TEST_CASE("with debug information a frame has functions, inlined ones too, files and lines") {
  for (const std::string compiler : {"g++", "clang++"}) {
    if (!is_there(compiler)) {
      WARN("no " << compiler << ": not tested");
      continue;
    }
    for (const std::string flags : {"-g", "-g -no-pie -fno-pie", "-g -gdwarf-4"}) {
      INFO(compiler << " " << flags);
      built b;
      build(b, compiler, flags);
      symbol_source symbols;
      CHECK(symbols.describe(b.frame).lines ==
            std::vector<std::string>{at_line("shop::put_in_line(shop::till&)", line_of_open),
                                     at_line("local_function(shop::till&)", line_of_in_line)});
      CHECK(symbols.describe(b.frame).identity.function == "_ZL14local_functionRN4shop4tillE");
    }
  }
}

TEST_CASE("without debug information a frame has its function, and stripped of names its place") {
  built b;
  build(b, "g++", "-g0");
  CHECK(symbol_source().describe(b.frame).lines == std::vector<std::string>{"local_function(shop::till&)"});
  REQUIRE(shell("strip " + b.program).status == 0);
  symbol_source symbols;
  const described_frame& stripped = symbols.describe(b.frame);
  REQUIRE(stripped.lines.size() == 1);
  std::ostringstream place;
  place << b.program << "+0x" << std::hex << b.frame.address;
  CHECK(stripped.lines[0] == place.str());
  CHECK(stripped.identity.function.empty());
}

TEST_CASE("names come from a separate file of debug information") {
  built b;
  build(b, "g++", "-g");
  REQUIRE(shell("cd " + b.folder.path() +
                " && objcopy --only-keep-debug program program.debug && strip program && "
                "objcopy --add-gnu-debuglink=program.debug program")
              .status == 0);
  CHECK(symbol_source().describe(b.frame).lines.back() == at_line("local_function(shop::till&)", line_of_in_line));
}

TEST_CASE("the identity of a stack survives a rebuild that moves its code and its lines") {
  built before;
  built after;
  build(before, "g++", "-g");
  build(after, "g++", "-g0 -no-pie -fno-pie",
        "#include <vector>\n\nvoid one_more(std::vector<int>& v) { v.push_back(7); }\n");
  CHECK(before.frame.address != after.frame.address);
  symbol_source symbols;
  CHECK(symbols.identity_of({before.frame}) == symbols.identity_of({after.frame}));
  CHECK(symbols.identity_of({before.frame}) != symbols.identity_of({before.frame, before.frame}));
}

TEST_CASE("a return address belongs to its call, a program's place to itself") {
  built b;
  build(b, "g++", "-g");
  symbol_source symbols;
  raw_frame before = b.frame;
  --before.address;
  before.returns = false;
  CHECK(symbols.describe(before).lines == symbols.describe(b.frame).lines);
}

TEST_CASE("modules that are no files, or no programs, do no harm") {
  const temporary_folder folder;
  symbol_source symbols;
  CHECK(symbols.describe({"", 0x27, true}).lines == std::vector<std::string>{"unknown+0x27"});
  CHECK(symbols.describe({"[vdso]", 0x53, true}).lines == std::vector<std::string>{"[vdso]+0x53"});
  CHECK(symbols.describe({"/nonexistent", 0, true}).lines == std::vector<std::string>{"/nonexistent+0x0"});
  const std::string text = folder.write("text", "hello");
  CHECK(symbols.describe({text, 0x61, false}).lines == std::vector<std::string>{text + "+0x61"});
  built b;
  build(b, "g++", "-g");
  CHECK(symbols.describe({b.program, 0xFFFFFFFFFFFF, true}).lines.size() == 1);
  const std::vector<raw_frame> stack = {b.frame, {"[vdso]", 0x53, true}};
  CHECK(symbols.lines_of(stack).size() == 3);
}

TEST_CASE("points are wanted or not by functions, inlined ones too, and modules on their stack") {
  built b;
  build(b, "g++", "-g");
  symbol_source symbols;
  const std::vector<raw_frame> stack = {{"/usr/lib/libfoo.so.1", 0x27, true}, b.frame};
  const auto wants = [&](std::vector<std::string> include, std::vector<std::string> exclude) {
    return point_filter(std::move(include), std::move(exclude)).wants(stack, symbols);
  };
  CHECK(wants({}, {}));
  CHECK(wants({"local_function"}, {}));
  CHECK(wants({"shop::put_in_line"}, {}));
  CHECK(wants({"nothing", "libfoo*"}, {}));
  CHECK_FALSE(wants({"nothing"}, {}));
  CHECK_FALSE(wants({}, {"shop::*"}));
  CHECK_FALSE(wants({"local_function"}, {"libfoo.so.?"}));
  CHECK(wants({"program"}, {"libbar*"}));
  CHECK(point_filter({}, {}).passes_all());
  CHECK_FALSE(point_filter({}, {"x"}).passes_all());
}
