/* JSON inside a page. */
#ifndef NAX_TOOLS_REPORT_JSON_H
#define NAX_TOOLS_REPORT_JSON_H

#include <stdint.h>
#include <stdio.h>

/* A string, in which nothing ends a script or begins a tag; NULL: null. */
void json_text(FILE *file, const char *text);
/* Six digits, or null for what is no number. */
void json_number(FILE *file, double value);
void json_ints(FILE *file, const int64_t *values, size_t n);

#endif
