// SPDX-License-Identifier: MIT
// yajl: reads a document and writes it as it comes.
#include "testing/libraries/library_sweep.hpp"

#include <mallocspy/mallocspy.h>
#include <yajl/yajl_gen.h>
#include <yajl/yajl_parse.h>
#include <yajl/yajl_version.h>

using namespace mallocspy;
using namespace mallocspy::tests;

namespace {

void* allocate(void*, std::size_t size) {
  return mallocspy_alloc(size);
}
void* reallocate(void*, void* block, std::size_t size) {
  return mallocspy_realloc(block, size);
}
void release(void*, void* block) {
  mallocspy_free(block);
}

std::string document() {
  std::string text = "[";
  for (int i = 0; i < 40; ++i) {
    text += (i == 0 ? "" : ", ") + std::string(R"({"id": )") + std::to_string(i) + R"(, "name": "name \u00e9 )" +
            std::to_string(i * 53) + "\"}";
  }
  return text + "]";
}

yajl_gen gen_of(void* context) {
  return static_cast<yajl_gen>(context);
}
int ok(yajl_gen_status status) {
  return status == yajl_gen_status_ok ? 1 : 0;
}
const yajl_callbacks callbacks = {
    [](void* c) { return ok(yajl_gen_null(gen_of(c))); },
    [](void* c, int value) { return ok(yajl_gen_bool(gen_of(c), value)); },
    nullptr,
    nullptr,
    [](void* c, const char* text, std::size_t size) { return ok(yajl_gen_number(gen_of(c), text, size)); },
    [](void* c, const unsigned char* text, std::size_t size) { return ok(yajl_gen_string(gen_of(c), text, size)); },
    [](void* c) { return ok(yajl_gen_map_open(gen_of(c))); },
    [](void* c, const unsigned char* text, std::size_t size) { return ok(yajl_gen_string(gen_of(c), text, size)); },
    [](void* c) { return ok(yajl_gen_map_close(gen_of(c))); },
    [](void* c) { return ok(yajl_gen_array_open(gen_of(c))); },
    [](void* c) { return ok(yajl_gen_array_close(gen_of(c))); },
};

sweep_outcome use_yajl(const std::string& text, std::string& answer) {
  answer.clear();
  yajl_alloc_funcs memory{allocate, reallocate, release, nullptr};
  bool done = true;
  for (int round = 0; done && round < 32; ++round) {
    yajl_gen gen = yajl_gen_alloc(&memory);
    yajl_handle parser = gen == nullptr ? nullptr : yajl_alloc(&callbacks, &memory, gen);
    done = parser != nullptr;
    if (done) {
      done = yajl_parse(parser, reinterpret_cast<const unsigned char*>(text.data()), text.size()) == yajl_status_ok &&
             yajl_complete_parse(parser) == yajl_status_ok;
      const unsigned char* written = nullptr;
      std::size_t size = 0;
      done = done && yajl_gen_get_buf(gen, &written, &size) == yajl_gen_status_ok;
      if (done) {
        answer.append(reinterpret_cast<const char*>(written), size);
      }
      yajl_free(parser);
    }
    if (gen != nullptr) {
      yajl_gen_free(gen);
    }
  }
  static const std::string right = answer;
  return !done ? sweep_outcome::reported_error : answer == right ? sweep_outcome::correct : sweep_outcome::wrong;
}

} // namespace

TEST_CASE("what yajl makes of each lack of memory", "[testing][libraries]") {
  const std::string text = document();
  std::string answer;
  REQUIRE(use_yajl(text, answer) == sweep_outcome::correct);
  REQUIRE(answer.find("{\"id\":39,") != std::string::npos);
  const sweep_result once = sweep_library("yajl", sweep_mode::once, [&] { return use_yajl(text, answer); });
  check_all_in_snapshots(once);
  const sweep_result all = sweep_library("yajl", sweep_mode::all_after, [&] { return use_yajl(text, answer); });
  check_all_in_snapshots(all);
  // It looks at no block but those of its two handles.
  const known_defect parser{verdict::crash, "use_yajl"};
  check_only_known(once, {parser});
  check_only_known(all, {parser});
  if (YAJL_VERSION == 20100 && !sanitized) {
    CHECK(found(once, parser));
    CHECK(once.count(verdict::clean) > 0);
  }
}
