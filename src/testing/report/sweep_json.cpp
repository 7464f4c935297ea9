// SPDX-License-Identifier: MIT
#include "testing/report/sweep_json.hpp"

#include "testing/report/signal_name.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

namespace mallocspy {

namespace testing_detail {

namespace {

using json = nlohmann::ordered_json;

json as_json(const std::array<std::uint64_t, verdict_count>& verdicts) {
  json object = json::object();
  for (std::size_t i = 0; i < verdict_count; ++i) {
    object[name_of(static_cast<verdict>(i))] = verdicts[i];
  }
  return object;
}

json as_json(const std::vector<sweep_point>& points) {
  json list = json::array();
  for (const sweep_point& point : points) {
    json object = {{"n", point.n},
                   {"stack_id", point.stack_id},
                   {"verdict", name_of(point.what)},
                   {"occurrence", point.occurrence},
                   {"size", point.size}};
    if (point.replayed) {
      object["replayed"] = true;
    }
    if (point.allocated_again != 0) {
      object["allocated_again"] = point.allocated_again;
    }
    list.push_back(std::move(object));
  }
  return list;
}

json as_json(const std::vector<sweep_finding>& findings) {
  json list = json::array();
  for (const sweep_finding& finding : findings) {
    json object = {
        {"verdict", name_of(finding.what)}, {"allocation", finding.allocation}, {"occurrence", finding.occurrence},
        {"points", finding.points},         {"stack_id", finding.stack_id},     {"confirmed", finding.confirmed},
        {"detail", finding.detail},         {"stack", finding.stack},           {"other", finding.other},
        {"error_text", finding.error_text}, {"replay", finding.replay}};
    if (finding.signal != 0) {
      object["signal"] = signal_name(finding.signal);
    }
    list.push_back(std::move(object));
  }
  return list;
}

std::string dumped(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

// A line for each element, so that reports can be compared line by line.
std::string laid_out(const json& value) {
  if (!value.is_array() || value.empty() || !value.front().is_object()) {
    return dumped(value);
  }
  std::string text;
  for (const json& element : value) {
    text += text.empty() ? "[\n  " : ",\n  ";
    text += dumped(element);
  }
  return text + "\n ]";
}

} // namespace

std::string write_sweep(const sweep_result& result) {
  const json report = {{"schema", sweep_schema},
                       {"target", result.target},
                       {"program", result.program},
                       {"complete", result.complete},
                       {"stopped", result.stopped},
                       {"shard", result.shard},
                       {"mode", name_of(result.mode)},
                       {"allocations", result.allocations},
                       {"injected", result.injected},
                       {"snapshots", result.snapshots},
                       {"replays", result.replays},
                       {"never_fired", result.never_fired},
                       {"nondeterministic", result.nondeterministic},
                       {"drift", result.drift},
                       {"unsafe", result.unsafe},
                       {"error", result.error},
                       {"seconds", std::isfinite(result.seconds) ? result.seconds : 0.0},
                       {"verdicts", as_json(result.verdicts)},
                       {"points", as_json(result.points)},
                       {"findings", as_json(result.findings)},
                       {"unconfirmed", as_json(result.unconfirmed)},
                       {"suppressed", as_json(result.suppressed)}};
  std::string text;
  for (const auto& [key, value] : report.items()) {
    text += text.empty() ? "{" : ",\n ";
    text += dumped(key) + ": " + laid_out(value);
  }
  return text + "}\n";
}

} // namespace testing_detail

std::string sweep_result::json() const {
  return testing_detail::write_sweep(*this);
}

} // namespace mallocspy
