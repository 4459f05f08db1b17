/* Numbers and strings as text: exact in both directions. */
#include "text.h"
#include "../base/decimal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool nax_text_is_utf8(const char *s, size_t n)
{
    const unsigned char *p = (const unsigned char *)s, *end = p + n;
    while (p < end) {
        if (*p - 1u < 127) {
            p++;
            continue;
        }
        /* Unicode standard, table 3-7: well-formed UTF-8 byte sequences */
        size_t more = *p >= 0xc2 && *p <= 0xdf   ? 1
                      : *p >= 0xe0 && *p <= 0xef ? 2
                      : *p >= 0xf0 && *p <= 0xf4 ? 3
                                                 : 0;
        if (!more || (size_t)(end - p) <= more)
            return false;
        unsigned char low = *p == 0xe0 ? 0xa0 : *p == 0xf0 ? 0x90 : 0x80;
        unsigned char high = *p == 0xed ? 0x9f : *p == 0xf4 ? 0x8f : 0xbf;
        if (p[1] < low || p[1] > high)
            return false;
        for (size_t i = 2; i <= more; i++)
            if ((p[i] & 0xc0) != 0x80)
                return false;
        p += more + 1;
    }
    return true;
}

size_t nax_text_print_int(char out[NAX_NUMBER_TEXT], int64_t i)
{
    char digits[24];
    size_t n = 0, size = 0;
    uint64_t u = i < 0 ? -(uint64_t)i : (uint64_t)i;
    do
        digits[n++] = (char)('0' + u % 10);
    while (u /= 10);
    if (i < 0)
        out[size++] = '-';
    while (n)
        out[size++] = digits[--n];
    out[size] = 0;
    return size;
}

size_t nax_text_print_float(char out[NAX_NUMBER_TEXT], double f)
{
    if (isnan(f))
        return (size_t)(stpcpy(out, "nan") - out);
    if (isinf(f))
        return (size_t)(stpcpy(out, f < 0 ? "-inf" : "inf") - out);
    if (fabs(f) < 1e15 && f == (double)(int64_t)f && (f != 0 || !signbit(f))) {
        size_t n = nax_text_print_int(out, (int64_t)f);
        return n + (size_t)(stpcpy(out + n, ".0") - (out + n));
    }
    size_t n = nax_decimal_print(out, f, 15);
    if ((f == 0 || fabs(f) >= 1e15) && !out[strcspn(out, ".e")])
        n += (size_t)(stpcpy(out + n, ".0") - (out + n));
    return n;
}

bool nax_text_int(const char *s, size_t n, int64_t *out)
{
    bool is_negative = n && *s == '-';
    size_t i = is_negative;
    if (i == n || n - i > 19 || (s[i] == '0' && n - i > 1))
        return false; /* no digits, too many, or leading zeros, which would be lost */
    uint64_t u = 0;
    for (; i < n; i++) {
        unsigned digit = (unsigned)(s[i] - '0');
        if (digit > 9)
            return false;
        u = 10 * u + digit; /* 19 digits fit */
    }
    if (u > (uint64_t)INT64_MAX + is_negative)
        return false;
    *out = (int64_t)(is_negative ? -u : u);
    return true;
}

struct digits {
    uint64_t value;          /* while there are no more than 19 */
    size_t n, n_significant; /* all; from the first on that is not 0 */
};

/* Takes digits from s[i] on, up to s[n]. Returns where they end. */
static size_t take_digits(struct digits *d, const char *s, size_t i, size_t n)
{
    size_t first = i;
    for (; i < n && s[i] >= '0' && s[i] <= '9'; i++) {
        d->value = 10 * d->value + (uint64_t)(s[i] - '0');
        d->n_significant += d->n_significant || s[i] != '0';
    }
    d->n += i - first;
    return i;
}

bool nax_text_float(const char *s, size_t n, double *out)
{
    size_t i = n && (*s == '-' || *s == '+'), n_behind = 0;
    if (n - i == 3 && (!strncasecmp(s + i, "nan", 3) || !strncasecmp(s + i, "inf", 3))) {
        *out = strtod(s, NULL);
        return true;
    }
    struct digits d = {.n = 0}, e = {.n = 0};
    bool is_small = false;
    i = take_digits(&d, s, i, n);
    if (i < n && s[i] == '.') {
        n_behind = d.n;
        i = take_digits(&d, s, i + 1, n);
        n_behind = d.n - n_behind;
    }
    if (!d.n)
        return false;
    if (i < n && (s[i] | 0x20) == 'e') {
        i++;
        is_small = i < n && s[i] == '-';
        i = take_digits(&e, s, i + (is_small || (i < n && s[i] == '+')), n);
        if (!e.n)
            return false;
    }
    if (i != n)
        return false;
    bool is_short = d.n_significant <= 19 && e.n_significant <= 4 && n_behind < 10000;
    int exponent = (int)(is_small ? -e.value : e.value) - (int)n_behind;
    if (!is_short || !nax_decimal_read(d.value, exponent, out))
        *out = strtod(s, NULL);
    else if (*s == '-')
        *out = -*out;
    return true;
}
