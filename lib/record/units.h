/* Units of fields, and the prefix by which a column of numbers is printed. */
#ifndef NAX_RECORD_UNITS_H
#define NAX_RECORD_UNITS_H

#include "nax/record.h"

enum { NAX_SCALE_TEXT = 32 };

struct scale {
    double factor; /* printed numbers are values by this */
    char unit[32];
};

/* For numbers in this unit of which the largest is largest, without its sign: between 1 and 1000 as
 * it is printed, where the unit takes prefixes. */
void nax_scale_choose(struct scale *scale, const char *unit, double largest);
void nax_scale_print(char text[NAX_SCALE_TEXT], double value);

#endif
