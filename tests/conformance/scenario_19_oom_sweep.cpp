// SPDX-License-Identifier: MIT
#include "conformance/scenario.hpp"
#include "support/pattern.hpp"
#include "support/refusing_spy.hpp"

using namespace conformance;
using support::fill;
using support::holds;
using support::refusing_spy;

namespace {

// A table of records, both in memory of the subject. It is built record by record, growing as it goes.
class table {
public:
  explicit table(subject& s) : m_subject(s) {}
  table(const table&) = delete;
  table& operator=(const table&) = delete;
  ~table() {
    for (std::size_t i = 0; i < m_count; ++i) {
      m_subject.Free(m_records[i]);
    }
    m_subject.Free(m_records);
  }

  // returns: false without memory; the table is as it was then
  bool append() {
    void* grown = m_subject.Realloc(m_records, (m_count + 1) * sizeof(void*));
    if (grown == nullptr) {
      return false;
    }
    m_records = static_cast<void**>(grown);
    void* record = m_subject.Alloc(size_of(m_count));
    if (record == nullptr) {
      return false;
    }
    fill(record, size_of(m_count), m_count);
    m_records[m_count++] = record;
    return true;
  }

  // effects: makes the record nine times as long. returns: false without memory
  bool lengthen(std::size_t i) {
    void* longer = m_subject.Realloc(m_records[i], 9 * size_of(i));
    m_records[i] = longer == nullptr ? m_records[i] : longer;
    return longer != nullptr;
  }

  bool intact() const {
    for (std::size_t i = 0; i < m_count; ++i) {
      if (!holds(m_records[i], size_of(i), i)) {
        return false;
      }
    }
    return true;
  }

private:
  static std::size_t size_of(std::size_t i) {
    return 27 + 53 * i;
  }

  subject& m_subject;
  void** m_records = nullptr;
  std::size_t m_count = 0;
};

constexpr std::size_t records = 9;
constexpr std::size_t requests_in_all = 3 * records;

enum class outcome { done, no_memory, damaged };

outcome workload(subject& s) {
  table t(s);
  bool enough = true;
  for (std::size_t i = 0; i < records && enough; ++i) {
    enough = t.append() && t.lengthen(i);
  }
  if (!t.intact()) {
    return outcome::damaged;
  }
  return enough ? outcome::done : outcome::no_memory;
}

} // namespace

TEST_CASE("scenario 19: OOM sweep") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies)) {
    return;
  }
  const refusing_spy::way way = GENERATE(refusing_spy::way::refuse, refusing_spy::way::exhaust);
  const SIZE_T header = GENERATE(as<SIZE_T>{}, 0, 16);
  const bool counts = s.can(ability::counts_blocks);
  const std::size_t before = counts ? s.live_blocks() : 0;

  for (std::size_t k = 1; k <= requests_in_all + 1; ++k) {
    CAPTURE(k, header, static_cast<int>(way));
    const auto spy = make_ref<refusing_spy>(header, k, way);
    REQUIRE(s.register_spy(spy.get()) == S_OK);
    const outcome result = workload(s);
    CHECK(result == (k <= requests_in_all ? outcome::no_memory : outcome::done));
    CHECK(spy->requests() == (k <= requests_in_all ? k : requests_in_all)); // the first failure ends the work
    REQUIRE(s.revoke_spy() == S_OK);                                        // nothing is spied any more
    CHECK(spy->raw_blocks().count(nullptr) == (way == refusing_spy::way::exhaust && k <= requests_in_all ? 1 : 0));
    for (void* raw : spy->raw_blocks()) {
      CHECK(s.DidAlloc(raw) == (raw == nullptr ? -1 : 0));
    }
    if (counts) {
      CHECK(s.live_blocks() == before);
    }
  }
}
