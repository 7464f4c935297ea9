// SPDX-License-Identifier: MIT
#include "testing/process/whole_file.hpp"

#include "support/catch.hpp"
#include "support/size_limit.hpp"
#include "support/temporary_folder.hpp"

#include <fcntl.h>
#include <poll.h>
#include <stdexcept>
#include <sys/stat.h>
#include <unistd.h>

using namespace mallocspy::testing_detail;
using namespace mallocspy::tests;

namespace {

std::size_t entries(const temporary_folder& folder) {
  std::size_t n = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    ++n;
  }
  return n;
}

} // namespace

TEST_CASE("a file is written whole, and replaced whole") {
  const temporary_folder folder;
  const std::string path = folder / "report.json";
  write_output(path, std::string(5003, 'a'));
  CHECK(content_of(path) == std::string(5003, 'a'));
  ::chmod(path.c_str(), 0640);
  write_output(path, "b");
  CHECK(content_of(path) == "b");
  struct stat status {};
  ::stat(path.c_str(), &status);
  CHECK((status.st_mode & 0777) == 0640);
  CHECK(entries(folder) == 1);
  write_output("", "nothing is wanted");
}

TEST_CASE("a link stays a link") {
  const temporary_folder folder;
  const std::string file = folder.write("file", "old");
  std::filesystem::create_symlink(file, folder / "link");
  write_output(folder / "link", "new");
  CHECK(content_of(file) == "new");
  CHECK(std::filesystem::is_symlink(folder / "link"));
}

TEST_CASE("when the disk is full, the old report is still there, and nothing else") {
  const temporary_folder folder;
  const std::string path = folder.write("report.json", "old");
  {
    const size_limit full(4096);
    CHECK_THROWS_WITH(write_output(path, std::string(10007, 'a')), path + ": cannot be written: File too large");
  }
  CHECK(content_of(path) == "old");
  CHECK(entries(folder) == 1);
  CHECK_THROWS_WITH(write_output("/dev/full", "a"), "/dev/full: cannot be written: No space left on device");
}

TEST_CASE("whether a file can be written is known before, and changes nothing") {
  const temporary_folder folder;
  const std::string old = folder.write("old", "as it was");
  require_writable(old);
  CHECK(content_of(old) == "as it was");
  require_writable(folder / "new");
  CHECK(entries(folder) == 1);
  require_writable("-");
  require_writable("");
  require_writable("/dev/null");
  CHECK_THROWS_WITH(require_writable(folder / "no/such/folder"),
                    (folder / "no/such/folder") + ": cannot be written: No such file or directory");
  CHECK_THROWS_WITH(require_writable(folder.path()), folder.path() + ": cannot be written: Is a directory");
  CHECK_THROWS_WITH(write_output(folder / "no/such", "x"),
                    (folder / "no/such") + ": cannot be written: No such file or directory");
}

TEST_CASE("the check does not wait for a pipe's reader, and tells it nothing") {
  const temporary_folder folder;
  const std::string path = folder / "pipe";
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  require_writable(path);
  CHECK(entries(folder) == 1);
  const int reader = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  REQUIRE(reader >= 0);
  require_writable(path);
  struct pollfd state {
    reader, POLLIN, 0
  };
  ::poll(&state, 1, 0);
  CHECK((state.revents & POLLHUP) == 0); // the end, for whoever reads
  write_output(path, "all");
  char text[8]{};
  CHECK(::read(reader, text, sizeof text) == 3);
  ::close(reader);
}
