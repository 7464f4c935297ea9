// SPDX-License-Identifier: MIT
// Names for call stacks of this process.
#pragma once

#include "spies/symbols/debug_information.hpp"
#include "testing/report/stack_names.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mallocspy::testing_detail {

class own_stack_names : public stack_names {
public:
  using stack_names::stack_names;

protected:
  code_name name_of(const std::string& module, std::uint64_t offset) override;
  std::vector<std::string> lines_of(const std::string& module, std::uint64_t offset, const code_name& name) override;
  bool is_the_sweep(const std::string& function) const override;

private:
  // returns: the address of an offset in a module; null if that is not loaded
  const void* address_of(const std::string& module, std::uint64_t offset);
  spies::debug_information& debug();

  std::map<std::string, std::optional<std::uintptr_t>> m_loaded; // where modules are; nowhere, if one is not
  std::optional<spies::debug_information> m_debug;               // once a line is asked for
};

} // namespace mallocspy::testing_detail
