// SPDX-License-Identifier: MIT
// What SQLite is given to do, at any size, and what it answers.
#pragma once

#include <string>
#include <vector>

// One query's answer. The first row names the columns.
struct query_result {
  std::string title;
  std::vector<std::vector<std::string>> rows;
};

inline bool operator==(const query_result& a, const query_result& b) {
  return a.title == b.title && a.rows == b.rows;
}

struct outcome {
  int code; // SQLITE_OK, or the error that ended the workload
  std::vector<query_result> answer;
  long long peak_bytes = 0; // by SQLite's own count
};

// Whether SQLite said the same; what it needed for that is another matter.
inline bool operator==(const outcome& a, const outcome& b) {
  return a.code == b.code && a.answer == b.answer;
}

// effects: starts SQLite, builds a shop's database with this many orders in a new file, asks it questions, and shuts SQLite
//   down, after an error too: then SQLite holds no memory
// returns: always the same answer for the same number of orders
outcome run_workload(const std::string& new_file, int orders);
