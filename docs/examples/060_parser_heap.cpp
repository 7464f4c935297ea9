// SPDX-License-Identifier: MIT
// A parser that takes all of its nodes from a private heap and never frees one: the whole tree goes with HeapDestroy, also
// where the text is wrong in the middle of it. The heap is fixed, so a text cannot make the program take more than that.
#include <cctype>
#include <cstdio>
#include <mallocspy/heapapi.hpp>
#include <new>
#include <string>

using namespace mallocspy;

// An expression of numbers, + * and parentheses, as a tree.
struct node {
  char kind; // '+', '*', or 'n' for a number
  long value;
  node* left;
  node* right;
};

// A parser of nested expressions calls itself. NOLINTBEGIN(misc-no-recursion)
class parser {
public:
  // HEAP_GENERATE_EXCEPTIONS: no test for null at each node. HEAP_NO_SERIALIZE: one thread, no locks.
  explicit parser(const char* text)
      : m_heap(HeapCreate(HEAP_GENERATE_EXCEPTIONS | HEAP_NO_SERIALIZE, 0, 64 << 10)), m_next(text) {}
  ~parser() {
    HeapDestroy(m_heap);
  }
  parser(const parser&) = delete;
  parser& operator=(const parser&) = delete;

  // returns: the tree, alive as long as the parser; null if the text is no expression, or takes more than the heap has
  node* parse() {
    try {
      node* tree = sum();
      return tree != nullptr && *m_next == '\0' ? tree : nullptr;
    } catch (const heap_exception& failure) {
      m_too_large = failure.code() == STATUS_NO_MEMORY;
      return nullptr;
    }
  }
  bool too_large() const {
    return m_too_large;
  }
  SIZE_T bytes() const {
    HEAP_SUMMARY summary{};
    summary.cb = sizeof summary;
    return HeapSummary(m_heap, 0, &summary) ? summary.cbAllocated : 0;
  }

private:
  node* make(char kind, long value, node* left, node* right) {
    return new (HeapAlloc(m_heap, 0, sizeof(node))) node{kind, value, left, right};
  }
  node* sum() {
    node* left = product();
    while (left != nullptr && *m_next == '+') {
      ++m_next;
      node* right = product();
      left = right == nullptr ? nullptr : make('+', 0, left, right);
    }
    return left;
  }
  node* product() {
    node* left = atom();
    while (left != nullptr && *m_next == '*') {
      ++m_next;
      node* right = atom();
      left = right == nullptr ? nullptr : make('*', 0, left, right);
    }
    return left;
  }
  node* atom() {
    if (*m_next == '(') {
      ++m_next;
      node* inner = sum();
      return inner != nullptr && *m_next == ')' ? (++m_next, inner) : nullptr;
    }
    if (std::isdigit(static_cast<unsigned char>(*m_next)) == 0) {
      return nullptr;
    }
    long value = 0;
    while (std::isdigit(static_cast<unsigned char>(*m_next)) != 0) {
      value = value * 10 + (*m_next++ - '0');
    }
    return make('n', value, nullptr, nullptr);
  }

  HANDLE m_heap;
  const char* m_next;
  bool m_too_large = false;
};

static long value_of(const node* n) {
  return n->kind == 'n'   ? n->value
         : n->kind == '+' ? value_of(n->left) + value_of(n->right)
                          : value_of(n->left) * value_of(n->right);
}

// NOLINTEND(misc-no-recursion)

int main() {
  const DWORD heaps = GetProcessHeaps(0, nullptr);
  bool good = true;
  {
    parser p("2*(3+4)+27*1");
    const node* tree = p.parse();
    good = tree != nullptr && value_of(tree) == 41;
    // Nine nodes, to the byte; a node's address is a block, a place inside it is none.
    good = good && p.bytes() == 9 * sizeof(node);
    std::printf("41 is %ld, in %zu bytes\n", tree == nullptr ? 0 : value_of(tree), p.bytes());
  }
  {
    parser p("2*(3+4"); // wrong in the middle: what was made of it goes all the same
    good = good && p.parse() == nullptr && !p.too_large() && p.bytes() != 0;
  }
  {
    std::string endless = "1";
    for (int i = 0; i < 10000; ++i) {
      endless += "+1";
    }
    parser p(endless.c_str()); // more than the heap has
    good = good && p.parse() == nullptr && p.too_large();
  }
  good = good && GetProcessHeaps(0, nullptr) == heaps;
  return good ? 0 : 1;
}
