/* SPDX-License-Identifier: MIT
 * A program in C, as far as the tests need one. */
#ifndef MALLOCSPY_TESTS_C_CALLER_H
#define MALLOCSPY_TESTS_C_CALLER_H

#ifdef __cplusplus
extern "C" {
#endif

/* returns: 0 if all went well, else the number of the step that did not */
int c_caller_run(void);

#ifdef __cplusplus
}
#endif

#endif
