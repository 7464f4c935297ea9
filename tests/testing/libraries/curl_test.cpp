// SPDX-License-Identifier: MIT
// curl, without a network: addresses, escaping, lists, a form, and a file that is fetched.
#include "testing/libraries/library_sweep.hpp"

#include <cstdlib>
#include <curl/curl.h>
#include <mallocspy/mallocspy.h>
#include <unistd.h>

using namespace mallocspy;
using namespace mallocspy::tests;

namespace {

std::size_t append(char* bytes, std::size_t size, std::size_t count, void* text) {
  static_cast<std::string*>(text)->append(bytes, size * count);
  return size * count;
}

// returns: whether the address could be taken apart and put together again
bool normalise(const std::string& address, std::string& answer) {
  CURLU* parts = curl_url();
  char* whole = nullptr;
  char* host = nullptr;
  const bool done = parts != nullptr && curl_url_set(parts, CURLUPART_URL, address.c_str(), 0) == CURLUE_OK &&
                    curl_url_set(parts, CURLUPART_QUERY, "q=a b", CURLU_URLENCODE | CURLU_APPENDQUERY) == CURLUE_OK &&
                    curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
                    curl_url_get(parts, CURLUPART_URL, &whole, 0) == CURLUE_OK;
  if (done) {
    answer += std::string(host) + " " + whole + "\n";
  }
  curl_free(host);
  curl_free(whole);
  curl_url_cleanup(parts);
  return done;
}

bool fetch(CURL* curl, const std::string& address, std::string& answer) {
  curl_slist* headers = curl_slist_append(nullptr, "Accept: text/plain");
  curl_slist* more = headers == nullptr ? nullptr : curl_slist_append(headers, "X-Odd: 53");
  curl_mime* form = more == nullptr ? nullptr : curl_mime_init(curl);
  curl_mimepart* part = form == nullptr ? nullptr : curl_mime_addpart(form);
  std::string fetched;
  const bool done = part != nullptr && curl_mime_name(part, "field") == CURLE_OK &&
                    curl_mime_data(part, "a value", CURL_ZERO_TERMINATED) == CURLE_OK &&
                    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, more) == CURLE_OK &&
                    curl_easy_setopt(curl, CURLOPT_URL, address.c_str()) == CURLE_OK &&
                    curl_easy_setopt(curl, CURLOPT_USERAGENT, "odd/53") == CURLE_OK &&
                    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, append) == CURLE_OK &&
                    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &fetched) == CURLE_OK && curl_easy_perform(curl) == CURLE_OK;
  answer += done ? fetched : "";
  curl_mime_free(form);
  curl_slist_free_all(headers);
  return done;
}

sweep_outcome use_curl(const std::string& file, std::string& answer) {
  answer.clear();
  CURL* curl = curl_easy_init();
  bool done = curl != nullptr;
  for (int i = 0; done && i < 16; ++i) {
    done = normalise("HTTP://User:word@Host" + std::to_string(i) + ".example:8080/a/../b/./c?x=" + std::to_string(i) + "#f",
                     answer);
  }
  for (int i = 0; done && i < 3; ++i) {
    char* escaped = curl_easy_escape(curl, "a b&c/d", 0);
    done = escaped != nullptr && fetch(curl, "file://" + file, answer);
    curl_free(escaped);
  }
  curl_easy_cleanup(curl);
  static const std::string right = answer;
  return !done ? sweep_outcome::reported_error : answer == right ? sweep_outcome::correct : sweep_outcome::wrong;
}

} // namespace

TEST_CASE("curl survives each lack of memory", "[testing][libraries]") {
  REQUIRE(curl_global_init_mem(CURL_GLOBAL_NOTHING, mallocspy_alloc, mallocspy_free, mallocspy_realloc, mallocspy_strdup,
                               mallocspy_calloc) == CURLE_OK);
  char file[] = "/tmp/mallocspy_curl_XXXXXX";
  const int made = ::mkstemp(file);
  REQUIRE(made >= 0);
  REQUIRE(::write(made, "fetched\n", 8) == 8);
  ::close(made);
  std::string answer;
  REQUIRE(use_curl(file, answer) == sweep_outcome::correct);
  REQUIRE(answer.find("fetched\nfetched\nfetched\n") != std::string::npos);
  const sweep_result once = sweep_library("curl", sweep_mode::once, [&] { return use_curl(file, answer); });
  check_nothing_found(once);
  const sweep_result all = sweep_library("curl", sweep_mode::all_after, [&] { return use_curl(file, answer); });
  check_nothing_found(all);
  // While it fetches a file it has a pair of sockets to be woken up by, so that these points are rerun.
  CHECK_FALSE(once.nondeterministic);
  CHECK(once.snapshots > once.replays);
  if (!sanitized) {
    CHECK(once.replays > 0);
    CHECK(once.complete);
    CHECK(once.unsafe.find("sockets") != std::string::npos);
  }
  ::unlink(file);
  curl_global_cleanup();
}
