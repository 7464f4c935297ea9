// SPDX-License-Identifier: MIT
#include "counted_run.hpp"

#include <memory>
#include <stdexcept>

using namespace mallocspy;

counted_run run_counted(const std::filesystem::path& folder, int orders) {
  auto spy = std::make_unique<counting_spy>();
  scoped_spy registration(spy.get());
  if (!registration) {
    throw std::runtime_error("the counting spy cannot be registered");
  }
  const std::filesystem::path file = folder / "shop.db";
  const outcome result = run_workload(file, orders);
  std::filesystem::remove(file);
  const counted_run run{result, spy->seen()};
  if (registration.revoke() == E_ACCESSDENIED) {
    (void)spy.release(); // it stays for as long as its blocks do
  }
  return run;
}
