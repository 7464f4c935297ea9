// SPDX-License-Identifier: MIT
// `mallocspy run` and `mallocspy fail` on programs that know nothing of them.
#include "support/catch.hpp"
#include "tool/shell.hpp"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <set>
#include <sstream>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

using namespace mallocspy::tests;

namespace {

// A program in C, built where it is needed.
std::string build(const temporary_folder& folder, const char* name, const std::string& source) {
  const std::string text = folder.write(std::string(name) + ".c", source);
  REQUIRE(shell("cc -g -O0 -o " + (folder / name) + " " + text + " -lpthread").status == 0);
  return folder / name;
}

// Folders of commands that are at work.
std::set<std::string> sessions() {
  std::istringstream names(shell("ls -d /dev/shm/mallocspy-* /tmp/mallocspy-*/session 2>/dev/null").out);
  return {std::istream_iterator<std::string>(names), std::istream_iterator<std::string>()};
}

// "allocations    12" of a report
long number_behind(const std::string& text, const std::string& word) {
  const std::size_t at = text.find(word);
  return at == std::string::npos ? -1 : std::stol(text.substr(at + word.size()));
}

} // namespace

TEST_CASE("run keeps output and exit status, and finds leaks with their lines") {
  const temporary_folder folder;
  const std::string program = build(folder, "leaky", R"(#include <stdio.h>
#include <stdlib.h>
static char* kept;
int main(void) {
  kept = malloc(61);
  char* volatile lost = malloc(87);
  lost = NULL;
  puts("output");
  return 3;
})");
  const shell_result r = shell("mallocspy run -- " + program);
  INFO(r.err);
  CHECK(r.status == 3);
  CHECK(r.out == "output\n");
  CHECK(r.err.find("lost: 1 block, 87 bytes") != std::string::npos);
  CHECK(r.err.find("leaky.c:6") != std::string::npos);
  CHECK(shell("mallocspy run --error-exitcode 77 -- " + program).status == 77);
  CHECK(r.err.find("run_main") == std::string::npos); // stacks end at main()
  const std::string expected = folder.write("expected", "leak fun:main\n");
  const shell_result quiet = shell("mallocspy run --error-exitcode 77 --suppressions " + expected + " -- " + program);
  CHECK(quiet.status == 3);
  CHECK(quiet.err.find("leaky.c:6") == std::string::npos);
  CHECK(quiet.err.find("1 group of lost blocks") != std::string::npos);
  CHECK(shell("mallocspy run --error-exitcode 77 -- true").status == 0);
}

TEST_CASE("run with the guard finds a byte too many") {
  const temporary_folder folder;
  const std::string program = build(folder, "over", R"(#include <stdlib.h>
int main(void) {
  volatile char* block = malloc(45);
  block[45] = 1;
  free((void*)block);
  return 0;
})");
  const shell_result r = shell("mallocspy run --spy guard --error-exitcode 9 -- " + program);
  INFO(r.err);
  CHECK(r.status == 9);
  CHECK(r.err.find("a byte behind a block was written, found by Free; of 45 bytes, at 45") != std::string::npos);
  CHECK(r.err.find("over.c:3") != std::string::npos);
  const std::string expected = folder.write("expected", "corrupt fun:main\n");
  const shell_result quiet =
      shell("mallocspy run --spy guard --error-exitcode 9 --suppressions " + expected + " -- " + program);
  CHECK(quiet.status == 0);
  CHECK(quiet.err.find("expected, and left out: 1 finding of damage") != std::string::npos);
}

TEST_CASE("what the guard has found is told of a program that crashes of it") {
  const temporary_folder folder;
  const std::string program = build(folder, "crashes", R"(#include <stdlib.h>
int main(void) {
  volatile char* block = malloc(45);
  block[-1] = 1;
  free((void*)block);
  abort();
})");
  const shell_result r = shell("mallocspy run --spy guard -- " + program);
  INFO(r.err);
  CHECK(r.status == 128 + SIGABRT);
  CHECK(r.err.find("a byte in front of a block was written, found by Free; of 45 bytes, at -1") != std::string::npos);
  CHECK(r.err.find("crashes.c:3") != std::string::npos);
}

TEST_CASE("run counts exactly, in threads and children too, each process by itself") {
  const temporary_folder folder;
  const std::string program = build(folder, "many", R"(#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
static void* loop(void* count) {
  for (long i = 0; i < (long)count; ++i) {
    free(malloc(19));
  }
  return 0;
}
int main(void) {
  pthread_t threads[3];
  for (int i = 0; i < 3; ++i) {
    pthread_create(&threads[i], 0, loop, (void*)1000);
  }
  for (int i = 0; i < 3; ++i) {
    pthread_join(threads[i], 0);
  }
  if (fork() == 0) {
    loop((void*)500);
    return 0;
  }
  wait(0);
  return 0;
})");
  const shell_result r = shell("mallocspy run --spy stats -- " + program);
  INFO(r.err);
  const std::size_t child = r.err.find("== process");
  const std::size_t parent = r.err.find("== process", child + 1);
  REQUIRE(parent != std::string::npos);
  // A thread takes a block of its own for its stack.
  const long in_parent = number_behind(r.err.substr(parent), "allocations");
  CHECK(in_parent >= 3000);
  CHECK(in_parent <= 3006);
}

TEST_CASE("run writes a trace that report reads") {
  const temporary_folder folder;
  const std::string trace = folder / "events";
  REQUIRE(shell("mallocspy run --trace " + trace + " -- sort /dev/null").status == 0);
  const shell_result r = shell("mallocspy report --collapsed " + (folder / "stacks") + " " + trace);
  INFO(r.err);
  CHECK(r.status == 0);
  CHECK(content_of(folder / "stacks").find(";malloc ") == std::string::npos); // stacks begin where malloc was called
  CHECK(content_of(folder / "stacks").size() > 100);
}

TEST_CASE("a script that pipes into a program: its programs are looked at, and the pipe works") {
  const shell_result r = shell("mallocspy run --spy leaks,stats -- sh -c 'printf \"b\\na\\n\" | sort | cat'");
  INFO(r.err);
  CHECK(r.status == 0);
  CHECK(r.out == "a\nb\n");
  CHECK(r.err.find(": sort\n") != std::string::npos);
  CHECK(r.err.find(": cat\n") != std::string::npos);
  const shell_result one = shell("mallocspy run --spy stats --follow sort -- sh -c 'printf \"b\\na\\n\" | sort | cat'");
  CHECK(one.err.find(": sort\n") != std::string::npos);
  CHECK(one.err.find(": cat\n") == std::string::npos);
}

TEST_CASE("fail: by number, from a number on, by size, by caller, by chance, by budget") {
  const temporary_folder folder;
  const std::string program = build(folder, "tells", R"(#include <stdio.h>
#include <stdlib.h>
static void* inner(unsigned long size) { return malloc(size); }
static char text[4096];
int main(void) {
  setvbuf(stdout, text, _IOFBF, sizeof text);
  for (unsigned long size = 101; size <= 110; ++size) {
    void* block = size == 105 ? inner(size) : malloc(size);
    putchar(block == NULL ? '-' : '+');
    if (size % 2 == 0) free(block);
  }
  putchar('\n');
  return 0;
})");
  const auto fails = [&](const std::string& plan) { return shell("mallocspy fail " + plan + " -- " + program).out; };
  CHECK(fails("--nth 3") == "++-+++++++\n");
  CHECK(fails("--nth 3 --mode all-after") == "++--------\n");
  CHECK(fails("--nth 3 --mode in-a-row --count 4") == "++----++++\n");
  CHECK(fails("--size 104..106 --mode all-after") == "+++---++++\n");
  CHECK(fails("--size 104..106 --nth 2") == "++++-+++++\n");
  CHECK(fails("--caller '^inner$'") == "++++-+++++\n");
  CHECK(fails("--rate 1") == "----------\n");
  CHECK(fails("--rate 0.5 --seed 7") == fails("--rate 0.5 --seed 7"));
  CHECK(fails("--budget 320") == "+++++-----\n");
  const shell_result never = shell("mallocspy fail --nth 1000 --error-exitcode 5 -- " + program);
  CHECK(never.status == 5);
  CHECK(never.err.find("never came") != std::string::npos);
}

TEST_CASE("fail by a stack hands the standard input on, though it is read to find the allocation") {
  const temporary_folder folder;
  build(folder, "echoes", R"(#include <stdio.h>
#include <stdlib.h>
int main(void) {
  char text[20];
  char* block = malloc(77);
  printf("%s %s", block == NULL ? "failed" : "there", fgets(text, sizeof text, stdin));
  return 0;
})");
  REQUIRE(shell("cd " + folder.path() + " && " MALLOCSPY_COMMAND " sweep --json sweep -- ./echoes").status != 2);
  const std::string json = content_of(folder / "sweep");
  const std::size_t at = json.find("\"stack_id\"");
  const std::size_t begin = json.find('"', json.find(':', at)) + 1;
  const std::string stack = json.substr(begin, 16);
  const shell_result r =
      shell("cd " + folder.path() + " && echo input | " MALLOCSPY_COMMAND " fail --stack " + stack + " -- ./echoes");
  INFO(stack);
  INFO(r.err);
  CHECK(r.out == "failed input\n");
}

TEST_CASE("an interruption at the terminal is for the program, and nothing is left behind") {
  const temporary_folder folder;
  const std::string program =
      build(folder, "handles", "#define READY \"" + (folder / "ready") + "\"\n" + R"(#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
static void note(int number) { (void)number; }
int main(void) {
  char* volatile lost = malloc(61);
  lost = NULL;
  signal(SIGINT, note);
  close(open(READY, O_CREAT | O_WRONLY, 0600));
  pause();
  return 4;
})");
  const std::set<std::string> before = sessions();
  const std::string report = folder / "report";
  const pid_t child = ::fork();
  if (child == 0) {
    ::setsid();
    ::execl(MALLOCSPY_COMMAND, "mallocspy", "run", "--output", report.c_str(), "--", program.c_str(),
            static_cast<char*>(nullptr));
    ::_exit(127);
  }
  while (!std::filesystem::exists(folder / "ready")) {
    ::usleep(10000);
  }
  ::usleep(200000);       // into pause()
  ::kill(-child, SIGINT); // as a terminal does: to all processes in the foreground
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 4);
  CHECK(content_of(report).find("61 bytes") != std::string::npos);
  // Those of others that are at work now go in their time.
  std::set<std::string> left = sessions();
  for (int i = 0; i < 600 && !left.empty(); ++i) {
    const std::set<std::string> now = sessions();
    for (auto s = left.begin(); s != left.end();) {
      s = before.count(*s) != 0 || now.count(*s) == 0 ? left.erase(s) : std::next(s);
    }
    ::usleep(left.empty() ? 0 : 100000);
  }
  CHECK(left.empty());
}

TEST_CASE("the library adds no allocation of its own to a program's count") {
  const temporary_folder folder;
  folder.write("one.c", "int main(void) { return 0; }\n");
  const std::string counter = MALLOCSPY_COUNTING_MALLOC;
  // ls has a library whose constructor allocates.
  const std::string commands =
      "sh -c 'cc -c -o " + (folder / "one.o") + " " + (folder / "one.c") + "; ls " + (folder / "one.c") + "'";
  const std::string counts = folder / "counts";
  // Addresses and environments alike: the compiler has tables of both.
  REQUIRE(shell("MALLOCSPY_SESSION=/ COUNTING_MALLOC_FILE=" + counts + " LD_PRELOAD=" + counter + " setarch -R " + commands)
              .status == 0);
  const shell_result r = shell("COUNTING_MALLOC_FILE=/ setarch -R " MALLOCSPY_COMMAND " run --spy stats --output " +
                               (folder / "report") + " -- " + commands);
  REQUIRE(r.status == 0);
  // Lines of both: "cc1 12345". The same programs must have the same numbers.
  std::string expected = content_of(counts);
  std::string report = content_of(folder / "report");
  INFO(expected);
  INFO(report);
  const auto difference = [&](const std::string& name) {
    const std::size_t process = report.find(": " + name + "\n");
    const std::size_t line = ("\n" + expected).find("\n" + name + " ");
    REQUIRE(process != std::string::npos);
    REQUIRE(line != std::string::npos);
    const std::string own = report.substr(process);
    const long requests = number_behind(own, "allocations") + number_behind(own, "reallocations");
    return requests - std::stol(expected.substr(line + name.size() + 1));
  };
  CHECK(difference("as") == 0);
  CHECK(difference("cc") == 0);
  CHECK(difference("ls") == 0);
  // Its own count depends on its addresses, and on those of its libraries.
  CHECK(std::abs(difference("cc1")) <= 1);
}
