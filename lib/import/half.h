/* Floats of 16 bits. */
#ifndef NAX_IMPORT_HALF_H
#define NAX_IMPORT_HALF_H

#include <math.h>
#include <stdint.h>
#include <string.h>

/* The upper half of a float. */
static inline float nax_import_bfloat(uint16_t bits)
{
    uint32_t wide = (uint32_t)bits << 16;
    float value;
    memcpy(&value, &wide, sizeof value);
    return value;
}

/* IEEE 754's binary16: sign, five bits of exponent with a bias of 15, ten of fraction. */
static inline float nax_import_half(uint16_t bits)
{
    int exponent = bits >> 10 & 31, fraction = bits & 1023;
    float size = exponent == 31 ? (fraction ? NAN : INFINITY)
                 : exponent     ? ldexpf((float)(fraction + 1024), exponent - 25)
                                : ldexpf((float)fraction, -24);
    return bits & 0x8000 ? -size : size;
}

#endif
