// SPDX-License-Identifier: MIT
// The formats of viewers, read back by a decoder that knows only the format.
#include <mallocspy/spies/trace_reader.hpp>

#include "spies/trace/temporary_file.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <mallocspy/spies/trace.hpp>
#include <mallocspy/task/task.hpp>
#include <sstream>

using namespace mallocspy;
using namespace mallocspy::tests;

// Not exported, so that their names are in the file's symbol table only.
static __attribute__((noinline)) void* wasteful_function(std::size_t size) {
  void* block = CoTaskMemAlloc(size);
  __asm__ volatile("");
  return block;
}
static __attribute__((noinline)) void* thrifty_function(std::size_t size) {
  void* block = CoTaskMemAlloc(size);
  __asm__ volatile("nop"); // or the compiler makes one function of the two
  return block;
}

namespace {

// 3 blocks of 27 bytes by one function, of which one stays; one of 5003 by the other, which goes.
trace_contents example() {
  const temporary_file file;
  void* kept = nullptr;
  {
    trace spy(file.path().c_str());
    REQUIRE(CoRegisterMallocSpy(&spy) == S_OK);
    volatile int times = 3;
    for (int i = 0; i < times; ++i) {
      CoTaskMemFree(kept);
      kept = wasteful_function(27);
    }
    CoTaskMemFree(thrifty_function(5003));
    spy.flush();
    CHECK(CoRevokeMallocSpy() == E_ACCESSDENIED);
    CoTaskMemFree(kept); // after the part that is looked at
  }
  trace_contents t = read_trace(file.path());
  REQUIRE(t.events.size() == 8);
  t.events.pop_back();
  return t;
}

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

struct field {
  std::uint64_t number;
  std::uint64_t value; // of a number
  std::string bytes;   // of text and messages
};

std::uint64_t varint(const std::string& s, std::size_t& at) {
  std::uint64_t value = 0;
  for (unsigned shift = 0;; shift += 7) {
    REQUIRE(at < s.size());
    const auto byte = static_cast<unsigned char>(s[at++]);
    value |= std::uint64_t{byte & 0x7FU} << shift;
    if (byte < 0x80) {
      return value;
    }
  }
}

std::vector<field> decode(const std::string& s) {
  std::vector<field> fields;
  for (std::size_t at = 0; at < s.size();) {
    const std::uint64_t tag = varint(s, at);
    field f{tag >> 3, 0, ""};
    REQUIRE((tag & 7U) % 2 == 0);
    f.value = varint(s, at);
    if ((tag & 7U) == 2) {
      REQUIRE(f.value <= s.size() - at);
      f.bytes = s.substr(at, f.value);
      at += f.value;
    }
    fields.push_back(f);
  }
  return fields;
}

std::vector<field> all(const std::vector<field>& fields, std::uint64_t number) {
  std::vector<field> found;
  std::copy_if(fields.begin(), fields.end(), std::back_inserter(found), [=](const field& f) { return f.number == number; });
  return found;
}

std::vector<std::uint64_t> packed(const field& f) {
  std::vector<std::uint64_t> values;
  for (std::size_t at = 0; at < f.bytes.size();) {
    values.push_back(varint(f.bytes, at));
  }
  return values;
}

// A profile as far as it is looked at.
struct profile {
  explicit profile(const std::string& bytes) : fields(decode(bytes)) {
    for (const field& f : all(fields, 6)) {
      strings.push_back(f.bytes);
    }
  }
  std::vector<field> message(std::uint64_t kind, std::uint64_t id) const {
    for (const field& f : all(fields, kind)) {
      auto inner = decode(f.bytes);
      if (all(inner, 1).at(0).value == id) {
        return inner;
      }
    }
    FAIL("no message " << kind << " with number " << id);
    return {};
  }
  std::string function_of_location(std::uint64_t id) const {
    const auto line = decode(all(message(4, id), 4).at(0).bytes);
    const auto function = message(5, all(line, 1).at(0).value);
    return strings.at(all(function, 2).at(0).value);
  }

  std::vector<field> fields;
  std::vector<std::string> strings;
};

} // namespace

TEST_CASE("a profile for pprof", "[spies][trace_viewers]") {
  const trace_contents t = example();
  const temporary_file file;
  write_pprof(t, file.path());
  const profile p(content_of(file.path()));
  REQUIRE_FALSE(p.strings.empty());
  CHECK(p.strings[0].empty());

  std::string types;
  for (const field& f : all(p.fields, 1)) {
    const auto type = decode(f.bytes);
    types += p.strings.at(all(type, 1).at(0).value) + "/" + p.strings.at(all(type, 2).at(0).value) + " ";
  }
  CHECK(types == "alloc_objects/count alloc_space/bytes inuse_objects/count inuse_space/bytes ");

  const auto samples = all(p.fields, 2);
  REQUIRE(samples.size() == 2);
  std::size_t recognised = 0;
  for (const field& f : samples) {
    const auto sample = decode(f.bytes);
    const auto locations = packed(all(sample, 1).at(0));
    const auto values = packed(all(sample, 2).at(0));
    REQUIRE(locations.size() > 3);
    const std::string innermost = p.function_of_location(locations[0]);
    if (innermost.find("wasteful_function(unsigned long)") != std::string::npos) {
      CHECK(values == std::vector<std::uint64_t>{3, 81, 1, 27});
      ++recognised;
    } else if (innermost.find("thrifty_function(unsigned long)") != std::string::npos) {
      CHECK(values == std::vector<std::uint64_t>{1, 5003, 0, 0});
      ++recognised;
    }
    bool reaches_main = false;
    for (const std::uint64_t id : locations) {
      reaches_main = reaches_main || p.function_of_location(id) == "main";
      // Each location lies in its mapping.
      const auto location = p.message(4, id);
      const auto mapping = p.message(3, all(location, 2).at(0).value);
      const std::uint64_t address = all(location, 3).at(0).value;
      CHECK(address >= all(mapping, 2).at(0).value);
      CHECK(address < all(mapping, 3).at(0).value);
    }
    CHECK((reaches_main || locations.size() == 16));
  }
  CHECK(recognised == 2);
}

TEST_CASE("collapsed stacks", "[spies][trace_viewers]") {
  const trace_contents t = example();
  const temporary_file file;
  const auto lines_of = [&](trace_value value) {
    write_collapsed(t, file.path(), value);
    std::istringstream text(content_of(file.path()));
    std::vector<std::string> lines;
    for (std::string line; std::getline(text, line);) {
      lines.push_back(line);
    }
    return lines;
  };
  // The compiler may have made a clone of the function, which says so behind its name.
  const auto is = [](const std::string& line, const std::string& function, const std::string& value) {
    const std::size_t last = line.rfind(';');
    const std::size_t space = line.rfind(' ');
    return last != std::string::npos && line.compare(last + 1, function.size(), function) == 0 &&
           line.substr(space + 1) == value;
  };

  const auto bytes = lines_of(trace_value::allocated_bytes);
  REQUIRE(bytes.size() == 2);
  CHECK(is(bytes[0], "thrifty_function(unsigned long)", "5003"));
  CHECK(is(bytes[1], "wasteful_function(unsigned long)", "81"));
  const auto blocks = lines_of(trace_value::allocated_blocks);
  REQUIRE(blocks.size() == 2);
  CHECK(is(blocks[1], "wasteful_function(unsigned long)", "3"));
  const auto live = lines_of(trace_value::live_bytes);
  REQUIRE(live.size() == 1);
  CHECK(is(live[0], "wasteful_function(unsigned long)", "27"));
  CHECK(is(lines_of(trace_value::live_blocks).at(0), "wasteful_function(unsigned long)", "1"));
}

TEST_CASE("a profile that cannot be written", "[spies][trace_viewers]") {
  const trace_contents nothing;
  CHECK_THROWS_WITH(write_pprof(nothing, "/no such folder/p"), "/no such folder/p: No such file or directory");
  CHECK_THROWS_WITH(write_collapsed(example(), "/dev/full"), "/dev/full: No space left on device");
}
