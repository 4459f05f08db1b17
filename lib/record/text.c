/* Numbers and strings as text: exact in both directions. */
#include "text.h"

#include <math.h>
#include <stdio.h>
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
    char text[NAX_NUMBER_TEXT];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, f);
        if (digits == 17 || strtod(text, NULL) == f)
            break;
    }
    bool is_integral = !text[strcspn(text, ".e")];
    return (size_t)(stpcpy(stpcpy(out, text), is_integral ? ".0" : "") - out);
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

bool nax_text_float(const char *s, size_t n, double *out)
{
    size_t i = n && (*s == '-' || *s == '+');
    if (n - i == 3 && (!strncasecmp(s + i, "nan", 3) || !strncasecmp(s + i, "inf", 3))) {
        *out = strtod(s, NULL);
        return true;
    }
    size_t n_digits = 0;
    for (; i < n && s[i] >= '0' && s[i] <= '9'; i++)
        n_digits++;
    if (i < n && s[i] == '.')
        for (i++; i < n && s[i] >= '0' && s[i] <= '9'; i++)
            n_digits++;
    if (!n_digits)
        return false;
    if (i < n && (s[i] | 0x20) == 'e') {
        i++;
        i += i < n && (s[i] == '-' || s[i] == '+');
        size_t first = i;
        while (i < n && s[i] >= '0' && s[i] <= '9')
            i++;
        if (i == first)
            return false;
    }
    if (i != n)
        return false;
    *out = strtod(s, NULL);
    return true;
}
