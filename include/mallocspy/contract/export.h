/* SPDX-License-Identifier: MIT
 * Marks what the shared library shows; all else in it is hidden. For C and C++. */
#ifndef MALLOCSPY_CONTRACT_EXPORT_H
#define MALLOCSPY_CONTRACT_EXPORT_H

#if defined(__GNUC__)
#define MALLOCSPY_API __attribute__((visibility("default")))
#else
#define MALLOCSPY_API
#endif

#endif
