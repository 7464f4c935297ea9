// SPDX-License-Identifier: MIT
#include "tool/symbols/module_names.hpp"

#include "tool/symbols/symbol_source.hpp"

#include <cstdlib>
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>

namespace mallocspy::tool {

namespace {

struct release {
  void operator()(Dwfl* session) const noexcept {
    ::dwfl_end(session);
  }
  void operator()(Dwarf_Die* scopes) const noexcept {
    std::free(scopes);
  }
};

std::string base_name(const char* path) {
  const std::string whole = path == nullptr ? "" : path;
  return whole.substr(whole.rfind('/') + 1);
}

// Scopes, innermost first, in memory that libdw has from malloc.
struct scope_list {
  std::unique_ptr<Dwarf_Die, release> first;
  int count = 0;

  Dwarf_Die* begin() const noexcept {
    return first.get();
  }
  Dwarf_Die* end() const noexcept {
    return first.get() + (count < 0 ? 0 : count);
  }
};

class dwfl_names final : public module_names {
public:
  dwfl_names(std::unique_ptr<Dwfl, release> session, Dwfl_Module* module) noexcept
      : m_session(std::move(session)), m_module(module) {}

  code_names at(std::uint64_t address) override {
    code_names names;
    GElf_Addr bias = 0;
    if (::dwfl_module_getelf(m_module, &bias) == nullptr) {
      return names;
    }
    const Dwarf_Addr pc = address + bias;
    GElf_Off offset = 0;
    GElf_Sym symbol{};
    const char* name = ::dwfl_module_addrinfo(m_module, pc, &offset, &symbol, nullptr, nullptr, nullptr);
    names.symbol = name == nullptr ? "" : name;
    Dwarf_Addr unit_bias = 0;
    Dwarf_Die* unit = unit_at(pc, unit_bias);
    if (unit != nullptr) {
      names.place = place_at(unit, pc - unit_bias);
      names.inlined = inlined_at(unit, pc - unit_bias);
    }
    return names;
  }

private:
  // Compilers that write no table of their units' addresses (clang) leave the long way only.
  Dwarf_Die* unit_at(Dwarf_Addr pc, Dwarf_Addr& bias) noexcept {
    Dwarf_Die* unit = ::dwfl_module_addrdie(m_module, pc, &bias);
    if (unit != nullptr) {
      return unit;
    }
    while ((unit = ::dwfl_module_nextcu(m_module, unit, &bias)) != nullptr && ::dwarf_haspc(unit, pc - bias) != 1) {
    }
    return unit;
  }

  static source_place place_at(Dwarf_Die* unit, Dwarf_Addr pc) {
    source_place place;
    Dwarf_Line* line = ::dwarf_getsrc_die(unit, pc);
    if (line != nullptr) {
      place.file = base_name(::dwarf_linesrc(line, nullptr, nullptr));
      ::dwarf_lineno(line, &place.line);
    }
    return place;
  }

  static std::vector<code_names::inlined_call> inlined_at(Dwarf_Die* unit, Dwarf_Addr pc) {
    std::vector<code_names::inlined_call> calls;
    // The scopes of an address end in those of the inlined function's source; what is around the place where it was put are
    // the scopes of the innermost one.
    for (Dwarf_Die& scope : around(innermost(unit, pc))) {
      const int tag = ::dwarf_tag(&scope);
      if (tag == DW_TAG_subprogram) {
        break;
      }
      if (tag == DW_TAG_inlined_subroutine) {
        calls.push_back({name_of_function(scope), called_at(unit, scope)});
      }
    }
    return calls;
  }

  static scope_list innermost(Dwarf_Die* unit, Dwarf_Addr pc) noexcept {
    Dwarf_Die* scopes = nullptr;
    const int count = ::dwarf_getscopes(unit, pc, &scopes);
    return {std::unique_ptr<Dwarf_Die, release>(scopes), count};
  }

  static scope_list around(const scope_list& scopes) noexcept {
    if (scopes.begin() == scopes.end()) {
      return {};
    }
    Dwarf_Die* found = nullptr;
    const int count = ::dwarf_getscopes_die(scopes.begin(), &found);
    return {std::unique_ptr<Dwarf_Die, release>(found), count};
  }

  static std::string name_of_function(Dwarf_Die& scope) {
    Dwarf_Attribute attribute{};
    const char* name = nullptr;
    for (const unsigned kind : {DW_AT_linkage_name, DW_AT_MIPS_linkage_name}) {
      if (name == nullptr) {
        name = ::dwarf_formstring(::dwarf_attr_integrate(&scope, kind, &attribute));
      }
    }
    name = name == nullptr ? ::dwarf_diename(&scope) : name;
    return name == nullptr ? "" : name;
  }

  static source_place called_at(Dwarf_Die* unit, Dwarf_Die& scope) {
    source_place place;
    Dwarf_Attribute attribute{};
    Dwarf_Word number = 0;
    Dwarf_Files* files = nullptr;
    std::size_t count = 0;
    if (::dwarf_formudata(::dwarf_attr(&scope, DW_AT_call_file, &attribute), &number) == 0 &&
        ::dwarf_getsrcfiles(unit, &files, &count) == 0 && number < count) {
      place.file = base_name(::dwarf_filesrc(files, number, nullptr, nullptr));
    }
    if (::dwarf_formudata(::dwarf_attr(&scope, DW_AT_call_line, &attribute), &number) == 0) {
      place.line = static_cast<int>(number);
    }
    return place;
  }

  std::unique_ptr<Dwfl, release> m_session;
  Dwfl_Module* m_module;
};

} // namespace

std::unique_ptr<module_names> open_module(const std::string& path) {
  ::unsetenv("DEBUGINFOD_URLS"); // a report does not wait for a network
  static char* no_path = nullptr;
  static const Dwfl_Callbacks callbacks = {::dwfl_build_id_find_elf, ::dwfl_standard_find_debuginfo,
                                           ::dwfl_offline_section_address, &no_path};
  std::unique_ptr<Dwfl, release> session(::dwfl_begin(&callbacks));
  if (session == nullptr) {
    return nullptr;
  }
  Dwfl_Module* module = ::dwfl_report_offline(session.get(), path.c_str(), path.c_str(), -1);
  ::dwfl_report_end(session.get(), nullptr, nullptr);
  return module == nullptr ? nullptr : std::make_unique<dwfl_names>(std::move(session), module);
}

bool knows_symbols() noexcept {
  return true;
}

} // namespace mallocspy::tool
