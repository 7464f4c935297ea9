// SPDX-License-Identifier: MIT
// Jansson: reads a document, changes it and writes it.
#include "testing/libraries/library_sweep.hpp"

#include <jansson.h>
#include <mallocspy/mallocspy.h>
#include <map>

using namespace mallocspy;
using namespace mallocspy::tests;

namespace {

std::string document(int items) {
  std::string text = R"({"title": "items", "list": [)";
  for (int i = 0; i < items; ++i) {
    text += (i == 0 ? "" : ", ") + std::string(R"({"id": )") + std::to_string(i) + R"(, "name": "name \u00e9 )" +
            std::to_string(i * 53) + R"(", "price": )" + std::to_string(i) + ".5, \"tags\": [true, null]}";
  }
  return text + "]}";
}

sweep_outcome use_jansson(const std::string& text, std::string& answer) {
  answer.clear();
  json_error_t error;
  json_t* root = json_loads(text.c_str(), 0, &error);
  if (root == nullptr) {
    return sweep_outcome::reported_error;
  }
  bool done = true;
  std::size_t i = 0;
  json_t* item = nullptr;
  json_array_foreach(json_object_get(root, "list"), i, item) {
    done =
        done && json_object_set_new(item, "twice", json_integer(2 * json_integer_value(json_object_get(item, "id")))) == 0;
  }
  json_t* copy = done ? json_deep_copy(root) : nullptr;
  char* written = copy == nullptr ? nullptr : json_dumps(copy, JSON_SORT_KEYS | JSON_INDENT(1));
  done = written != nullptr;
  if (done) {
    answer = written;
  }
  mallocspy_free(written);
  json_decref(copy);
  json_decref(root);
  static std::map<std::string, std::string> right; // answers by document, from the first run of each
  right.try_emplace(text, answer);
  return !done ? sweep_outcome::reported_error : answer == right[text] ? sweep_outcome::correct : sweep_outcome::wrong;
}

} // namespace

TEST_CASE("what Jansson makes of each lack of memory", "[testing][libraries]") {
  json_set_alloc_funcs(mallocspy_alloc, mallocspy_free);
  json_object_seed(53); // the same order of everything each time
  const std::string text = document(40);
  const std::string shorter = document(9);
  std::string answer;
  REQUIRE(use_jansson(text, answer) == sweep_outcome::correct);
  REQUIRE(answer.find("\"twice\": 78") != std::string::npos);
  const sweep_result once = sweep_library("Jansson", sweep_mode::once, [&] { return use_jansson(text, answer); });
  check_all_in_snapshots(once);
  REQUIRE(use_jansson(shorter, answer) == sweep_outcome::correct);
  const sweep_result all = sweep_library("Jansson", sweep_mode::all_after, [&] { return use_jansson(shorter, answer); });
  check_all_in_snapshots(all);
  // Its scanner drops a byte for which there was no room, and takes one more back than it has. Its writer leaves a part of
  // the text out where the buffer cannot grow, and reports success.
  const known_defect scanner{verdict::corrupt, "json_loads"};
  const known_defect scanner_far_off{verdict::crash, "json_loads"}; // where what it then reads is not there
  const known_defect writer{verdict::silent, "json_dumps"};
  check_only_known(once, {scanner, scanner_far_off, writer});
  check_only_known(all, {scanner, scanner_far_off, writer});
  if (JANSSON_VERSION_HEX == 0x020E00 && !sanitized) {
    CHECK((found(once, scanner) || found(once, scanner_far_off)));
    CHECK(found(once, writer));
  }
}
