// SPDX-License-Identifier: MIT
// What the verbs that start a program refuse before they do, by the program itself.
#include "support/catch.hpp"
#include "tool/shell.hpp"

using namespace mallocspy::tests;

namespace {

std::string refused(const std::string& command) {
  const shell_result r = shell(command);
  CHECK(r.status == 2);
  CHECK(r.out.empty());
  CHECK(r.err.find('\n') == r.err.size() - 1); // one line
  return r.err;
}

bool has(const std::string& text, const std::string& part) {
  INFO(text);
  CHECK(text.find(part) != std::string::npos);
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("a program that cannot be run gets one clear line from each verb") {
  const temporary_folder folder;
  const std::string plain = folder.write("plain", "");
  for (const std::string verb : {"run", "fail", "sweep"}) {
    const std::string command = "mallocspy " + verb + " ";
    CHECK(refused(command + "/nonexistent/p") == "mallocspy: /nonexistent/p: not found\n");
    CHECK(refused(command + "no_such_program -x") == "mallocspy: no_such_program: not found in PATH\n");
    CHECK(refused(command + plain) == "mallocspy: " + plain + ": not executable\n");
    CHECK(refused(command + folder.path()) == "mallocspy: " + folder.path() + ": is a folder, not a program\n");
  }
}

TEST_CASE("a missing library is told, and where it was looked for") {
  const shell_result r = shell("MALLOCSPY_PRELOAD=/nonexistent.so " MALLOCSPY_COMMAND " run true");
  CHECK(r.status == 2);
  CHECK(r.err == "mallocspy: MALLOCSPY_PRELOAD names /nonexistent.so, which is no file\n");
}

TEST_CASE("files that cannot be written or read are told before the program starts") {
  const temporary_folder folder;
  const std::string library = folder.write("library.so", "");
  const std::string program = folder.write("program", "#!/bin/sh\ntouch " + (folder / "it_ran") + "\n");
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  const auto with = [&](const std::string& verb) {
    return refused("MALLOCSPY_PRELOAD=" + library + " " MALLOCSPY_COMMAND " " + verb + " " + program);
  };
  for (const std::string option : {"--json", "--junit", "--html", "--resume"}) {
    has(with("sweep " + option + " /nonexistent/f"), "/nonexistent/f: cannot be written: No such file or directory");
  }
  for (const std::string option : {"--output", "--trace"}) {
    has(with("run " + option + " /nonexistent/f"), "/nonexistent/f: cannot be written: No such file or directory");
  }
  const std::string bad = folder.write("expected", "leak fun:a\nleek fun:b\n");
  has(with("sweep --suppressions " + bad), "expected:2: 'leek' is no verdict");
  has(with("run --suppressions /nonexistent/f"), "/nonexistent/f: cannot be read");
  CHECK_FALSE(std::filesystem::exists(folder / "it_ran"));
}
