// SPDX-License-Identifier: MIT
// Executables for macOS, as far as they are looked at: files are made here, byte by byte. No macOS is needed for it.
#include "tool/program/macho_file.hpp"

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

using namespace mallocspy::tool;
using namespace mallocspy::tests;

namespace {

std::string little(std::uint32_t value) {
  std::string bytes;
  for (unsigned i = 0; i < 4; ++i) {
    bytes += static_cast<char>(value >> (8 * i) & 0xFFU);
  }
  return bytes;
}

std::string big(std::uint32_t value) {
  const std::string bytes = little(value);
  return {bytes.rbegin(), bytes.rend()};
}

std::string padded(std::string text, std::size_t size) {
  text.resize(size, '\0');
  return text;
}

std::string command(std::uint32_t kind, const std::string& content) {
  return little(kind) + little(static_cast<std::uint32_t>(8 + content.size())) + content;
}

const std::string linker = command(0xE, little(12) + padded("/usr/lib/dyld", 20));

// A segment with one section.
std::string segment(const std::string& name, const std::string& section) {
  return command(0x19, padded(name, 16) + std::string(48, '\0') + padded(section, 16) + std::string(64, '\0'));
}

std::string program(std::uint32_t cpu, std::uint32_t subtype, const std::string& commands, std::uint32_t count,
                    std::uint32_t type = 2) {
  return little(0xFEEDFACF) + little(cpu) + little(subtype) + little(type) + little(count) +
         little(static_cast<std::uint32_t>(commands.size())) + little(0) + little(0) + commands;
}

std::string blob(std::uint32_t magic, const std::string& content) {
  return big(magic) + big(static_cast<std::uint32_t>(8 + content.size())) + content;
}

// A program with a signature that has these flags, and what it is entitled to.
std::string signed_program(std::uint32_t flags, const std::string& entitlements) {
  const std::string directory = blob(0xFADE0C02, big(0x20400) + big(flags) + std::string(28, '\0'));
  const std::string granted = blob(0xFADE7171, entitlements);
  const std::string index = big(2) + big(0) + big(28) + big(5) + big(static_cast<std::uint32_t>(28 + directory.size()));
  const std::string signature = blob(0xFADE0CC0, index + directory + granted);
  const auto at = static_cast<std::uint32_t>(32 + linker.size() + 16);
  const std::string place = command(0x1D, little(at) + little(static_cast<std::uint32_t>(signature.size())));
  return program(macho_arm64, 0, linker + place, 2) + signature;
}

std::string refusal_of(const temporary_folder& folder, const std::string& content) {
  const auto slices = read_macho(folder.write("program", content));
  return slices ? macho_refusal(*slices, macho_arm64, 0) : "no program";
}

const std::string is_hardened =
    "is signed with the hardened runtime: the system loads no library into it that a user names; sign a copy of it without "
    "that (codesign --force --sign -)";

} // namespace

TEST_CASE("a program for macOS that a library can be inserted into") {
  const temporary_folder folder;
  CHECK(refusal_of(folder, program(macho_arm64, 0, linker, 1)).empty());
  CHECK(refusal_of(folder, program(macho_arm64, 0x80000000U, linker, 1)).empty()); // a capability, no other processor
  CHECK(refusal_of(folder, program(macho_arm64, 0, linker + segment("__TEXT", "__text"), 2)).empty());
  CHECK(refusal_of(folder, signed_program(0x2, "")).empty()); // signed by the linker itself
}

TEST_CASE("what is no program for macOS is told from one") {
  const temporary_folder folder;
  for (const char* content : {"", "#!/bin/sh\n", "\xCF\xFA", "MZ",
                              "\x7F"
                              "ELF"}) {
    CHECK(refusal_of(folder, content) == "no program");
  }
  CHECK(refusal_of(folder, big(0xCAFEBABE) + big(52) + std::string(100, '\0')) == "no program"); // a class of Java's
  CHECK(refusal_of(folder, little(0xFEEDFACE) + std::string(100, '\0')) == "no program");        // of 32 bits
}

TEST_CASE("programs for other processors are refused, and of a fat file the right part counts") {
  const temporary_folder folder;
  CHECK(refusal_of(folder, program(macho_x86_64, 3, linker, 1)) == "is made for x86-64, and mallocspy for arm64");
  CHECK(refusal_of(folder, program(macho_arm64, macho_arm64e, linker, 1)) == "is made for arm64e, and mallocspy for arm64");
  const std::string static_one = program(macho_x86_64, 3, "", 0);
  const std::string ours = program(macho_arm64, 0, linker, 1);
  const auto fat = [&](const std::string& second) {
    const std::string begin = big(0xCAFEBABE) + big(2) + big(macho_x86_64) + big(3) + big(64) +
                              big(static_cast<std::uint32_t>(static_one.size())) + big(0) + big(macho_arm64) + big(0) +
                              big(128) + big(static_cast<std::uint32_t>(second.size())) + big(0);
    return padded(padded(begin, 64) + static_one, 128) + second;
  };
  CHECK(refusal_of(folder, fat(ours)).empty());
  CHECK(refusal_of(folder, fat(program(macho_arm64, macho_arm64e, linker, 1))) ==
        "is made for x86-64, arm64e, and mallocspy for arm64");
  CHECK(refusal_of(folder, fat("")) == "is made for x86-64, and mallocspy for arm64");
}

TEST_CASE("programs that dyld inserts nothing into are refused") {
  const temporary_folder folder;
  CHECK(refusal_of(folder, program(macho_arm64, 0, "", 0)) ==
        "is static: it has no dynamic linker that could load the spies; link it dynamically");
  CHECK(refusal_of(folder, program(macho_arm64, 0, linker + segment("__RESTRICT", "__restrict"), 2)) ==
        "is restricted: the system loads no library into it that a user names");
  CHECK(refusal_of(folder, program(macho_arm64, 0, linker + segment("__RESTRICT", "__other"), 2)).empty());
  CHECK(refusal_of(folder, signed_program(0x800, "")) ==
        "is restricted: the system loads no library into it that a user names");
  CHECK(refusal_of(folder, signed_program(0x10000, "")) == is_hardened);
  CHECK(refusal_of(folder, signed_program(0x2000, "")) == is_hardened);
}

TEST_CASE("the hardened runtime lets a library in for those that are entitled to both") {
  const temporary_folder folder;
  const std::string variables = "<key>com.apple.security.cs.allow-dyld-environment-variables</key><true/>";
  const std::string libraries = "<key>com.apple.security.cs.disable-library-validation</key><true/>";
  CHECK(refusal_of(folder, signed_program(0x10000, variables)) == is_hardened);
  CHECK(refusal_of(folder, signed_program(0x10000, libraries)) == is_hardened);
  CHECK(refusal_of(folder, signed_program(0x10000, variables + libraries)).empty());
}

TEST_CASE("damaged files for macOS do no harm") {
  const temporary_folder folder;
  const std::string damaged = "is a damaged program, or none";
  CHECK(refusal_of(folder, program(macho_arm64, 0, linker, 1, 1)) == damaged); // an object file
  CHECK(refusal_of(folder, program(macho_arm64, 0, linker, 2)) == damaged);    // fewer commands than it says
  const std::string whole = signed_program(0x10000, "x");
  const std::size_t headers = 32 + linker.size() + 16;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    INFO(size);
    const std::string why = refusal_of(folder, whole.substr(0, size));
    CHECK((size < 4 ? why == "no program" : size < headers ? why != "" : why.empty() || why == is_hardened));
  }
  std::string endless = program(macho_arm64, 0, linker, 1);
  endless.replace(36, 4, little(0)); // a command of no length
  CHECK(refusal_of(folder, endless) == damaged);
}

TEST_CASE("what comes with macOS lies in certain folders") {
  for (const char* path : {"/bin/ls", "/sbin/mount", "/usr/bin/true", "/usr/libexec/x", "/System/Library/x"}) {
    CHECK(is_system_path(path));
  }
  for (const char* path : {"/usr/local/bin/x", "/opt/homebrew/bin/x", "/Users/a/bin/ls", "bin/ls", "/binary"}) {
    CHECK_FALSE(is_system_path(path));
  }
}
