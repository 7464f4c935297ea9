// SPDX-License-Identifier: MIT
// Loops whose instructions are counted from outside. Two lengths of the same loop differ only in what is repeated.
#pragma once

#include "workloads/pair.hpp"

#include <benchmark/benchmark.h>
#include <cstddef>
#include <string_view>

namespace mallocspy::bench {

template <class Operation> void repeat(std::size_t count, Operation operation) {
  for (std::size_t i = 0; i < count; ++i) {
    operation();
  }
}

// Whether a subject has an object with IMalloc's methods.
template <class Subject, class = void> inline constexpr bool has_object = false;
template <class Subject> inline constexpr bool has_object<Subject, decltype(void(Subject::object()))> = true;

// What only the task allocator has. Called through the object, as COM programs do.
template <class Object>
bool run_object_loop(Object* object, std::string_view operation, std::size_t size, std::size_t count) {
  benchmark::DoNotOptimize(object);
  void* block = present(object->Alloc(size));
  if (operation == "get_size") {
    repeat(count, [&] {
      const auto bytes = object->GetSize(block);
      benchmark::DoNotOptimize(bytes);
      benchmark::ClobberMemory();
    });
  } else if (operation == "did_alloc") {
    repeat(count, [&] {
      const int answer = object->DidAlloc(block);
      benchmark::DoNotOptimize(answer);
      benchmark::ClobberMemory();
    });
  } else {
    return false;
  }
  object->Free(block);
  return true;
}

// effects: repeats an operation
// returns: whether the subject has it
template <class Subject> bool run_loop(std::string_view operation, std::size_t size, std::size_t count) {
  benchmark::DoNotOptimize(size);
  if (operation == "nothing") {
    repeat(count, [] { benchmark::ClobberMemory(); });
    return true;
  }
  if (operation == "pair") {
    const neighbour<Subject> alive(size);
    repeat(count, [&] {
      void* block = Subject::alloc(size);
      benchmark::DoNotOptimize(block);
      Subject::free(block);
    });
    return true;
  }
  if constexpr (has_object<Subject>) {
    return run_object_loop(Subject::object(), operation, size, count);
  } else {
    return false;
  }
}

} // namespace mallocspy::bench
