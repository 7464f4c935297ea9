// SPDX-License-Identifier: MIT
// SQLite: a database in memory is built and asked. It must report each lack of memory, or do without the memory, as it does
// where a cache is all that is lost.
#include "testing/libraries/library_sweep.hpp"

#include <mallocspy/mallocspy.h>
#include <sqlite3.h>

using namespace mallocspy;
using namespace mallocspy::tests;

namespace {

void* allocate(int size) {
  return mallocspy_alloc(static_cast<std::size_t>(size));
}
void* reallocate(void* block, int size) {
  return mallocspy_realloc(block, static_cast<std::size_t>(size));
}
int size_of(void* block) {
  return static_cast<int>(mallocspy_size(block));
}
int as_it_is(int size) {
  return size;
}
int nothing_to_begin(void*) {
  return SQLITE_OK;
}
void nothing_to_end(void*) {}

constexpr const char* script = R"sql(
  create table region(id integer primary key, name text not null unique);
  create table sale(region integer not null references region, cents integer, note text);
  insert into region(name) values('north'), ('east'), ('south'), ('west');
  with recursive n(i) as (values(1) union all select i + 1 from n where i < 12)
    insert into sale select 1 + i * 7 % 4, i * i * 53 % 1009, case when i % 3 then printf('%d', i) end from n;
  create index by_region on sale(region, cents);
)sql";
constexpr const char* question = "select group_concat(name || '=' || cents, ' ') from (select r.name, sum(s.cents) as cents"
                                 " from sale s join region r on r.id = s.region group by r.id order by 2 desc, 1)";

sweep_outcome use_sqlite(std::string& answer) {
  sqlite3* db = nullptr;
  sqlite3_stmt* query = nullptr;
  answer.clear();
  int code = sqlite3_initialize();
  if (code == SQLITE_OK) {
    code = sqlite3_open(":memory:", &db);
  }
  if (code == SQLITE_OK) {
    code = sqlite3_exec(db, script, nullptr, nullptr, nullptr);
  }
  if (code == SQLITE_OK) {
    code = sqlite3_prepare_v2(db, question, -1, &query, nullptr);
  }
  if (code == SQLITE_OK) {
    code = sqlite3_step(query);
    const unsigned char* text = code == SQLITE_ROW ? sqlite3_column_text(query, 0) : nullptr;
    if (text != nullptr) {
      answer = reinterpret_cast<const char*>(text);
    } else {
      code = SQLITE_NOMEM; // what a null text means
    }
    code = code == SQLITE_ROW ? SQLITE_OK : code;
  }
  sqlite3_finalize(query);
  sqlite3_close(db);
  sqlite3_shutdown();
  static const std::string right = answer;
  return code != SQLITE_OK ? sweep_outcome::reported_error
         : answer == right ? sweep_outcome::correct
                           : sweep_outcome::wrong;
}

} // namespace

TEST_CASE("SQLite survives each lack of memory", "[testing][libraries]") {
  static const sqlite3_mem_methods methods{allocate, mallocspy_free,   reallocate,     size_of,
                                           as_it_is, nothing_to_begin, nothing_to_end, nullptr};
  REQUIRE(sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) == SQLITE_OK);
  REQUIRE(sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0) == SQLITE_OK);
  REQUIRE(sqlite3_config(SQLITE_CONFIG_PAGECACHE, nullptr, 0, 0) == SQLITE_OK);
  std::string answer;
  REQUIRE(use_sqlite(answer) == sweep_outcome::correct);
  REQUIRE(answer.find("north=") != std::string::npos);
  const sweep_result once = sweep_library("SQLite", sweep_mode::once, [&] { return use_sqlite(answer); });
  check_all_in_snapshots(once);
  check_nothing_found(once);
  const sweep_result all = sweep_library("SQLite", sweep_mode::all_after, [&] { return use_sqlite(answer); });
  check_all_in_snapshots(all);
  check_nothing_found(all);
  // What is lost once can often be done without; for ever, it cannot.
  CHECK(once.count(verdict::tolerated) >= all.count(verdict::tolerated));
}
