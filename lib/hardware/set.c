/* Changes of single values: the key is looked up in the schema that the file was loaded by. */
#include "set.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct place {
    const cyaml_schema_field_t *field;
    char *data; /* of the structure that the field is part of */
};

static int fail(struct nax_err *err, const char *what, const char *set)
{
    return nax_err_set(err, NAX_ERR_VALUE, "%s: '%s'", what, set);
}

static const cyaml_schema_field_t *find_field(const cyaml_schema_field_t *fields, const char *name,
                                              size_t n)
{
    for (; fields->key; fields++)
        if (strlen(fields->key) == n && !memcmp(fields->key, name, n))
            return fields;
    return NULL;
}

/* The entry of a list of mappings whose "name" is this. */
static char *find_entry(const cyaml_schema_field_t *field, char *data, const char *name, size_t n)
{
    const cyaml_schema_value_t *entry = field->value.sequence.entry;
    const cyaml_schema_field_t *key = find_field(entry->mapping.fields, "name", 4);
    char *entries;
    uint32_t count;
    if (!key)
        return NULL;
    memcpy(&entries, data + field->data_offset, sizeof entries);
    memcpy(&count, data + field->count_offset, sizeof count);
    for (uint32_t i = 0; i < count; i++) {
        char *e = entries + (size_t)i * entry->data_size;
        const char *own;
        memcpy(&own, e + key->data_offset, sizeof own);
        if (strlen(own) == n && !memcmp(own, name, n))
            return e;
    }
    return NULL;
}

/* Follows "a.b.c" down to a single value. */
static int find_place(struct place *place, const cyaml_schema_field_t *fields, char *data,
                      const char *set, struct nax_err *err)
{
    size_t n_key = strcspn(set, "=");
    if (!set[n_key])
        return fail(err, "not of the form key=value", set);
    for (const char *part = set, *end = set + n_key;;) {
        size_t n = strcspn(part, ".=");
        const cyaml_schema_field_t *field = find_field(fields, part, n);
        if (!field)
            return fail(err, "no such key", set);
        bool is_last = part + n == end;
        if (field->value.type == CYAML_MAPPING && !is_last) {
            data += field->data_offset;
            fields = field->value.mapping.fields;
        } else if (field->value.type == CYAML_SEQUENCE && !is_last) {
            part += n + 1;
            n = strcspn(part, ".=");
            if (!(data = find_entry(field, data, part, n)) || part + n == end)
                return fail(err, "no such key", set);
            fields = field->value.sequence.entry->mapping.fields;
        } else if (is_last && field->value.type != CYAML_MAPPING &&
                   field->value.type != CYAML_SEQUENCE) {
            *place = (struct place){field, data};
            return 0;
        } else {
            return fail(err, "no such key", set);
        }
        part += n + 1;
    }
}

static int set_word(const struct place *place, char *out, const char *value, const char *set,
                    struct nax_err *err)
{
    const cyaml_schema_value_t *v = &place->field->value;
    for (uint32_t i = 0; i < v->enumeration.count; i++)
        if (!strcmp(v->enumeration.strings[i].str, value)) {
            int number = (int)v->enumeration.strings[i].val;
            memcpy(out, &number, sizeof number);
            return 0;
        }
    return fail(err, "no such word for this key", set);
}

static int set_number(const struct place *place, char *out, const char *value, const char *set,
                      struct nax_err *err)
{
    char *end;
    errno = 0;
    if (place->field->value.type == CYAML_FLOAT) {
        double number = strtod(value, &end);
        if (!*value || *end || errno || !isfinite(number))
            return fail(err, "not a number", set);
        memcpy(out, &number, sizeof number);
        return 0;
    }
    long long number = strtoll(value, &end, 10);
    int small = (int)number;
    if (!*value || *end || errno || small != number)
        return fail(err, "not an integer", set);
    memcpy(out, &small, sizeof small);
    return 0;
}

static int set_string(const struct place *place, char *out, const char *value, const char *set,
                      struct nax_err *err)
{
    const cyaml_schema_value_t *v = &place->field->value;
    if (strlen(value) < v->string.min || strlen(value) > v->string.max)
        return fail(err, "too short or too long", set);
    if (!(v->flags & CYAML_FLAG_POINTER)) {
        memcpy(out, value, strlen(value) + 1);
        return 0;
    }
    char *copy = nax_strdup(value), *old;
    if (!copy)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", set);
    memcpy(&old, out, sizeof old);
    free(old);
    memcpy(out, &copy, sizeof copy);
    return 0;
}

int nax_hardware_set(const cyaml_schema_field_t *fields, void *data, const char *set,
                     struct nax_err *err)
{
    struct place place = {.data = NULL};
    int status = find_place(&place, fields, data, set, err);
    if (status)
        return status;
    const char *value = set + strcspn(set, "=") + 1;
    char *out = place.data + place.field->data_offset;
    if (place.field->value.type == CYAML_STRING)
        return set_string(&place, out, value, set, err);
    if (place.field->value.flags & CYAML_FLAG_POINTER) { /* a value that may be missing */
        char *there;
        memcpy(&there, out, sizeof there);
        if (!there && !(there = nax_calloc(1, place.field->value.data_size)))
            return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", set);
        memcpy(out, &there, sizeof there);
        out = there;
    }
    return place.field->value.type == CYAML_ENUM ? set_word(&place, out, value, set, err)
                                                 : set_number(&place, out, value, set, err);
}
