/* SPDX-License-Identifier: MIT
 * Small functions with one bug each, which shows only where memory is lacking, and their corrected twins. In each source a
 * comment "planted" marks the line of the allocation whose failure brings the bug out; tests read it from there.
 * Each returns 1 for success and 0 for a reported error; those in C++ may throw instead. */
#ifndef MALLOCSPY_TESTS_TESTING_PLANTED_PLANTED_H
#define MALLOCSPY_TESTS_TESTING_PLANTED_PLANTED_H

#ifdef __cplusplus
extern "C" {
#endif

int missing_check_planted(void);
int missing_check_corrected(void);

int leak_on_error_planted(void);
int leak_on_error_corrected(void);

int silent_truncation_planted(void);
int silent_truncation_corrected(void);

int double_free_planted(void);
int double_free_corrected(void);

int fallback_too_small_planted(void);
int fallback_too_small_corrected(void);

int endless_retry_planted(void);
int endless_retry_corrected(void);

int failing_destructor_planted(void);
int failing_destructor_corrected(void);

int other_thread_planted(void);
int other_thread_corrected(void);

#ifdef __cplusplus
}
#endif

#endif
