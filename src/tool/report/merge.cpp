// SPDX-License-Identifier: MIT
#include "tool/report/merge.hpp"

#include "testing/report/sweep_json.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>

namespace mallocspy::tool {

namespace {

struct part_number {
  unsigned long first;
  unsigned long of;
};

part_number part_of(const named_sweep& sweep) {
  const std::string& shard = sweep.result.shard;
  const std::size_t slash = shard.find('/');
  if (shard.size() < 20 && slash != std::string::npos && shard.find_first_not_of("0123456789/") == std::string::npos &&
      slash != 0 && slash + 1 != shard.size() && shard.find('/', slash + 1) == std::string::npos) {
    const part_number part{std::stoul(shard), std::stoul(shard.substr(slash + 1))};
    if (part.first >= 1 && part.first <= part.of) {
      return part;
    }
  }
  throw std::runtime_error(sweep.name + ": '" + shard + "' is no part of a sweep");
}

void require_same(const named_sweep& a, const named_sweep& b, bool same, const char* what) {
  if (!same) {
    throw std::runtime_error(a.name + " and " + b.name + " are of different sweeps: the " + what + " differs");
  }
}

void require_one_sweep(const std::vector<named_sweep>& parts) {
  std::map<unsigned long, const named_sweep*> seen;
  const named_sweep& first = parts.front();
  for (const named_sweep& part : parts) {
    const part_number number = part_of(part);
    require_same(first, part, first.result.program == part.result.program && first.result.target == part.result.target,
                 "program");
    require_same(first, part, first.result.mode == part.result.mode, "mode");
    require_same(first, part, first.result.allocations == part.result.allocations, "number of allocations");
    require_same(first, part, part_of(first).of == number.of, "number of parts");
    const auto twice = seen.emplace(number.first, &part);
    if (!twice.second) {
      throw std::runtime_error("part " + part.result.shard + " is there twice: " + twice.first->second->name + " and " +
                               part.name);
    }
  }
}

void merge_points(const std::vector<named_sweep>& parts, std::vector<sweep_point>& points) {
  std::map<std::uint64_t, sweep_point> by_number;
  for (const named_sweep& part : parts) {
    for (const sweep_point& point : part.result.points) {
      sweep_point& known = by_number.emplace(point.n, point).first->second;
      if (known.what == verdict::untested) {
        known = point;
      }
    }
  }
  points.clear();
  for (auto& [number, point] : by_number) {
    points.push_back(std::move(point));
  }
}

void merge_findings(const std::vector<sweep_finding>& more, std::vector<sweep_finding>& all) {
  for (const sweep_finding& finding : more) {
    const auto known = std::find_if(all.begin(), all.end(), [&finding](const sweep_finding& f) {
      return f.what == finding.what && f.stack_id == finding.stack_id;
    });
    if (known == all.end()) {
      all.push_back(finding);
      continue;
    }
    const std::uint64_t points = known->points + finding.points;
    if (finding.allocation < known->allocation) {
      *known = finding;
    }
    known->points = points;
  }
}

void add(std::string& text, const std::string& more) {
  if (!more.empty() && text.find(more) == std::string::npos) {
    text += (text.empty() ? "" : "; ") + more;
  }
}

void sort_findings(std::vector<sweep_finding>& findings) {
  std::stable_sort(findings.begin(), findings.end(), [](const sweep_finding& a, const sweep_finding& b) {
    return a.what != b.what ? a.what < b.what : a.allocation < b.allocation;
  });
}

// Another part may have confirmed what one could not.
void drop_confirmed(const std::vector<sweep_finding>& confirmed, std::vector<sweep_finding>& unconfirmed) {
  const auto is_confirmed = [&confirmed](const sweep_finding& f) {
    return std::any_of(confirmed.begin(), confirmed.end(),
                       [&f](const sweep_finding& c) { return c.what == f.what && c.stack_id == f.stack_id; });
  };
  unconfirmed.erase(std::remove_if(unconfirmed.begin(), unconfirmed.end(), is_confirmed), unconfirmed.end());
}

} // namespace

sweep_result merge_shards(const std::vector<named_sweep>& parts) {
  if (parts.size() == 1) {
    return parts.front().result;
  }
  require_one_sweep(parts);
  sweep_result whole;
  const sweep_result& first = parts.front().result;
  whole.target = first.target;
  whole.program = first.program;
  whole.mode = first.mode;
  whole.allocations = first.allocations;
  whole.complete = true;
  std::set<unsigned long> present;
  for (const named_sweep& part : parts) {
    const sweep_result& r = part.result;
    present.insert(part_of(part).first);
    whole.complete = whole.complete && r.complete;
    add(whole.stopped, r.stopped);
    add(whole.drift, r.drift);
    add(whole.unsafe, r.unsafe);
    add(whole.error, r.error.empty() ? "" : part.name + ": " + r.error);
    whole.injected += r.injected;
    whole.snapshots += r.snapshots;
    whole.replays += r.replays;
    whole.never_fired += r.never_fired;
    whole.nondeterministic = whole.nondeterministic || r.nondeterministic;
    whole.seconds += r.seconds;
    merge_findings(r.findings, whole.findings);
    merge_findings(r.unconfirmed, whole.unconfirmed);
    merge_findings(r.suppressed, whole.suppressed);
  }
  const unsigned long of = part_of(parts.front()).of;
  for (unsigned long i = 1; i <= of; ++i) {
    if (present.count(i) == 0) {
      whole.complete = false;
      add(whole.stopped, "part " + std::to_string(i) + "/" + std::to_string(of) + " is missing");
    }
  }
  merge_points(parts, whole.points);
  testing_detail::count_verdicts(whole);
  drop_confirmed(whole.findings, whole.unconfirmed);
  for (auto* findings : {&whole.findings, &whole.unconfirmed, &whole.suppressed}) {
    sort_findings(*findings);
  }
  return whole;
}

} // namespace mallocspy::tool
