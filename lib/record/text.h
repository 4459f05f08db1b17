/* Numbers and strings as text: exact in both directions. */
#ifndef NAX_RECORD_TEXT_H
#define NAX_RECORD_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NAX_NUMBER_TEXT = 32 }; /* the longest number printed, and its zero */

bool nax_text_is_utf8(const char *s, size_t n); /* and without zero bytes */
size_t nax_text_print_int(char out[NAX_NUMBER_TEXT], int64_t i);
/* 15, 16 or 17 digits, the fewest of these that read back as the same double; with a point or
 * exponent: never an integer. */
size_t nax_text_print_float(char out[NAX_NUMBER_TEXT], double f);
/* The whole of s [n] is such a number. s[n] must be a zero or a space. */
bool nax_text_int(const char *s, size_t n, int64_t *out);
bool nax_text_float(const char *s, size_t n, double *out);

#endif
