/* JSON inside a page: <, > and & are written by their codes. */
#include "report_json.h"

#include <math.h>
#include <string.h>

void json_text(FILE *file, const char *text)
{
    if (!text) {
        fputs("null", file);
        return;
    }
    fputc('"', file);
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 127 || strchr("<>&\"\\", *text))
            fprintf(file, "\\u%04x", (unsigned)*text);
        else
            fputc(*text, file);
    fputc('"', file);
}

void json_number(FILE *file, double value)
{
    if (isfinite(value))
        fprintf(file, "%.6g", value);
    else
        fputs("null", file);
}

void json_ints(FILE *file, const int64_t *values, size_t n)
{
    fputc('[', file);
    for (size_t i = 0; i < n; i++)
        fprintf(file, "%s%lld", i ? "," : "", (long long)values[i]);
    fputc(']', file);
}
