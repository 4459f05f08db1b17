/* Numbers as decimal digits and back: to the nearest, as the C library does, and faster. */
#ifndef NAX_BASE_DECIMAL_H
#define NAX_BASE_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NAX_DECIMAL_SIZE = 32 }; /* the longest number printed, and its zero */

/* As printf's %.*g in the locale "C", with the fewest digits, from digits_min (1 … 17) on, that are
 * read back as the same double. Returns the length. */
size_t nax_decimal_print(char out[NAX_DECIMAL_SIZE], double value, int digits_min);

/* The double nearest to digits * 10^exponent. False where that is beyond the range of normal
 * doubles, or too close between two of them to tell here: strtod can. */
bool nax_decimal_read(uint64_t digits, int exponent, double *out);

/* 10^k, from NAX_POWER_MIN to NAX_POWER_MAX, is no less than the 128 bits of row k - NAX_POWER_MIN,
 * the upper half first, the topmost bit set, times a power of two; and less than 2 more. */
enum { NAX_POWER_MIN = -342, NAX_POWER_MAX = 340 };
extern const uint64_t nax_powers[][2]; /* made by tools/powers.awk */

#endif
