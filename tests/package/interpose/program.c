/* SPDX-License-Identifier: MIT
 * Allocates only inside the C library. */
#include <stdio.h>

void begin_counting(void);
int end_counting(void);

int main(void) {
  begin_counting();
  FILE* file = fopen("/dev/null", "w");
  if (file == NULL) {
    return 2;
  }
  fputs("a text", file);
  fclose(file);
  return end_counting();
}
