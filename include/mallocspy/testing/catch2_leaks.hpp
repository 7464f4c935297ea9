// SPDX-License-Identifier: MIT
// A listener for Catch2, version 2.13 or 3, that lets each test case fail that loses blocks of the task allocator.
// Including this header in one source file of a test program registers it; with version 2 before any other header of
// Catch2.
//
// A block is lost if the test's thread allocated it, nobody freed it, and the program cannot reach it any more
// (leak_report.hpp): caches and other lazy state are none, and Catch2's own blocks are none. The failure stands at file and
// line of the first lost block's allocation, in the test case. Each run of a test case with sections is looked at by
// itself. While a test runs, the spies of the testing layer are registered, so it cannot register its own. source: ours
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#if defined(TWOBLUECUBES_SINGLE_INCLUDE_CATCH_HPP_INCLUDED) && !defined(CATCH_CONFIG_EXTERNAL_INTERFACES)
#error "include <mallocspy/testing/catch2_leaks.hpp> before <catch2/catch.hpp>"
#endif
#ifndef CATCH_CONFIG_EXTERNAL_INTERFACES
#define CATCH_CONFIG_EXTERNAL_INTERFACES
#endif
#include <catch2/catch.hpp>
#endif

#include <mallocspy/testing/framework_glue.hpp>
#include <set>
#include <string>

namespace mallocspy::catch2_detail {

#if __has_include(<catch2/catch_all.hpp>)
using listener_base = Catch::EventListenerBase;
#else
using listener_base = Catch::TestEventListenerBase;
#endif

class leak_listener : public listener_base {
public:
  using listener_base::listener_base;

  // The outermost section is the run of a test case.
  void sectionStarting(const Catch::SectionInfo& section) override {
    listener_base::sectionStarting(section);
    if (m_depth++ == 0) {
      m_check.begin("Catch", section.lineInfo.file, static_cast<int>(section.lineInfo.line));
    }
  }

  void sectionEnded(const Catch::SectionStats& section) override {
    if (--m_depth == 0) {
      // Here a failed assertion still belongs to the test case.
      m_check.end([](const char* file, int line, const std::string& text) {
        static std::set<std::string> files; // Catch2 keeps the pointer
        const Catch::SourceLineInfo place(files.insert(file).first->c_str(), static_cast<std::size_t>(line));
        Catch::AssertionHandler handler(Catch::StringRef("CHECK_NO_LEAK"), place, Catch::StringRef(),
                                        Catch::ResultDisposition::ContinueOnFailure);
        handler.handleMessage(Catch::ResultWas::ExplicitFailure, std::string(text));
        handler.complete();
      });
    }
    listener_base::sectionEnded(section);
  }

private:
  testing_detail::leak_check m_check;
  int m_depth = 0;
};

} // namespace mallocspy::catch2_detail

using mallocspy_leak_listener = mallocspy::catch2_detail::leak_listener; // the macro makes names from it
CATCH_REGISTER_LISTENER(mallocspy_leak_listener)
