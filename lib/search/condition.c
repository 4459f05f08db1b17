/* Conditions on a field: "accuracy >= 0.9". */
#include "nax/search.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const relations[] = {[NAX_EQ] = "=",  [NAX_NE] = "!=", [NAX_LT] = "<",
                                        [NAX_LE] = "<=", [NAX_GT] = ">",  [NAX_GE] = ">="};

/* The relation that begins text, and its length; 0: none. */
static size_t parse_relation(const char *text, enum nax_relation *relation)
{
    size_t n = 0;
    for (int i = 0; i < (int)(sizeof relations / sizeof *relations); i++) {
        size_t length = strlen(relations[i]);
        if (length > n && !strncmp(text, relations[i], length)) {
            n = length;
            *relation = (enum nax_relation)i;
        }
    }
    if (!strncmp(text, "==", 2)) /* as people write it too; "=" has been found */
        n = 2;
    return n;
}

/* Copies n bytes without the spaces around them; false where nothing is left or it does not fit. */
static bool copy_trimmed(const char *text, size_t n, char out[256])
{
    while (n && *text == ' ') {
        text++;
        n--;
    }
    while (n && text[n - 1] == ' ')
        n--;
    if (!n || n > 255)
        return false;
    memcpy(out, text, n);
    out[n] = 0;
    return true;
}

int nax_condition_parse(const char *text, struct nax_condition *c, struct nax_err *err)
{
    size_t n_field = strcspn(text, "<>=!"), n_relation;
    *c = (struct nax_condition){.is_number = false};
    n_relation = parse_relation(text + n_field, &c->relation);
    const char *value = text + n_field + n_relation;
    if (!n_relation || !copy_trimmed(text, n_field, c->field) ||
        !copy_trimmed(value, strlen(value), c->text))
        return nax_err_set(err, NAX_ERR_VALUE,
                           "a condition is FIELD = VALUE, or with !=, <, <=, >, >=: '%.300s'",
                           text);
    char *end;
    c->number = strtod(c->text, &end);
    c->is_number = !*end && !isnan(c->number);
    return 0;
}

static bool is_met(enum nax_relation relation, double order, bool is_ordered)
{
    switch (relation) {
    case NAX_EQ:
        return is_ordered && order == 0;
    case NAX_NE:
        return !is_ordered || order != 0;
    case NAX_LT:
        return is_ordered && order < 0;
    case NAX_LE:
        return is_ordered && order <= 0;
    case NAX_GT:
        return is_ordered && order > 0;
    case NAX_GE:
        return is_ordered && order >= 0;
    }
    return false;
}

static int compare_text(const struct nax_condition *c, const char *text, struct nax_err *err)
{
    if (c->relation != NAX_EQ && c->relation != NAX_NE)
        return nax_err_set(err, NAX_ERR_VALUE, "field '%s': not a number, for '%s %s'", c->field,
                           relations[c->relation], c->text);
    return is_met(c->relation, strcmp(text, c->text), true);
}

int nax_condition_holds(const struct nax_condition *c, const struct nax_record *r,
                        struct nax_err *err)
{
    const struct nax_value *value = nax_record_get(r, c->field);
    double number;
    if (value && value->type == NAX_STRING)
        return compare_text(c, value->string.s, err);
    if (value && value->type == NAX_BOOL)
        return compare_text(c, value->b ? "true" : "false", err);
    int status = nax_record_float(r, c->field, &number, err);
    if (status)
        return status;
    if (!c->is_number)
        return nax_err_set(err, NAX_ERR_VALUE, "field '%s': a number, compared with '%s'", c->field,
                           c->text);
    double order = number < c->number ? -1 : number > c->number;
    return is_met(c->relation, order, !isnan(number));
}
