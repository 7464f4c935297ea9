// SPDX-License-Identifier: MIT
// Owners of SQLite's handles. They close what they own whatever happens; each error of SQLite is an exception.
#pragma once

#include <sqlite3.h>
#include <string>

struct sqlite_failed {
  int code; // an extended result code
};

inline void require_ok(int code) {
  if (code != SQLITE_OK) {
    throw sqlite_failed{code};
  }
}

// SQLite itself, from its first allocation to its last free.
class sqlite_library {
public:
  sqlite_library() {
    const int code = sqlite3_initialize();
    if (code != SQLITE_OK) {
      sqlite3_shutdown(); // undoes what came before the failure
      throw sqlite_failed{code};
    }
  }
  ~sqlite_library() {
    sqlite3_shutdown();
  }
  sqlite_library(const sqlite_library&) = delete;
  sqlite_library& operator=(const sqlite_library&) = delete;
};

class database {
public:
  explicit database(const std::string& file) {
    const int code = sqlite3_open(file.c_str(), &m_handle);
    if (code != SQLITE_OK) {
      sqlite3_close(m_handle); // a failed open returns a handle as well
      throw sqlite_failed{code};
    }
    sqlite3_extended_result_codes(m_handle, 1);
  }
  ~database() {
    sqlite3_close(m_handle);
  }
  database(const database&) = delete;
  database& operator=(const database&) = delete;

  sqlite3* handle() const {
    return m_handle;
  }

private:
  sqlite3* m_handle = nullptr;
};

class statement {
public:
  // effects: compiles the first statement of the text, and moves the text behind it
  statement(const database& db, const char*& sql) {
    require_ok(sqlite3_prepare_v2(db.handle(), sql, -1, &m_handle, &sql));
  }
  ~statement() {
    sqlite3_finalize(m_handle);
  }
  statement(const statement&) = delete;
  statement& operator=(const statement&) = delete;

  // effects: gives the parameter its value, if the statement has it
  void bind(const char* parameter, int value) {
    const int index = sqlite3_bind_parameter_index(m_handle, parameter);
    if (index != 0) {
      require_ok(sqlite3_bind_int(m_handle, index, value));
    }
  }

  // returns: whether there is one more row
  bool step() {
    const int code = m_handle == nullptr ? SQLITE_DONE : sqlite3_step(m_handle); // null: nothing but a comment
    if (code != SQLITE_ROW && code != SQLITE_DONE) {
      throw sqlite_failed{code};
    }
    return code == SQLITE_ROW;
  }

  int columns() const {
    return sqlite3_column_count(m_handle);
  }
  std::string name(int column) const {
    return text_or_throw(sqlite3_column_name(m_handle, column));
  }
  std::string text(int column) const {
    return text_or_throw(reinterpret_cast<const char*>(sqlite3_column_text(m_handle, column)));
  }

private:
  // Our queries give no NULL: a null pointer is SQLite's way to say that it had no memory for the text.
  static std::string text_or_throw(const char* text) {
    if (text == nullptr) {
      throw sqlite_failed{SQLITE_NOMEM};
    }
    return text;
  }

  sqlite3_stmt* m_handle = nullptr;
};
