// SPDX-License-Identifier: MIT
// A spy made of the functions that you give it.
#include <algorithm>
#include <cstdio>
#include <mallocspy/mallocspy.hpp>
#include <mallocspy/spies.hpp>

using namespace mallocspy;

int main() {
  SIZE_T largest = 0;
  lambda_spy spy;
  spy.pre_alloc = [&](SIZE_T bytes) {
    largest = std::max(largest, bytes);
    return bytes;
  };
  const scoped_spy registration(&spy);
  CoTaskMemFree(CoTaskMemAlloc(53));
  CoTaskMemFree(CoTaskMemAlloc(119));
  CoTaskMemFree(CoTaskMemAlloc(61));
  std::printf("the largest request was for %zu bytes\n", largest);
  return largest == 119 ? 0 : 1;
}
