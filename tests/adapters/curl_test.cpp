// SPDX-License-Identifier: MIT
// curl fetches a file with all of its own memory from the functions of C.
#include <mallocspy/mallocspy.h>

#include "observing_spy.hpp"
#include "support/catch.hpp"

#include <cstdio>
#include <cstdlib>
#include <curl/curl.h>
#include <string>
#include <unistd.h>

using namespace mallocspy;
using namespace mallocspy::tests;

namespace {

std::size_t append(char* bytes, std::size_t size, std::size_t count, void* text) {
  static_cast<std::string*>(text)->append(bytes, size * count);
  return size * count;
}

} // namespace

TEST_CASE("curl works with our memory and gives all of it back", "[adapters][c][curl]") {
  std::string contents;
  for (int i = 0; i < 5003; ++i) {
    contents += std::to_string(i * 53) + "\n";
  }
  char path[] = "/tmp/mallocspy_curl_XXXXXX";
  const int file = ::mkstemp(path);
  REQUIRE(file != -1);
  REQUIRE(::write(file, contents.data(), contents.size()) == static_cast<ssize_t>(contents.size()));
  ::close(file);

  observing_spy spy;
  scoped_spy registration(&spy);
  REQUIRE(registration);
  REQUIRE(curl_global_init_mem(CURL_GLOBAL_NOTHING, mallocspy_alloc, mallocspy_free, mallocspy_realloc, mallocspy_strdup,
                               mallocspy_calloc) == CURLE_OK);
  CURL* curl = curl_easy_init();
  REQUIRE(curl != nullptr);
  std::string fetched;
  curl_easy_setopt(curl, CURLOPT_URL, (std::string("file://") + path).c_str());
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, append);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &fetched);
  CHECK(curl_easy_perform(curl) == CURLE_OK);
  char* escaped = curl_easy_escape(curl, "a b&c", 5);
  REQUIRE(escaped != nullptr);
  CHECK(std::string(escaped) == "a%20b%26c");
  CHECK(mallocspy_owns(escaped) == 1);
  curl_free(escaped);
  curl_easy_cleanup(curl);
  curl_global_cleanup();
  ::unlink(path);

  CHECK(fetched == contents);
  CHECK(spy.allocations > 20);
  CHECK(spy.live.empty());
  CHECK(registration.revoke() == S_OK);
}
