// SPDX-License-Identifier: MIT
// JUnit's XML, read back by a parser that knows nothing of us.
#include "tool/report/junit.hpp"

#include "support/catch.hpp"
#include "tool/report_samples.hpp"

#include <libxml/parser.h>
#include <libxml/xpath.h>

using namespace mallocspy;
using namespace mallocspy::tests;
using namespace mallocspy::tool;

namespace {

class document {
public:
  explicit document(const std::string& text)
      : m_document(::xmlReadMemory(text.data(), static_cast<int>(text.size()), "junit.xml", nullptr, XML_PARSE_NONET)) {
    INFO(text);
    REQUIRE(m_document != nullptr);
    m_context = ::xmlXPathNewContext(m_document);
  }
  ~document() {
    ::xmlXPathFreeContext(m_context);
    ::xmlFreeDoc(m_document);
  }
  document(const document&) = delete;
  document& operator=(const document&) = delete;

  // returns: the value of an XPath expression, as text
  std::string operator[](const std::string& expression) const {
    xmlXPathObject* found = ::xmlXPathEvalExpression(reinterpret_cast<const xmlChar*>(expression.c_str()), m_context);
    REQUIRE(found != nullptr);
    xmlChar* text = ::xmlXPathCastToString(found);
    std::string value = reinterpret_cast<const char*>(text);
    ::xmlFree(text);
    ::xmlXPathFreeObject(found);
    return value;
  }

private:
  xmlDoc* m_document;
  xmlXPathContext* m_context = nullptr;
};

} // namespace

TEST_CASE("findings are failures with message, stacks and replay; unconfirmed ones are skipped") {
  const document xml(junit_xml(sample_sweep()));
  CHECK(xml["/testsuites/testsuite/@name"] == "mallocspy sweep of parser");
  CHECK(xml["/testsuites/testsuite/@tests"] == "4");
  CHECK(xml["/testsuites/testsuite/@failures"] == "2");
  CHECK(xml["/testsuites/testsuite/@skipped"] == "1");
  CHECK(xml["/testsuites/testsuite/@errors"] == "0");
  CHECK(xml["count(//testcase)"] == "4");
  CHECK(xml["count(//failure)"] == "2");
  CHECK(xml["count(//skipped)"] == "1");
  CHECK(xml["//failure[1]/@type"] == "crash");
  CHECK(xml["//failure[1]/@message"] == "crash when allocation 3 fails: SIGSEGV: SIGSEGV at address 0x18, by writing");
  CHECK(xml["contains(//failure[1], 'insert<int>(table<int>&, int) (table.hpp:31)')"] == "true");
  CHECK(xml["contains(//failure[1], \"mallocspy fail --nth 3 -- ./parser --in 'a b.xml'\")"] == "true");
}

TEST_CASE("a test case's name does not change when lines move") {
  sweep_result moved = sample_sweep();
  moved.findings[0].stack[0] = "grow (table.c:999)";
  moved.findings[0].allocation = 4;
  const char* name = "//testcase[failure/@type='crash']/@name";
  CHECK(document(junit_xml(sample_sweep()))[name] == "crash in grow, stack 00000000deadbee7");
  CHECK(document(junit_xml(moved))[name] == "crash in grow, stack 00000000deadbee7");
}

TEST_CASE("known findings are no failures if only new ones are to be") {
  sweep_result before = sample_sweep();
  before.findings = {sample_leak()};
  const comparison known = compare(before, sample_sweep(), "old.json");
  const document xml(junit_xml(sample_sweep(), &known));
  CHECK(xml["count(//failure)"] == "1");
  CHECK(xml["//failure/@type"] == "crash");
  CHECK(xml["starts-with(//testcase[starts-with(@name,'leak')]/skipped/@message, 'known from old.json')"] == "true");
}

TEST_CASE("a sweep without findings is a test that passed, and one that could not run an error") {
  sweep_result clean = part_of_sweep(1, 1);
  clean.findings.clear();
  const document passed(junit_xml(clean));
  CHECK(passed["count(//testcase)"] == "1");
  CHECK(passed["count(//failure) + count(//error)"] == "0");
  clean.error = "no <memory> & no \"time\"";
  const document failed(junit_xml(clean));
  CHECK(failed["//error/@message"] == "no <memory> & no \"time\"");
  CHECK(failed["/testsuites/@errors"] == "1");
}

TEST_CASE("whatever bytes a name has, the document is XML") {
  sweep_result odd = sample_sweep();
  std::string bytes;
  for (int i = 255; i > 0; --i) {
    bytes += static_cast<char>(i);
  }
  odd.findings[0].stack = {bytes + "]]>\xEF\xBF\xBF\xEF\xBF\xBE"};
  odd.findings[0].detail = bytes;
  odd.target = bytes;
  const document xml(junit_xml(odd));
  CHECK(xml["count(//failure)"] == "2");
  CHECK(xml["contains(//failure[1], ']]>')"] == "true");
}
