/* Unit tests of numbers as decimal digits, against the C library: NAX_DECIMALS=100000000 for
 * longer. */
#include "../../lib/base/decimal.h"
#include "nax/rng.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static double of_bits(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* The definition. */
static void print_plainly(char out[NAX_DECIMAL_SIZE], double value, int digits_min)
{
    for (int digits = digits_min; digits <= 17; digits++) {
        snprintf(out, NAX_DECIMAL_SIZE, "%.*g", digits, value);
        if (strtod(out, NULL) == value)
            break;
    }
}

static void check_print(double value, int digits_min)
{
    char expected[NAX_DECIMAL_SIZE], text[NAX_DECIMAL_SIZE];
    print_plainly(expected, value, digits_min);
    size_t n = nax_decimal_print(text, value, digits_min);
    if (strcmp(text, expected) != 0 || n != strlen(expected))
        fail_msg("%a: '%s' instead of '%s'", value, text, expected);
}

/* 1 where it could be read, and then rightly; else 0. */
static int check_read(uint64_t digits, int exponent)
{
    char text[64];
    double value, expected;
    if (!nax_decimal_read(digits, exponent, &value))
        return 0;
    snprintf(text, sizeof text, "%llue%d", (unsigned long long)digits, exponent);
    expected = strtod(text, NULL);
    if (memcmp(&value, &expected, sizeof value) != 0)
        fail_msg("%s: %a instead of %a", text, value, expected);
    return 1;
}

/* A double, not negative: any bits, what numbers are in records, and what is close to a
 * boundary. */
static double pick(struct nax_rng *rng, size_t i)
{
    uint64_t bits = nax_rng_u64(rng);
    switch (i % 8) {
    case 0: /* few digits */
        return (double)(bits % 1000000) * pow(10, (double)(bits >> 32) / 0x1p32 * 40 - 30);
    case 1: /* what single precision holds */
        return (double)((float)(bits >> 40) * 0x1p-30f);
    case 2: /* a decimal fraction */
        return (double)(bits % 100000000) / 1e5;
    case 3: /* about 2^53 … 2^63 */
        return (double)(bits >> bits % 12);
    default:
        return of_bits(bits & ~((uint64_t)1 << 63));
    }
}

static size_t n_picked(void)
{
    const char *asked = getenv("NAX_DECIMALS");
    return asked ? strtoull(asked, NULL, 10) : 1000000;
}

static void any_doubles_are_printed(void **state)
{
    (void)state;
    struct nax_rng rng = nax_rng_at(31, NAX_RNG_TEST, 0, 0, 0);
    for (size_t i = 0, n = n_picked(); i < n; i++) {
        double value = pick(&rng, i);
        if (isfinite(value))
            check_print(i & 8 ? -value : value, 15);
    }
}

static void the_least_digits_may_be_fewer(void **state)
{
    (void)state;
    struct nax_rng rng = nax_rng_at(32, NAX_RNG_TEST, 0, 0, 0);
    for (size_t i = 0; i < 50000; i++) {
        double value = pick(&rng, i);
        if (!isfinite(value))
            continue;
        check_print(value, 1);
        check_print(value, 6);
        check_print(value, 1 + (int)(i % 17));
    }
}

/* Powers of two, whose neighbours are not equally far, of ten, and what is next to them. */
static void edges_are_printed(void **state)
{
    (void)state;
    static const double edges[] = {0,
                                   5e-324,
                                   2.2250738585072009e-308,
                                   2.2250738585072014e-308,
                                   0x1p-44,
                                   1e15,
                                   9007199254740993.0,
                                   1e16,
                                   1e17,
                                   1e21,
                                   1e22,
                                   1e23,
                                   9.5,
                                   99.5,
                                   9999999999999998.0,
                                   1.7976931348623157e308};
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++)
        for (int digits = 1; digits <= 17; digits++) {
            check_print(edges[i], digits);
            check_print(-edges[i], digits);
        }
    for (int e = -1074; e <= 1023; e++) {
        double value = ldexp(1, e);
        check_print(value, 15);
        check_print(nextafter(value, 0), 15);
        check_print(nextafter(value, INFINITY), 15);
    }
    for (int e = -323; e <= 308; e++) {
        char text[16];
        snprintf(text, sizeof text, "1e%d", e);
        double down = strtod(text, NULL), up = down;
        for (int k = 0; k < 3; k++) {
            check_print(down, 15);
            check_print(up, 1);
            check_print(up, 15);
            down = nextafter(down, 0);
            up = nextafter(up, INFINITY);
        }
    }
    char text[NAX_DECIMAL_SIZE];
    assert_int_equal(nax_decimal_print(text, INFINITY, 6), 3);
    assert_string_equal(text, "inf");
    assert_int_equal(nax_decimal_print(text, -INFINITY, 6), 4);
    assert_string_equal(text, "-inf");
}

static void digits_are_read(void **state)
{
    (void)state;
    struct nax_rng rng = nax_rng_at(33, NAX_RNG_TEST, 0, 0, 0);
    size_t n_read = 0, n_printed = 0, n = n_picked();
    for (size_t i = 0; i < n; i++) {
        uint64_t digits = nax_rng_u64(&rng) >> i % 64;
        int exponent = (int)(nax_rng_u64(&rng) % 640) - 325;
        check_read(digits, exponent);
        /* what was printed, with 15 to 18 digits */
        char text[64], *point;
        double value = pick(&rng, i);
        if (!(value > 1e-290 && value < 1e290))
            continue;
        snprintf(text, sizeof text, "%.*e", 14 + (int)(i % 4), value);
        exponent = atoi(strchr(text, 'e') + 1) - 14 - (int)(i % 4);
        point = strchr(text, '.');
        memmove(point, point + 1, strlen(point));
        n_read += (size_t)check_read(strtoull(text, NULL, 10), exponent);
        n_printed++;
    }
    assert_true(n_printed > n / 2 && n_read > n_printed - n_printed / 20);
}

/* Midpoints between doubles, and one unit off them. */
static void close_digits_are_read(void **state)
{
    (void)state;
    struct nax_rng rng = nax_rng_at(34, NAX_RNG_TEST, 0, 0, 0);
    for (size_t i = 0; i < 100000; i++) {
        uint64_t whole = (nax_rng_u64(&rng) >> 11 | (uint64_t)1 << 52) * 2 + 1;
        unsigned shift = (unsigned)(i % 10);
        for (int k = -1; k <= 1; k++) {
            check_read((whole << shift) + (uint64_t)k, 0);
            check_read((whole << shift) / 1000 * 1000 / 10 + (uint64_t)k, 1);
        }
    }
    double value;
    assert_true(nax_decimal_read(0, -400, &value) && value == 0);
    assert_false(nax_decimal_read(1, 400, &value));
    assert_false(nax_decimal_read(1, -400, &value));
    assert_false(nax_decimal_read(2, 308, &value));  /* beyond the largest */
    assert_false(nax_decimal_read(1, -310, &value)); /* subnormal */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_doubles_are_printed), cmocka_unit_test(the_least_digits_may_be_fewer),
        cmocka_unit_test(edges_are_printed),       cmocka_unit_test(digits_are_read),
        cmocka_unit_test(close_digits_are_read),
    };
    return cmocka_run_group_tests_name("decimal", tests, NULL, NULL);
}
