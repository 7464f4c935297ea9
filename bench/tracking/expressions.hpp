// SPDX-License-Identifier: MIT
// A program with deep call stacks and small blocks: it parses expressions by recursive descent into trees, evaluates them
// into strings, and frees everything. Memory comes from functions, so that one source serves every allocator.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace mallocspy::bench {

template <class Memory> class expressions {
public:
  // returns: a number that depends on all that was computed. Always the same for the same seed
  static std::uint64_t run(std::uint64_t seed) {
    std::uint64_t sum = 0;
    expressions e(seed);
    for (int i = 0; i < 40; ++i) {
      node* tree = e.sum(6);
      char* text = evaluate(tree);
      for (const char* c = text; *c != '\0'; ++c) {
        sum = sum * 31 + static_cast<unsigned char>(*c);
      }
      Memory::free(text);
      destroy(tree);
    }
    return sum;
  }

private:
  struct node {
    node* left;
    node* right;
    std::uint64_t value;
    char kind;
  };

  explicit expressions(std::uint64_t seed) : m_random(seed) {}

  std::uint64_t random() {
    m_random = m_random * 6364136223846793005U + 1442695040888963407U;
    return m_random >> 33;
  }

  static __attribute__((noinline)) node* make(char kind, node* left, node* right, std::uint64_t value) {
    auto* n = static_cast<node*>(Memory::alloc(sizeof(node)));
    *n = {left, right, value, kind};
    return n;
  }

  // sum = product { "+" product }, product = power { "*" power }, power = atom [ "^" atom ], atom = number | "(" sum ")"
  __attribute__((noinline)) node* sum(int depth) {
    node* left = product(depth);
    for (std::uint64_t i = random() % 2; i != 0; --i) {
      left = make('+', left, product(depth), 0);
    }
    return left;
  }
  __attribute__((noinline)) node* product(int depth) {
    node* left = power(depth);
    if (random() % 2 == 0) {
      left = make('*', left, power(depth), 0);
    }
    return left;
  }
  __attribute__((noinline)) node* power(int depth) {
    node* base = atom(depth);
    return random() % 4 == 0 ? make('^', base, atom(0), 0) : base;
  }
  __attribute__((noinline)) node* atom(int depth) {
    if (depth == 0) {
      return make('n', nullptr, nullptr, random());
    }
    return sum(depth - 1);
  }

  // returns: the value as text, in a block of its own
  static __attribute__((noinline)) char* evaluate(const node* n) {
    if (n->kind == 'n') {
      return text_of(n->value);
    }
    char* left = evaluate(n->left);
    char* right = evaluate(n->right);
    char* result = combine(n->kind, left, right);
    Memory::free(left);
    Memory::free(right);
    return result;
  }
  static __attribute__((noinline)) char* combine(char kind, const char* left, const char* right) {
    std::uint64_t a = number_of(left);
    const std::uint64_t b = number_of(right);
    a = kind == '+' ? a + b : kind == '*' ? a * b : a ^ (b << 7);
    return text_of(a);
  }
  static __attribute__((noinline)) char* text_of(std::uint64_t value) {
    char digits[24];
    std::size_t length = 0;
    do {
      digits[length++] = static_cast<char>('0' + value % 10);
      value /= 10;
    } while (value != 0);
    auto* text = static_cast<char*>(Memory::alloc(length + 1));
    for (std::size_t i = 0; i < length; ++i) {
      text[i] = digits[length - 1 - i];
    }
    text[length] = '\0';
    return text;
  }
  static std::uint64_t number_of(const char* text) {
    std::uint64_t value = 0;
    for (; *text != '\0'; ++text) {
      value = value * 10 + static_cast<std::uint64_t>(*text - '0');
    }
    return value;
  }
  static __attribute__((noinline)) void destroy(node* n) {
    if (n->left != nullptr) {
      destroy(n->left);
      destroy(n->right);
    }
    Memory::free(n);
  }

  std::uint64_t m_random;
};

} // namespace mallocspy::bench
