// SPDX-License-Identifier: MIT
#include "tool/preload/armed_spies.hpp"

#include "spies/memory/text_writer.hpp"
#include "testing/board/damage_codes.hpp"
#include "testing/run/board_stacks.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <mallocspy/spies/chain.hpp>
#include <mallocspy/spies/guard.hpp>
#include <mallocspy/spies/leak_tracker.hpp>
#include <mallocspy/spies/statistics.hpp>
#include <mallocspy/spies/trace.hpp>
#include <mallocspy/task/registration.hpp>
#include <new>
#include <unistd.h>

namespace mallocspy::tool {

namespace {

// A trace has one file; the images that a program starts have their own.
struct trace_path {
  explicit trace_path(session& s) noexcept {
    std::strcpy(text, s.spies.trace);
    std::int32_t nobody = 0;
    if (!s.armed_process.compare_exchange_strong(nobody, ::getpid())) {
      std::size_t length = std::strlen(text);
      text[length++] = '.';
      char digits[12];
      std::size_t count = 0;
      for (auto rest = static_cast<unsigned>(::getpid()); rest != 0; rest /= 10) {
        digits[count++] = static_cast<char>('0' + rest % 10);
      }
      while (count != 0 && length + 1 < sizeof text) {
        text[length++] = digits[--count];
      }
      text[length] = '\0';
    }
  }
  char text[sizeof(run_spies::trace) + 16];
};

const char* own_name() noexcept {
#if defined(__APPLE__)
  return ::getprogname();
#else
  return program_invocation_short_name;
#endif
}

leak_options leaks_with(const run_spies& asked) noexcept {
  leak_options options;
  options.depth = asked.depth;
  options.recording = asked.leaks;
  return options;
}

session* noted_in = nullptr;
testing_detail::board_stacks noted_stacks;

misuse_action note_finding(const guard_finding& finding) {
  const std::uint32_t n = noted_in->damages.fetch_add(1);
  if (n < session::most_damages) {
    damage_record& d = noted_in->damage[n];
    d.code = testing_detail::damage_code(finding.fault);
    d.process = ::getpid();
    d.allocated = noted_stacks.number_of(finding.allocated);
    d.freed = noted_stacks.number_of(finding.freed);
    d.size = finding.size;
    d.offset = finding.offset;
    std::strncpy(d.found_at, finding.found_at, sizeof d.found_at - 1);
    d.complete.store(true);
  }
  return misuse_action::go_on;
}

guard_options guard_with(const run_spies& asked) noexcept {
  guard_options options;
  options.handler = note_finding;
  options.stack_depth = asked.depth;
  return options;
}

// Never destroyed: the program's last destructors allocate, too. Only the spies that are asked for are made and called.
struct armed_spies {
  attached_session attached;
  pid_t process = ::getpid();
  alignas(leak_tracker) unsigned char leaks_room[sizeof(leak_tracker)];
  alignas(guard) unsigned char guard_room[sizeof(guard)];
  alignas(statistics) unsigned char statistics_room[sizeof(statistics)];
  alignas(trace) unsigned char trace_room[sizeof(trace)];
  alignas(chain) unsigned char chain_room[sizeof(chain)];
  leak_tracker* leaks = nullptr;
  guard* damage = nullptr;
  statistics* counts = nullptr;
  trace* events = nullptr;

  explicit armed_spies(const attached_session& a) : attached(a) {
    const run_spies& asked = a.shared->spies;
    if (asked.statistics) {
      counts = new (static_cast<void*>(statistics_room)) statistics;
    }
    if (asked.events) {
      const trace_path path(*a.shared);
      events = new (static_cast<void*>(trace_room)) trace(path.text);
    }
    if (asked.leaks) {
      leaks = new (static_cast<void*>(leaks_room)) leak_tracker(leaks_with(asked));
    }
    if (asked.guard) {
      noted_in = a.shared;
      noted_stacks.attach(&a.shared->board);
      damage = new (static_cast<void*>(guard_room)) guard(guard_with(asked));
    }
  }

  // returns: the one spy, or all as one
  IMallocSpy* all() {
    IMallocSpy* spies[4] = {};
    std::size_t count = 0;
    for (IMallocSpy* spy : std::initializer_list<IMallocSpy*>{counts, events, leaks, damage}) {
      if (spy != nullptr) {
        spies[count++] = spy;
      }
    }
    void* room = chain_room;
    switch (count) {
    case 0:
      return nullptr;
    case 1:
      return spies[0];
    case 2:
      return new (room) chain{spies[0], spies[1]};
    case 3:
      return new (room) chain{spies[0], spies[1], spies[2]};
    default:
      return new (room) chain{spies[0], spies[1], spies[2], spies[3]};
    }
  }
};

armed_spies* armed = nullptr;

} // namespace

bool begin_spies(const attached_session& attached) noexcept {
  alignas(armed_spies) static unsigned char room[sizeof(armed_spies)];
  armed = new (static_cast<void*>(room)) armed_spies(attached);
  IMallocSpy* spies = armed->all();
  return spies != nullptr && SUCCEEDED(CoRegisterMallocSpy(spies));
}

void end_spies() noexcept {
  if (armed == nullptr || armed->process != ::getpid()) {
    return; // ended before, or a child by vfork
  }
  armed->process = 0;
  session& s = *armed->attached.shared;
  const int file = armed->attached.open(report_file, O_WRONLY | O_APPEND | O_CREAT);
  spies::text_writer out(file);
  out.text("== process ").number(static_cast<std::uint64_t>(::getpid())).text(": ").text(own_name()).text("\n");
  out.flush();
  if (armed->leaks != nullptr) {
    const leak_report report = armed->leaks->report();
    report.print(file, s.spies.all_blocks);
  }
  if (armed->damage != nullptr) {
    armed->damage->check_all();
    const std::size_t damages = armed->damage->findings();
    out.text("damage: ").number(damages).text(damages == 1 ? " finding\n" : " findings\n");
    out.flush();
  }
  if (armed->counts != nullptr) {
    out.text(armed->counts->report().c_str());
    out.flush();
  }
  if (armed->events != nullptr) {
    armed->events->flush();
    out.text("trace: ").number(armed->events->events()).text(" events, ").number(armed->events->dropped()).text(" lost\n");
    out.flush();
  }
  if (file >= 0) {
    ::close(file);
  }
  s.ended.store(1);
}

void spies_after_fork() noexcept {
  if (armed != nullptr && armed->process != 0) {
    armed->process = ::getpid();
  }
}

} // namespace mallocspy::tool
