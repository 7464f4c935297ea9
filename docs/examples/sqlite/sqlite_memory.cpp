// SPDX-License-Identifier: MIT
#include "sqlite_memory.hpp"

#include <mallocspy/mallocspy.hpp>
#include <sqlite3.h>
#include <stdexcept>
#include <string>

using namespace mallocspy;

namespace {

IMalloc* allocator = nullptr; // from sqlite3_initialize to sqlite3_shutdown

int init(void*) {
  return SUCCEEDED(CoGetMalloc(MEMCTX_TASK, &allocator)) ? SQLITE_OK : SQLITE_ERROR;
}

void shutdown(void*) {
  allocator->Release();
  allocator = nullptr;
}

void* allocate(int size) {
  return allocator->Alloc(static_cast<std::size_t>(size));
}

void* reallocate(void* block, int size) {
  return allocator->Realloc(block, static_cast<std::size_t>(size));
}

void release(void* block) {
  allocator->Free(block);
}

// SQLite keeps no sizes of its own: it asks for them, to count its memory and to use what a block has to spare.
int size_of(void* block) {
  return static_cast<int>(allocator->GetSize(block));
}

// Nothing is rounded up: a block is as large as was asked.
int round_up(int size) {
  return size;
}

sqlite3_mem_methods sqlites_own_methods() {
  sqlite3_mem_methods methods{};
  sqlite3_config(SQLITE_CONFIG_GETMALLOC, &methods);
  return methods;
}

void require(int code) {
  if (code != SQLITE_OK) {
    throw std::runtime_error(std::string("SQLite cannot be configured: ") + sqlite3_errstr(code));
  }
}

} // namespace

void choose_sqlite_memory(memory_source source) {
  static const sqlite3_mem_methods own = sqlites_own_methods();
  static const sqlite3_mem_methods ours{allocate, release, reallocate, size_of, round_up, init, shutdown, nullptr};
  require(sqlite3_config(SQLITE_CONFIG_MALLOC, source == memory_source::sqlites_own ? &own : &ours));
  require(sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 1));
  require(sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0));
  require(sqlite3_config(SQLITE_CONFIG_PAGECACHE, nullptr, 0, 0));
}
