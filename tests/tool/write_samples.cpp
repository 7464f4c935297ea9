// SPDX-License-Identifier: MIT
// write_samples FILE: the sample sweep as JSON, for tests that are no programs of ours.
#include "testing/report/sample_sweep.hpp"

#include <fstream>

int main(int argc, char** argv) {
  std::ofstream(argc > 1 ? argv[1] : "/dev/stdout") << mallocspy::tests::sample_sweep().json();
}
