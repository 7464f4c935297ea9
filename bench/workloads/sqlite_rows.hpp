// SPDX-License-Identifier: MIT
// A whole program: SQLite, in memory, with all of its memory from the subject.
#pragma once

#include <benchmark/benchmark.h>
#include <climits>
#include <cstring>
#include <sqlite3.h>

namespace mallocspy::bench {

inline constexpr const char* sqlite_program = R"(
  create table maker(id integer primary key, name text);
  create table part(id integer primary key, maker int, name text, weight real);
  with recursive n(i) as (select 1 union all select i + 1 from n where i < 50)
    insert into maker select i, 'maker ' || i from n;
  with recursive n(i) as (select 1 union all select i + 1 from n where i < 2000)
    insert into part select i, i * 7 % 50 + 1, 'part ' || i || substr('-with-a-longer-name', 1, i % 19), i * 0.5 from n;
  create index part_by_name on part(name);
  update part set name = upper(name) where id % 3 = 0;
)";

inline constexpr const char* sqlite_question = R"(
  select sum(n) from (select maker.name, count(*) as n, group_concat(part.name) from part join maker on maker.id = part.maker
  where part.weight > 100 group by maker.name order by 3))";
inline constexpr int sqlite_answer = 1800;

template <class Subject> const sqlite3_mem_methods& sqlite_memory() {
  static const sqlite3_mem_methods methods = {
      [](int size) { return Subject::alloc(static_cast<std::size_t>(size)); },
      [](void* block) { Subject::free(block); },
      [](void* block, int size) { return Subject::realloc(block, static_cast<std::size_t>(size)); },
      [](void* block) { return block == nullptr ? 0 : static_cast<int>(Subject::size(block)); },
      [](int size) { return size > INT_MAX - 7 ? size : (size + 7) / 8 * 8; },
      [](void*) { return SQLITE_OK; },
      [](void*) {},
      nullptr};
  return methods;
}

// returns: what the program answers; -1 if it fails
inline int sqlite_run() {
  sqlite3* db = nullptr;
  sqlite3_stmt* question = nullptr;
  int answer = -1;
  if (sqlite3_open(":memory:", &db) == SQLITE_OK &&
      sqlite3_exec(db, sqlite_program, nullptr, nullptr, nullptr) == SQLITE_OK &&
      sqlite3_prepare_v2(db, sqlite_question, -1, &question, nullptr) == SQLITE_OK &&
      sqlite3_step(question) == SQLITE_ROW) {
    answer = sqlite3_column_int(question, 0);
  }
  sqlite3_finalize(question);
  sqlite3_close(db);
  return answer;
}

template <class Subject> void sqlite_rows(benchmark::State& state) {
  // Once in the process is enough, and the only time at which SQLite allows it.
  static const bool configured = sqlite3_config(SQLITE_CONFIG_MALLOC, &sqlite_memory<Subject>()) == SQLITE_OK;
  if (!configured) {
    state.SkipWithError("SQLite refuses the subject's functions");
    return;
  }
  for (auto _ : state) {
    if (sqlite_run() != sqlite_answer) {
      state.SkipWithError("SQLite gave another answer");
      break;
    }
  }
  sqlite3_shutdown(); // a spied subject is revoked at the end, with nothing left alive
  state.SetItemsProcessed(state.iterations());
}

} // namespace mallocspy::bench
