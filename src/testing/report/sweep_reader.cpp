// SPDX-License-Identifier: MIT
#include "testing/report/signal_name.hpp"
#include "testing/report/sweep_json.hpp"

#include <istream>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace mallocspy::testing_detail {

namespace {

using nlohmann::json;

// What a value must be, in words for messages; null if it is.
const char* unlike(const json& value, const std::string&) {
  return value.is_string() ? nullptr : "a string";
}
const char* unlike(const json& value, const bool&) {
  return value.is_boolean() ? nullptr : "true or false";
}
const char* unlike(const json& value, const double&) {
  return value.is_number() ? nullptr : "a number";
}
const char* unlike(const json& value, const std::uint64_t&) {
  return value.is_number_unsigned() ? nullptr : "a whole number from 0 up";
}
const char* unlike(const json& value, const std::vector<std::string>&) {
  bool strings = value.is_array();
  for (std::size_t i = 0; strings && i < value.size(); ++i) {
    strings = value[i].is_string();
  }
  return strings ? nullptr : "a list of strings";
}

enum class need : bool { optional, required };

class reader {
public:
  explicit reader(const std::string& name) : m_name(name) {}

  sweep_result read(const std::string& text) const {
    const json report = json::parse(text, nullptr, false);
    if (report.is_discarded()) {
      fail(text.empty() ? "is empty" : "is no JSON, or ends in the middle");
    }
    if (!report.is_object() || report.count("schema") == 0 || report.count("points") == 0) {
      fail("is no report of a sweep");
    }
    if (report["schema"] != sweep_schema) {
      fail("has schema " + report["schema"].dump() + "; this program reads schema " + std::to_string(sweep_schema));
    }
    sweep_result result;
    read_totals(report, result);
    read_points(report["points"], result.points);
    result.findings = findings(report, "findings", need::required);
    result.unconfirmed = findings(report, "unconfirmed", need::optional);
    result.suppressed = findings(report, "suppressed", need::optional);
    read_verdicts(report, result);
    return result;
  }

private:
  [[noreturn]] void fail(const std::string& what) const {
    throw std::runtime_error(m_name + ": " + what);
  }

  template <class T> void get(const json& object, const char* key, T& target, need wanted = need::optional) const {
    const auto found = object.find(key);
    if (found == object.end()) {
      if (wanted == need::required) {
        fail(std::string("is no report of a sweep: \"") + key + "\" is missing");
      }
      return;
    }
    const char* should_be = unlike(*found, target);
    if (should_be != nullptr) {
      fail(std::string("is no report of a sweep: \"") + key + "\" should be " + should_be);
    }
    target = found->get<T>();
  }

  template <class Named> Named named(const json& object, const char* key, Named last) const {
    std::string text;
    get(object, key, text, need::required);
    for (std::size_t i = 0; i <= static_cast<std::size_t>(last); ++i) {
      if (text == name_of(static_cast<Named>(i))) {
        return static_cast<Named>(i);
      }
    }
    fail(std::string("is no report of a sweep: \"") + key + "\" is \"" + text + "\"");
  }

  void read_totals(const json& report, sweep_result& result) const {
    get(report, "target", result.target);
    get(report, "program", result.program);
    get(report, "complete", result.complete);
    get(report, "stopped", result.stopped);
    get(report, "shard", result.shard);
    result.mode = named(report, "mode", sweep_mode::budget);
    get(report, "allocations", result.allocations, need::required);
    get(report, "injected", result.injected);
    get(report, "snapshots", result.snapshots);
    get(report, "replays", result.replays);
    get(report, "never_fired", result.never_fired);
    get(report, "nondeterministic", result.nondeterministic);
    get(report, "drift", result.drift);
    get(report, "unsafe", result.unsafe);
    get(report, "error", result.error);
    get(report, "seconds", result.seconds);
  }

  const json& element(const json& one, const char* of) const {
    if (!one.is_object()) {
      fail(std::string("is no report of a sweep: \"") + of + "\" should be a list of objects");
    }
    return one;
  }

  void read_points(const json& list, std::vector<sweep_point>& points) const {
    for (const json& one : list) {
      sweep_point point;
      get(element(one, "points"), "n", point.n, need::required);
      get(one, "stack_id", point.stack_id, need::required);
      point.what = named(one, "verdict", verdict::tolerated);
      get(one, "occurrence", point.occurrence);
      get(one, "size", point.size);
      get(one, "replayed", point.replayed);
      get(one, "allocated_again", point.allocated_again);
      points.push_back(std::move(point));
    }
  }

  std::vector<sweep_finding> findings(const json& report, const char* key, need wanted) const {
    std::vector<sweep_finding> found;
    const auto list = report.find(key);
    if (list == report.end() && wanted == need::required) {
      fail(std::string("is no report of a sweep: \"") + key + "\" is missing");
    }
    for (const json& one : list == report.end() ? json::array() : *list) {
      sweep_finding finding;
      finding.what = named(element(one, key), "verdict", verdict::tolerated);
      get(one, "allocation", finding.allocation, need::required);
      get(one, "stack_id", finding.stack_id, need::required);
      get(one, "occurrence", finding.occurrence);
      finding.points = 1;
      get(one, "points", finding.points);
      get(one, "confirmed", finding.confirmed);
      get(one, "error_text", finding.error_text);
      get(one, "detail", finding.detail);
      get(one, "stack", finding.stack);
      get(one, "other", finding.other);
      get(one, "replay", finding.replay);
      std::string signal;
      get(one, "signal", signal);
      finding.signal = signal_number(signal);
      found.push_back(std::move(finding));
    }
    return found;
  }

  void read_verdicts(const json& report, sweep_result& result) const {
    const auto counts = report.find("verdicts");
    if (counts == report.end()) {
      count_verdicts(result);
      return;
    }
    for (std::size_t i = 0; i < verdict_count; ++i) {
      get(element(*counts, "verdicts"), name_of(static_cast<verdict>(i)), result.verdicts[i]);
    }
  }

  const std::string& m_name;
};

} // namespace

void count_verdicts(sweep_result& result) noexcept {
  result.verdicts = {};
  for (const sweep_point& point : result.points) {
    ++result.verdicts[static_cast<std::size_t>(point.what)];
  }
}

sweep_result read_sweep(const std::string& text, const std::string& name) {
  return reader(name).read(text);
}

sweep_result read_sweep(std::istream& in, const std::string& name) {
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (in.bad()) {
    throw std::runtime_error(name + ": cannot be read");
  }
  return read_sweep(text, name);
}

} // namespace mallocspy::testing_detail
