// SPDX-License-Identifier: MIT
// Result codes of the contract. On Windows they are macros of the SDK: code for both platforms names them unqualified.
// source: COM
#pragma once

#include <mallocspy/contract/types.hpp>

namespace mallocspy {

#if !defined(_WIN32)

namespace detail {
// Result codes are written as unsigned numbers everywhere; HRESULT is signed.
constexpr HRESULT result_code(std::uint32_t bits) noexcept {
  return static_cast<HRESULT>(bits);
}
} // namespace detail

// Guarded one by one: other ports of COM define them as macros.
#ifndef S_OK
inline constexpr HRESULT S_OK = 0;
#endif
#ifndef E_INVALIDARG
inline constexpr HRESULT E_INVALIDARG = detail::result_code(0x80070057U);
#endif
#ifndef E_OUTOFMEMORY
inline constexpr HRESULT E_OUTOFMEMORY = detail::result_code(0x8007000EU);
#endif
#ifndef E_ACCESSDENIED
inline constexpr HRESULT E_ACCESSDENIED = detail::result_code(0x80070005U);
#endif
#ifndef E_NOINTERFACE
inline constexpr HRESULT E_NOINTERFACE = detail::result_code(0x80004002U);
#endif
#ifndef E_POINTER
inline constexpr HRESULT E_POINTER = detail::result_code(0x80004003U);
#endif
#ifndef CO_E_OBJNOTREG
inline constexpr HRESULT CO_E_OBJNOTREG = detail::result_code(0x800401FBU);
#endif
#ifndef CO_E_OBJISREG
inline constexpr HRESULT CO_E_OBJISREG = detail::result_code(0x800401FCU);
#endif

// returns: whether the result says success, S_OK or another non-negative code
#ifndef SUCCEEDED
constexpr bool SUCCEEDED(HRESULT result) noexcept {
  return result >= 0;
}
#endif
#ifndef FAILED
constexpr bool FAILED(HRESULT result) noexcept {
  return result < 0;
}
#endif

#endif

} // namespace mallocspy
