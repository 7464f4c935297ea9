// SPDX-License-Identifier: MIT
// Wine's defect 1: whether a spy is registered must be decided once, under the lock. Threads work while another one
// registers and revokes; checking_spy counts what it is promised and does not get.
#include "conformance/scenario.hpp"
#include "support/barrier.hpp"
#include "support/checking_spy.hpp"
#include "support/pattern.hpp"

#include <atomic>
#include <random>
#include <thread>
#include <vector>

using namespace conformance;
using support::checking_spy;

namespace {

constexpr std::size_t worker_count = 8;

// A thread that works on a few blocks of its own, and checks what it gets. Catch2's assertions are not for threads.
class worker {
public:
  worker(subject& s, std::size_t number) : m_subject(s), m_random(static_cast<std::uint32_t>(20 + number)) {}

  // effects: a number of random operations; in the end all blocks are free
  void burst(int operations) {
    for (int i = 0; i < operations; ++i) {
      block& b = m_blocks[m_random() % block_count];
      if (b.p == nullptr) {
        allocate(b);
      } else {
        use(b);
      }
      if (m_random() % 4 == 0) {
        std::this_thread::yield(); // between calls, so that the others get in
      }
    }
    for (block& b : m_blocks) {
      release(b);
    }
  }

  unsigned faults() const noexcept {
    return m_faults;
  }

private:
  struct block {
    void* p = nullptr;
    SIZE_T size = 0;
    std::size_t key = 0;
  };
  static constexpr std::size_t block_count = 6;

  void expect(bool good) {
    m_faults += good ? 0 : 1;
  }

  void allocate(block& b) {
    const SIZE_T size = m_random() % 300;
    void* p = m_random() % 4 == 0 ? m_subject.Realloc(nullptr, size) : m_subject.Alloc(size);
    if (p == nullptr) {
      return; // the spy refused
    }
    b = {p, size, m_random()};
    support::fill(p, size, b.key);
  }

  void use(block& b) {
    switch (m_random() % 5) {
    case 0:
      expect(m_subject.GetSize(b.p) == b.size);
      break;
    case 1:
      expect(m_subject.DidAlloc(b.p) == 1);
      break;
    case 2:
    case 3:
      resize(b, 1 + m_random() % 2000);
      break;
    default:
      release(b);
    }
  }

  void resize(block& b, SIZE_T size) {
    void* p = m_subject.Realloc(b.p, size);
    const SIZE_T kept = p == nullptr || b.size < size ? b.size : size;
    b.p = p == nullptr ? b.p : p;
    expect(support::holds(b.p, kept, b.key));
    if (p != nullptr) {
      support::fill(p, size, b.key, kept);
      b.size = size;
    }
  }

  void release(block& b) {
    if (b.p != nullptr) {
      expect(support::holds(b.p, b.size, b.key));
      if (m_random() % 4 == 0) {
        expect(m_subject.Realloc(b.p, 0) == nullptr);
      } else {
        m_subject.Free(b.p);
      }
    }
    b = {};
  }

  subject& m_subject;
  std::mt19937 m_random;
  block m_blocks[block_count];
  unsigned m_faults = 0;
};

// What a loop of Register and Revoke got for answers.
struct answers {
  std::atomic<unsigned long> registered{0};
  std::atomic<unsigned long> revoked{0};
  std::atomic<unsigned long> pending{0};
  std::atomic<unsigned long> unexpected{0};
};

// effects: one Register and one Revoke, with the two spies in turn
void come_and_go(subject& s, IMallocSpy* const (&spies)[2], answers& got) {
  const HRESULT in = s.register_spy(spies[got.registered % 2]);
  got.registered += in == S_OK ? 1 : 0;
  got.unexpected += in == S_OK || in == CO_E_OBJISREG ? 0 : 1;
  std::this_thread::yield();
  const HRESULT out = s.revoke_spy();
  got.revoked += out == S_OK ? 1 : 0;
  got.pending += out == E_ACCESSDENIED ? 1 : 0;
  got.unexpected += out == S_OK || out == E_ACCESSDENIED || out == CO_E_OBJNOTREG ? 0 : 1;
}

void check_all_was_well(const checking_spy& first, const checking_spy& second) {
  for (const checking_spy* spy : {&first, &second}) {
    CHECK(spy->references() == 1);
    CHECK(spy->breaches() == 0);
  }
  CHECK(first.operations() + second.operations() > 0);
}

} // namespace

TEST_CASE("scenario 20: concurrency") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies)) {
    return;
  }
  const bool counts = s.can(ability::counts_blocks);
  const std::size_t before = counts ? s.live_blocks() : 0;
  const ref<checking_spy> first = make_ref<checking_spy>(13U);
  const ref<checking_spy> second = make_ref<checking_spy>(0U);
  IMallocSpy* const spies[2] = {first.get(), second.get()};

  // In rounds, since a revocation completes only when no thread holds a spied block. As many as it takes until the
  // registrar has met all cases; some hundred as a rule.
  constexpr int enough_rounds = 300;
  constexpr int most_rounds = 30000;
  constexpr unsigned long enough_answers = 20;
  support::barrier meeting(worker_count + 1);
  std::atomic<bool> working{true};
  std::atomic<unsigned> faults{0};
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < worker_count; ++i) {
    threads.emplace_back([&, i] {
      worker w(s, i);
      while (working) {
        w.burst(40);
        meeting.arrive_and_wait(); // all have freed all
        meeting.arrive_and_wait(); // it is decided whether to go on
      }
      faults += w.faults();
    });
  }
  answers got;
  std::atomic<bool> registering{true};
  std::thread registrar([&] {
    while (registering) {
      come_and_go(s, spies, got);
    }
  });
  for (int round = 1; working; ++round) {
    meeting.arrive_and_wait();
    const bool enough = got.registered >= enough_answers && got.pending >= enough_answers;
    working = round < most_rounds && (round < enough_rounds || !enough);
    meeting.arrive_and_wait();
  }
  for (std::thread& t : threads) {
    t.join();
  }
  registering = false;
  registrar.join();

  const HRESULT last = s.revoke_spy();
  CHECK((last == S_OK || last == CO_E_OBJNOTREG));
  CHECK(faults == 0);
  CHECK(got.unexpected == 0);
  CHECK(got.registered >= enough_answers);
  CHECK(got.pending >= enough_answers);
  check_all_was_well(*first, *second);
  if (counts) {
    CHECK(s.live_blocks() == before);
  }
}

// Here nothing is ever spied: every revocation succeeds at once, in the middle of whatever the threads do. A call that
// waited for the lock and finds the spy gone must be served as if there had never been one.
TEST_CASE("scenario 20: spies come and go between the calls of threads that only ask") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies)) {
    return;
  }
  const bool counts = s.can(ability::counts_blocks);
  const std::size_t before = counts ? s.live_blocks() : 0;
  const ref<checking_spy> first = make_ref<checking_spy>(1U); // refuses everything
  const ref<checking_spy> second = make_ref<checking_spy>(1U);
  IMallocSpy* const spies[2] = {first.get(), second.get()};
  void* shared = s.Alloc(53);

  // Until the threads have met spies often enough, whoever gets the processors.
  constexpr unsigned long enough_registrations = 5000;
  constexpr unsigned long most_registrations = 2000000;
  constexpr unsigned long enough_refusals = 2000;
  std::atomic<bool> working{true};
  std::atomic<unsigned> faults{0};
  std::atomic<unsigned long> refused{0};
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      while (working) {
        faults += s.GetSize(shared) == 53 ? 0 : 1;
        faults += s.DidAlloc(shared) == 1 ? 0 : 1;
        void* p = s.Alloc(27); // null under a spy, unspied without
        if (p == nullptr) {
          ++refused;
          continue;
        }
        void* longer = s.Realloc(p, 119);
        refused += longer == nullptr ? 1 : 0;
        std::this_thread::yield(); // so that a spy may have come before Free
        s.Free(longer == nullptr ? p : longer);
      }
    });
  }
  answers got;
  while (got.registered < most_registrations && (got.registered < enough_registrations || refused < enough_refusals)) {
    come_and_go(s, spies, got);
  }
  working = false;
  for (std::thread& t : threads) {
    t.join();
  }
  CHECK(refused >= enough_refusals);
  CHECK(refused == first->refusals() + second->refusals()); // null for no other reason
  CHECK(got.revoked == got.registered);                     // none had to wait for anything
  CHECK(got.unexpected == 0);
  CHECK(faults == 0);
  check_all_was_well(*first, *second);
  s.Free(shared);
  if (counts) {
    CHECK(s.live_blocks() == before);
  }
}
