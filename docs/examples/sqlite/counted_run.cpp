// SPDX-License-Identifier: MIT
#include "counted_run.hpp"

#include <mallocspy/mallocspy.hpp>
#include <stdexcept>
#include <utility>

using namespace mallocspy;

counted_run run_counted(const std::filesystem::path& folder, int orders) {
  const spy_ref<statistics> spy = make_spy<statistics>(); // it stays for as long as its blocks do
  const scoped_spy registration(spy.get());
  if (!registration) {
    throw std::runtime_error("the spy cannot be registered");
  }
  const std::filesystem::path file = folder / "shop.db";
  outcome result = run_workload(file, orders);
  std::filesystem::remove(file);
  return {std::move(result), spy->counts(), spy->peak()};
}
