// SPDX-License-Identifier: MIT
#include "testing/report/frame_globs.hpp"

#include <cstring>
#include <fnmatch.h>

namespace mallocspy::testing_detail {

namespace {

// "ns::f(int) const (file.c:12)" is also called "ns::f". An operator() keeps its name.
std::string without_arguments(const std::string& function) {
  const char* call = "operator()";
  const std::size_t named = function.find(call);
  const std::size_t from = named == std::string::npos ? 1 : named + std::strlen(call);
  std::size_t end = from > function.size() ? std::string::npos : function.find('(', from);
  while (end != std::string::npos && end > 1 && function[end - 1] == ' ') {
    --end;
  }
  return function.substr(0, end);
}

// "ns::f(int) (file.c:12)" without the place.
std::string without_place(const std::string& function) {
  return function.substr(0, function.rfind(" ("));
}

} // namespace

bool fits(const std::string& glob, const std::string& text) {
  return ::fnmatch(glob.c_str(), text.c_str(), 0) == 0;
}

bool function_fits(const std::string& glob, const std::string& function) {
  return fits(glob, function) || fits(glob, without_place(function)) || fits(glob, without_arguments(function));
}

bool module_fits(const std::string& glob, const std::string& path) {
  return fits(glob, path.substr(path.rfind('/') + 1));
}

} // namespace mallocspy::testing_detail
