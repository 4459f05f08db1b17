/* The order of records by a field. */
#include "sort.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void sort_parse(const struct tool *tool, struct sort *sort)
{
    if (!sort->text)
        return;
    const char *colon = strrchr(sort->text, ':');
    const size_t n = colon ? (size_t)(colon - sort->text) : strlen(sort->text);
    sort->is_max = colon && !strcmp(colon, ":max");
    if (!n || n >= sizeof sort->field || (colon && !sort->is_max && strcmp(colon, ":min") != 0))
        tool_misuse(tool, "--sort takes FIELD, FIELD:min or FIELD:max, which comes first: '%s'",
                    sort->text);
    snprintf(sort->field, sizeof sort->field, "%.*s", (int)n, sort->text);
}

int sort_take(const struct sort *sort, const struct nax_record *record, size_t index,
              struct sort_key *key, struct nax_err *err)
{
    const struct nax_value *v = nax_record_get(record, sort->field);
    *key = (struct sort_key){.index = index, .is_missing = !v || v->type == NAX_NULL};
    if (key->is_missing)
        return 0;
    if (v->type == NAX_STRING) {
        key->text = nax_strdup(v->string.s);
        return key->text ? 0 : nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'records'");
    }
    int status = nax_record_float(record, sort->field, &key->number, err);
    key->is_missing = isnan(key->number);
    return status;
}

static int order(const struct sort_key *a, const struct sort_key *b)
{
    if (a->text && b->text)
        return strcmp(a->text, b->text);
    if (a->text || b->text) /* numbers before texts */
        return a->text ? 1 : -1;
    return (a->number > b->number) - (a->number < b->number);
}

static int compare(const void *x, const void *y, void *context)
{
    const struct sort *sort = context;
    const struct sort_key *a = x, *b = y;
    if (a->is_missing != b->is_missing)
        return a->is_missing ? 1 : -1;
    const int by = a->is_missing ? 0 : order(a, b);
    if (by)
        return sort->is_max ? -by : by;
    return (a->index > b->index) - (a->index < b->index);
}

void sort_keys(const struct sort *sort, struct sort_key *keys, size_t n)
{
    struct sort copy = *sort;
    qsort_r(keys, n, sizeof *keys, compare, &copy);
    for (size_t i = 0; i < n; i++)
        free(keys[i].text);
}
