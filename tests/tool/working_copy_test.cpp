// SPDX-License-Identifier: MIT
#include "tool/session/working_copy.hpp"

#include "support/catch.hpp"
#include "support/size_limit.hpp"
#include "support/temporary_folder.hpp"

#include <filesystem>
#include <stdexcept>

using namespace mallocspy::tests;
using mallocspy::tool::first_difference;
using mallocspy::tool::working_copy;

TEST_CASE("a copy has the files, folders and links, and a folder for temporary files") {
  const temporary_folder from;
  const temporary_folder to;
  from.write("a", "one");
  std::filesystem::create_directories(from / "b/c");
  from.write("b/c/d", "two");
  std::filesystem::create_symlink("a", from / "link");
  const working_copy copy(from.path(), to / "place");
  CHECK(first_difference(from.path(), copy.folder()).empty());
  CHECK(std::filesystem::is_symlink(copy.folder() + "/link"));
  CHECK(std::filesystem::is_directory(copy.temporary()));
}

TEST_CASE("what differs is named") {
  const temporary_folder a;
  const temporary_folder b;
  std::filesystem::create_directory(a / "sub");
  std::filesystem::create_directory(b / "sub");
  a.write("sub/x", "one");
  b.write("sub/x", "two");
  CHECK(first_difference(a.path(), b.path()) == "sub/x");
  b.write("sub/x", "one");
  CHECK(first_difference(a.path(), b.path()).empty());
  b.write("new", "");
  CHECK(first_difference(a.path(), b.path()) == "new");
}

TEST_CASE("a disk that is full is told, and nothing is left of the copy") {
  const temporary_folder from;
  const temporary_folder to;
  const std::string large = from.write("large", std::string(100000, 'x'));
  const size_limit full(5000);
  std::string told;
  try {
    const working_copy copy(from.path(), to / "place");
  } catch (const std::runtime_error& e) {
    told = e.what();
  }
  CHECK(told.rfind(large + ": cannot be copied: ", 0) == 0);
  CHECK_FALSE(std::filesystem::exists(to / "place"));
}

TEST_CASE("a folder with too many bytes is refused, and one that is not there") {
  const temporary_folder folder;
  folder.write("seventeen", std::string(17, 'x'));
  CHECK(working_copy::size_if_small(folder.path()) == 17);
  std::filesystem::resize_file(folder.write("sparse", ""), working_copy::most_bytes + 1);
  CHECK_THROWS_AS(working_copy::size_if_small(folder.path()), std::runtime_error);
  CHECK_THROWS_AS(working_copy::size_if_small(folder / "nowhere"), std::runtime_error);
}
