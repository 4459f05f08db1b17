/* Doubles as decimal digits and back, by one product with 128 bits of a power of ten.
 *
 * That a table of powers of ten with about 128 bits settles all doubles is from Adams (Ryu, PLDI
 * 2018), whose proof bounds how close a product comes to a boundary. Here each result carries the
 * error that it may have instead: where a boundary lies within it, which in practice is where the
 * product hits it exactly, the C library decides. */
#include "decimal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DIGITS = 17 }; /* tell all doubles apart */
__extension__ typedef unsigned __int128 wide;

/* Powers of ten lack less than 2 of their last bit, products cut to 128 bits less than 1 more. */
enum { SLACK = 3 };

static const uint64_t tens[] = {1,
                                10,
                                100,
                                1000,
                                10000,
                                100000,
                                1000000,
                                10000000,
                                100000000,
                                1000000000,
                                10000000000,
                                100000000000,
                                1000000000000,
                                10000000000000,
                                100000000000000,
                                1000000000000000,
                                10000000000000000,
                                100000000000000000};

static wide power(int k)
{
    const uint64_t *row = nax_powers[k - NAX_POWER_MIN];
    return (wide)row[0] << 64 | row[1];
}

/* The exponent of two of 10^k's topmost bit: floor(k log2 10). */
static int power_exponent(int k)
{
    return (int)(k * INT64_C(14267572527) >> 32);
}

/* The upper 128 of the 192 bits of a * b. */
static wide product(uint64_t a, wide b)
{
    return (wide)a * (uint64_t)(b >> 64) + ((wide)a * (uint64_t)b >> 64);
}

/* --- printing --- */

/* |value| = digits * 10^(exponent - 16), read back with so many digits. */
struct decimal {
    uint64_t digits; /* 17 of them */
    int exponent;    /* of the first */
    int n_digits;    /* 17 - zeros that were not needed */
};

/* A double's digits before rounding: value * 10^k = scaled / 2^64 and up to SLACK more of its last
 * bit, with 17 digits before the point; half of the distance to the next double up is half / 2^64
 * and up to SLACK more. */
struct scaled {
    wide scaled, half;
    bool is_power; /* the next double down is nearer than the next one up */
};

/* Whether d / 2^64 is read back as the double: 1, 0, or -1 where that is too close to tell. */
static int reads_back(const struct scaled *s, wide d)
{
    bool is_below = d < s->scaled;
    wide distance = is_below ? s->scaled - d : d - s->scaled;
    wide half = is_below && s->is_power ? s->half / 2 : s->half;
    return distance + SLACK < half ? 1 : distance > half + 2 * SLACK ? 0 : -1;
}

/* The fewest digits of s. False where it is too close to tell. */
static inline bool shorten(const struct scaled *s, int digits_min, struct decimal *out)
{
    for (int n = digits_min; n <= DIGITS; n++) {
        uint64_t unit = tens[DIGITS - n], whole = (uint64_t)(s->scaled >> 64);
        uint64_t down = whole - whole % unit;
        wide rest = s->scaled - ((wide)down << 64), middle = (wide)unit << 63;
        if (rest <= middle && middle - rest <= SLACK)
            return false;
        uint64_t digits = rest < middle ? down : down + unit;
        int is_same = n == DIGITS ? 1 : reads_back(s, (wide)digits << 64);
        if (is_same < 0)
            return false;
        out->digits = digits;
        out->n_digits = n;
        if (is_same)
            break;
    }
    return true;
}

/* value > 0. False where it is too close to tell. */
static bool find_digits(double value, int digits_min, struct decimal *out)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    int exponent = (int)(bits >> 52);
    uint64_t mantissa = bits & (((uint64_t)1 << 52) - 1);
    struct scaled s = {.is_power = !mantissa && exponent > 1};
    if (exponent)
        mantissa |= (uint64_t)1 << 52;
    else
        exponent = 1;
    exponent -= 1075; /* value = mantissa * 2^exponent */
    int zeros = __builtin_clzll(mantissa);
    /* digits before the point less one: floor(log10 of the topmost bit), or one more */
    int tens_exponent = (int)((exponent + 63 - zeros) * INT64_C(1292913986) >> 32);
    for (;; tens_exponent++) {
        int k = DIGITS - 1 - tens_exponent;
        wide p = power(k);
        /* product * 2^(exponent - zeros + power_exponent - 63) is value * 10^k */
        int shift = zeros - exponent - power_exponent(k) - 1;
        s.scaled = product(mantissa << zeros, p) >> shift;
        s.half = p >> (shift + 65 - zeros);
        if (s.scaled >> 64 < tens[DIGITS])
            break;
    }
    out->exponent = tens_exponent;
    if (!shorten(&s, digits_min, out))
        return false;
    if (out->digits == tens[DIGITS]) {
        out->digits /= 10;
        out->exponent++;
    }
    return true;
}

/* The same by the C library, whatever its locale's decimal point. */
static void find_digits_slowly(double value, int digits_min, struct decimal *out)
{
    char text[64];
    int n = digits_min - 1;
    do
        snprintf(text, sizeof text, "%.*e", n++, value);
    while (n < DIGITS && strtod(text, NULL) != value);
    const char *p = text;
    out->n_digits = n;
    out->digits = 0;
    for (; *p != 'e'; p++)
        if (*p >= '0' && *p <= '9')
            out->digits = 10 * out->digits + (uint64_t)(*p - '0');
    out->digits *= tens[DIGITS - out->n_digits];
    out->exponent = (int)strtol(p + 1, NULL, 10);
}

/* n digits of u, with zeros before. */
static void put_digits(char *out, uint32_t u, int n)
{
    while (n > 0) {
        out[--n] = (char)('0' + u % 10);
        u /= 10;
    }
}

size_t nax_decimal_print(char out[NAX_DECIMAL_SIZE], double value, int digits_min)
{
    char digits[DIGITS], *p = out;
    struct decimal d = {.n_digits = digits_min};
    if (!isfinite(value))
        return (size_t)snprintf(out, NAX_DECIMAL_SIZE, "%g", value);
    if (signbit(value))
        *p++ = '-';
    if (value != 0 && !find_digits(fabs(value), digits_min, &d))
        find_digits_slowly(fabs(value), digits_min, &d);
    put_digits(digits, (uint32_t)(d.digits / 100000000 / 100000000), 1);
    put_digits(digits + 1, (uint32_t)(d.digits / 100000000 % 100000000), 8);
    put_digits(digits + 9, (uint32_t)(d.digits % 100000000), 8);
    int n = DIGITS, before = 1; /* digits before the point */
    while (n > 1 && digits[n - 1] == '0')
        n--;
    bool has_exponent = d.exponent < -4 || d.exponent >= d.n_digits;
    if (!has_exponent)
        before = d.exponent + 1;
    if (before <= 0) {
        memcpy(p, "0.0000", 6);
        p += 2 - before;
    }
    int n_before = before < 0 ? 0 : before;
    memcpy(p, digits, (size_t)n_before); /* with zeros up to the point */
    p += n_before;
    if (n > n_before) {
        if (n_before)
            *p++ = '.';
        memcpy(p, digits + n_before, (size_t)(n - n_before));
        p += n - n_before;
    }
    if (has_exponent) {
        int e = abs(d.exponent), n_e = e < 100 ? 2 : 3;
        *p++ = 'e';
        *p++ = d.exponent < 0 ? '-' : '+';
        put_digits(p, (uint32_t)e, n_e);
        p += n_e;
    }
    *p = 0;
    return (size_t)(p - out);
}

/* --- reading --- */

bool nax_decimal_read(uint64_t digits, int exponent, double *out)
{
    if (!digits) {
        *out = 0;
        return true;
    }
    if (exponent < NAX_POWER_MIN || exponent > NAX_POWER_MAX)
        return false;
    int zeros = __builtin_clzll(digits);
    wide p = product(digits << zeros, power(exponent));
    int top = p >> 127 ? 1 : 0; /* else the product begins one bit lower */
    int cut = 128 - 54 + top;   /* bits behind the 53 of a double */
    wide rest = p & (((wide)1 << cut) - 1), middle = (wide)1 << (cut - 1);
    /* the first bit's exponent: 2^63 times a power begins with bit 126 of the product */
    int e = 63 - zeros + power_exponent(exponent) + top;
    if (e < -1022 || e > 1022 || (rest <= middle && middle - rest <= SLACK))
        return false;
    uint64_t bits = ((uint64_t)(e + 1022) << 52) + (uint64_t)(p >> cut) + (rest > middle);
    memcpy(out, &bits, sizeof bits); /* the mantissa's own topmost bit is the exponent's last one */
    return true;
}
