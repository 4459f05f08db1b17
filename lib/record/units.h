/* Units of fields, and the prefix by which a column of numbers is printed. */
#ifndef NAX_RECORD_UNITS_H
#define NAX_RECORD_UNITS_H

#include "nax/record.h"

enum { NAX_SCALE_TEXT = 32 };

void nax_scale_print(char text[NAX_SCALE_TEXT], double value);

#endif
