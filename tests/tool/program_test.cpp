// SPDX-License-Identifier: MIT
// Programs that can be preloaded, and all that cannot: real files, made here.
#include "tool/program/program_check.hpp"

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"
#include "tool/program/elf_file.hpp"
#include "tool/program/find_program.hpp"
#include "tool/program/preload_library.hpp"

#include <elf.h>
#include <stdexcept>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

using namespace mallocspy::tool;
using namespace mallocspy::tests;

namespace {

// An ordinary program: this one.
std::string ordinary(const temporary_folder& folder, const std::string& name) {
  std::filesystem::copy_file("/proc/self/exe", folder / name);
  ::chmod((folder / name).c_str(), 0755);
  return folder / name;
}

std::string executable(const temporary_folder& folder, const std::string& name, const std::string& content) {
  std::string path = folder.write(name, content);
  ::chmod(path.c_str(), 0755);
  return path;
}

template <class Work> std::string message_of(Work work) {
  try {
    work();
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "no error";
}

std::string refusal_of(const std::string& path, const program_user& who = this_user()) {
  return message_of([&] { require_preloadable(path, who); });
}

bool starts_with(const std::string& text, const std::string& begin) {
  INFO(text);
  CHECK(text.compare(0, begin.size(), begin) == 0);
  return text.compare(0, begin.size(), begin) == 0;
}

void patch(const std::string& path, std::streamoff offset, char value) {
  std::fstream(path, std::ios::in | std::ios::out | std::ios::binary).seekp(offset).put(value);
}

} // namespace

TEST_CASE("a program is found as execvp finds it") {
  const temporary_folder one;
  const temporary_folder two;
  executable(one, "both", "");
  executable(two, "both", "");
  one.write("plain", "");
  executable(two, "plain", "");
  one.write("forbidden", "");
  std::filesystem::create_directory(one / "folder");
  const std::string path = one.path() + ":/nonexistent:" + two.path();
  CHECK(find_program("both", path.c_str()) == (one / "both"));
  CHECK(find_program("plain", path.c_str()) == (two / "plain")); // what may not be executed is passed over
  CHECK(find_program(one / "both", "/nonexistent") == (one / "both"));
  CHECK(find_program("sh", nullptr).rfind("/sh") != std::string::npos);
  const auto refused = [&path](const std::string& name) { return message_of([&] { find_program(name, path.c_str()); }); };
  CHECK(refused("no_such_program") == "no_such_program: not found in PATH");
  CHECK(refused("folder") == "folder: not found in PATH");
  CHECK(refused("forbidden") == (one / "forbidden") + ": not executable");
  CHECK(refused(one / "none") == (one / "none") + ": not found");
  CHECK(refused(one / "both/below") == (one / "both/below") + ": not found");
  CHECK(refused(one.path()) == one.path() + ": is a folder, not a program");
  CHECK(refused(one / "forbidden") == (one / "forbidden") + ": not executable");
  REQUIRE(::mkfifo((one / "pipe").c_str(), 0777) == 0);
  CHECK(refused(one / "pipe") == (one / "pipe") + ": not executable"); // and nobody waits for its writer
}

TEST_CASE("an empty part of PATH is the working directory, and a program there is hinted at") {
  const temporary_folder folder;
  executable(folder, "here", "");
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  CHECK(find_program("here", "/nonexistent:") == "./here");
  CHECK(find_program("here", "") == "./here");
  CHECK(message_of([] { find_program("here", "/nonexistent"); }) ==
        "here: not found in PATH; ./here is a program, if that is meant");
  std::filesystem::current_path(before);
}

TEST_CASE("ordinary programs and scripts can be preloaded") {
  const temporary_folder folder;
  const std::string program = ordinary(folder, "program");
  CHECK(require_preloadable(program, this_user()) == program);
  CHECK(require_preloadable("/bin/ls", this_user()) == "/bin/ls");
  const std::string script = executable(folder, "script", "#! /bin/sh -e\ntrue\n");
  CHECK(require_preloadable(script, this_user()) == "/bin/sh");
  const std::string nested = executable(folder, "nested", "#!" + script + "\n");
  CHECK(require_preloadable(nested, this_user()) == "/bin/sh");
  CHECK(require_preloadable(executable(folder, "short", "#!/bin/sh"), this_user()) == "/bin/sh");
}

TEST_CASE("what is neither a program nor a script is refused") {
  const temporary_folder folder;
  for (const char* content : {"", "\x7F",
                              "\x7F"
                              "EL",
                              "echo hello\n", "#", "MZ"}) {
    const std::string path = executable(folder, "text", content);
    CHECK(refusal_of(path) == path + ": is neither a program nor a script that begins with #!");
  }
}

TEST_CASE("a script is as good as its interpreter") {
  const temporary_folder folder;
  const std::string missing = executable(folder, "missing", "#!/nonexistent/python\n");
  CHECK(refusal_of(missing) == missing + ": is a script whose interpreter cannot run: /nonexistent/python: not found");
  const std::string nameless = executable(folder, "nameless", "#!  \n");
  CHECK(refusal_of(nameless) == nameless + ": is a script whose first line names no interpreter");
  const std::string circle = executable(folder, "circle", "#!" + (folder / "circle") + "\n");
  CHECK(refusal_of(circle) == circle + ": is a script, and its interpreter is a script, and so on");
}

TEST_CASE("a static program is refused") {
  const temporary_folder folder;
  const std::string source = folder.write("static.c", "int main(void) { return 0; }\n");
  const std::string path = folder / "static";
  const std::string build = "cc -static -o " + path + " " + source + " 2>/dev/null";
  if (std::system(build.c_str()) != 0) { // NOLINT(cert-env33-c): the compiler is found as everywhere
    WARN("no static C library here: not tested");
    return;
  }
  CHECK(refusal_of(path) == path + ": is static: it has no dynamic linker that could load the spies; link it dynamically");
  // A script whose interpreter is static is, too.
  starts_with(refusal_of(executable(folder, "script", "#!" + path + "\n")), path + ": is static");
}

TEST_CASE("programs that run as somebody else are refused, and those that do not are fine") {
  const temporary_folder folder;
  const std::string path = ordinary(folder, "program");
  const program_user we{::getuid(), ::getgid()};
  const program_user others{we.user + 1, we.group + 1};
  struct stat status {};
  CHECK(refusal_of(path, others) == "no error");
  ::chmod(path.c_str(), 04755);
  CHECK(refusal_of(path, others) == path + ": is set-uid: the system loads no library into it that a user names");
  CHECK(refusal_of(path, we) == "no error");
  ::chmod(path.c_str(), 02755);
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK(refusal_of(path, {we.user, status.st_gid + 1}) ==
        path + ": is set-gid: the system loads no library into it that a user names");
  CHECK(refusal_of(path, {we.user, status.st_gid}) == "no error");
  ::chmod(path.c_str(), 02745);
  CHECK(refusal_of(path, {we.user, status.st_gid + 1}) == "no error"); // not executable for the group: a lock's mark
}

TEST_CASE("programs with file capabilities are refused") {
  const temporary_folder folder;
  const std::string path = ordinary(folder, "program");
  // Version 2, effective, CAP_NET_RAW.
  const unsigned char capability[20] = {1, 0, 0, 2, 0, 0x20};
  if (::setxattr(path.c_str(), "security.capability", capability, sizeof capability, 0) != 0) {
    WARN("capabilities cannot be set here: not tested");
    return;
  }
  CHECK(refusal_of(path, {1000, ::getgid()}) ==
        path + ": has file capabilities: the system loads no library into it that a user names");
}

TEST_CASE("programs for other machines are refused, and both machines named") {
  const temporary_folder folder;
  const std::string path = ordinary(folder, "program");
  const std::string here = machine_name(read_elf(path).value());
  patch(path, 18, static_cast<char>(EM_S390));
  CHECK(refusal_of(path) == path + ": is made for 64-bit S/390, and mallocspy for " + here);
  patch(path, 18, static_cast<char>(EM_386));
  patch(path, EI_CLASS, ELFCLASS32);
  CHECK(refusal_of(path) == path + ": is made for 32-bit x86, and mallocspy for " + here);
  patch(path, EI_DATA, ELFDATA2MSB);
  starts_with(refusal_of(path), path + ": is made for ");
}

TEST_CASE("damaged headers do no harm") {
  const temporary_folder folder;
  const std::string whole = content_of(ordinary(folder, "program"));
  for (const std::size_t size : {4U, 15U, 17U, 20U, 63U, 64U, 100U, 500U}) {
    const std::string path = executable(folder, "cut", whole.substr(0, size));
    INFO(size);
    CHECK(refusal_of(path) != "no error");
  }
  // Segments far beyond the file; an object file.
  const std::string far = executable(folder, "far", whole);
  for (int i = 0; i < 7; ++i) {
    patch(far, 32 + i, '\x7F');
  }
  CHECK(refusal_of(far) == far + ": is a damaged program, or none");
  const std::string object = executable(folder, "object", whole);
  patch(object, 16, ET_REL);
  CHECK(refusal_of(object) == object + ": is a damaged program, or none");
}

TEST_CASE("a program for another C library is refused") {
  const temporary_folder folder;
  const std::string path = ordinary(folder, "program");
  const std::string interpreter = read_elf(path).value().interpreter;
  REQUIRE_FALSE(interpreter.empty());
  std::string content = content_of(path);
  const std::size_t at = content.find(interpreter);
  std::string musl = "/lib/ld-musl.so.1";
  REQUIRE(musl.size() <= interpreter.size());
  musl.resize(interpreter.size(), '\0');
  executable(folder, "program", content.replace(at, musl.size(), musl));
  starts_with(refusal_of(path), path + ": is made for another C library (/lib/ld-musl.so.1) than mallocspy");
}

TEST_CASE("the library to preload is looked for where it belongs") {
  const temporary_folder folder;
  std::filesystem::create_directories(folder / "bin");
  std::filesystem::create_directories(folder / "lib");
  const std::string command = folder / "bin/mallocspy";
  const auto find = [&command](const char* named) { return find_preload_library(command, named); };
  const std::string missing = message_of([&] { find(nullptr); });
  starts_with(missing, "libmallocspy_preload.so is missing: it is neither at MALLOCSPY_PRELOAD nor one of " +
                           (folder / "bin/libmallocspy_preload.so") + ", " + (folder / "lib/libmallocspy_preload.so"));
  const std::string installed = folder.write("lib/libmallocspy_preload.so", "");
  CHECK(find(nullptr) == installed);
  CHECK(find("") == installed);
  const std::string beside = folder.write("bin/libmallocspy_preload.so", "");
  CHECK(find(nullptr) == beside);
  const std::string named = folder.write("other.so", "");
  CHECK(find(named.c_str()) == named);
  CHECK(message_of([&] { find("/nonexistent.so"); }) == "MALLOCSPY_PRELOAD names /nonexistent.so, which is no file");
  const std::string spaced = folder.write("a b.so", "");
  CHECK(message_of([&] { find(spaced.c_str()); }) ==
        spaced + ": cannot be preloaded: LD_PRELOAD takes no path with a space or a colon; move it");
  CHECK(own_path() == std::filesystem::read_symlink("/proc/self/exe").string());
}
