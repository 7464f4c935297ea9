// SPDX-License-Identifier: MIT
// cJSON: reads a document, adds to it and writes it.
#include "testing/libraries/library_sweep.hpp"

#include <cjson/cJSON.h>
#include <mallocspy/mallocspy.h>

using namespace mallocspy;
using namespace mallocspy::tests;

namespace {

std::string document() {
  std::string text = R"({"title": "items", "list": [)";
  for (int i = 0; i < 14; ++i) {
    text += (i == 0 ? "" : ", ") + std::string(R"({"id": )") + std::to_string(i) + R"(, "name": "name \u00e9 )" +
            std::to_string(i * 53) + R"(", "tags": [true, null]})";
  }
  return text + "]}";
}

sweep_outcome use_cjson(const std::string& text, std::string& answer) {
  answer.clear();
  cJSON* root = cJSON_Parse(text.c_str());
  if (root == nullptr) {
    return sweep_outcome::reported_error;
  }
  bool done = true;
  cJSON* item = nullptr;
  cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(root, "list")) {
    done = done &&
           cJSON_AddNumberToObject(item, "half", cJSON_GetObjectItemCaseSensitive(item, "id")->valueint / 2.0) != nullptr;
  }
  cJSON* copy = done ? cJSON_Duplicate(root, 1) : nullptr;
  char* written = copy == nullptr ? nullptr : cJSON_Print(copy);
  done = written != nullptr;
  if (done) {
    answer = written;
  }
  cJSON_free(written);
  cJSON_Delete(copy);
  cJSON_Delete(root);
  static const std::string right = answer;
  return !done ? sweep_outcome::reported_error : answer == right ? sweep_outcome::correct : sweep_outcome::wrong;
}

} // namespace

TEST_CASE("cJSON survives each lack of memory", "[testing][libraries]") {
  cJSON_Hooks hooks{mallocspy_alloc, mallocspy_free};
  cJSON_InitHooks(&hooks);
  const std::string text = document();
  std::string answer;
  REQUIRE(use_cjson(text, answer) == sweep_outcome::correct);
  REQUIRE(answer.find("6.5") != std::string::npos);
  const sweep_result once = sweep_library("cJSON", sweep_mode::once, [&] { return use_cjson(text, answer); });
  check_all_in_snapshots(once);
  check_nothing_found(once);
  const sweep_result all = sweep_library("cJSON", sweep_mode::all_after, [&] { return use_cjson(text, answer); });
  check_all_in_snapshots(all);
  check_nothing_found(all);
}
