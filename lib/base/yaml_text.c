/* Walks over the events of a YAML text: lines of keys, exact syntax errors, strict scalars. */
#include "yaml_text.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <yaml.h>

enum { DEPTH_MAX = 64 };

/* --- lines --- */

struct place {
    yaml_parser_t parser;
    bool is_broken; /* not YAML, or nested deeper than any file of ours */
};

static bool next_event(struct place *place, yaml_event_t *event)
{
    if (!place->is_broken && yaml_parser_parse(&place->parser, event))
        return true;
    place->is_broken = true;
    return false;
}

static bool is_head(const char *key, const void *name, size_t n)
{
    return key && strcspn(key, ".") == n && !memcmp(key, name, n);
}

static const char *key_rest(const char *key)
{
    key += strcspn(key, ".");
    return key + (*key == '.');
}

/* Passes over the node whose first event is given; the line of key in it, or 0. key NULL: none. */
static int node_line(struct place *place, const yaml_event_t *first, const char *key, int depth)
{
    yaml_event_t event, value;
    int line = key && !*key ? (int)first->start_mark.line + 1 : 0;
    const char *inside = line ? NULL : key;
    bool is_mapping = first->type == YAML_MAPPING_START_EVENT;
    if (!is_mapping && first->type != YAML_SEQUENCE_START_EVENT)
        return line;
    if (depth == DEPTH_MAX) {
        place->is_broken = true;
        return 0;
    }
    for (size_t i = 0; next_event(place, &event); i++) {
        bool is_end = event.type == YAML_MAPPING_END_EVENT || event.type == YAML_SEQUENCE_END_EVENT;
        char index[24];
        snprintf(index, sizeof index, "%zu", i);
        bool is_here = !is_mapping
                           ? !is_end && is_head(inside, index, strlen(index))
                           : event.type == YAML_SCALAR_EVENT &&
                                 is_head(inside, event.data.scalar.value, event.data.scalar.length);
        const char *rest = is_here ? key_rest(inside) : NULL;
        int found = 0;
        if (!is_end && is_mapping) {
            found = rest && !*rest ? (int)event.start_mark.line + 1 : 0;
            node_line(place, &event, NULL, depth + 1);
            if (next_event(place, &value)) {
                int deeper = node_line(place, &value, rest, depth + 1);
                found = found ? found : deeper;
                yaml_event_delete(&value);
            }
        } else if (!is_end) {
            found = node_line(place, &event, rest, depth + 1);
        }
        line = found ? found : line;
        yaml_event_delete(&event);
        if (is_end)
            break;
    }
    return line;
}

static bool is_node(const yaml_event_t *event)
{
    return event->type == YAML_SCALAR_EVENT || event->type == YAML_MAPPING_START_EVENT ||
           event->type == YAML_SEQUENCE_START_EVENT || event->type == YAML_ALIAS_EVENT;
}

static bool open_place(struct place *place, const char *text, size_t size)
{
    *place = (struct place){.is_broken = false};
    if (!yaml_parser_initialize(&place->parser))
        return false;
    yaml_parser_set_input_string(&place->parser, (const unsigned char *)text, size);
    return true;
}

int nax_yaml_text_line(const char *text, size_t size, const char *key)
{
    struct place place;
    yaml_event_t event;
    int line = 0;
    if (!open_place(&place, text, size))
        return 0;
    for (bool is_done = false; !is_done && next_event(&place, &event);) {
        is_done = is_node(&event) || event.type == YAML_STREAM_END_EVENT;
        if (is_node(&event))
            line = node_line(&place, &event, key, 0);
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&place.parser);
    return line;
}

/* libyaml takes time in the square of the number of brackets open at once. Brackets in quotes and
 * comments count as well: no file of ours comes near the limit. 0: no line is too deep. */
static int too_deep_line(const char *text, size_t size)
{
    int line = 1, depth = 0;
    for (size_t i = 0; i < size; i++) {
        line += text[i] == '\n';
        depth += text[i] == '[' || text[i] == '{';
        depth -= depth && (text[i] == ']' || text[i] == '}');
        if (depth > DEPTH_MAX)
            return line;
    }
    return 0;
}

int nax_yaml_text_check_syntax(const char *path, const char *text, size_t size, struct nax_err *err)
{
    struct place place;
    yaml_event_t event;
    int status = 0;
    size_t n_documents = 0;
    int deep = too_deep_line(text, size);
    if (deep)
        return nax_err_set(err, NAX_ERR_FORMAT, "%s:%d: brackets nested deeper than %d", path, deep,
                           DEPTH_MAX);
    if (!open_place(&place, text, size))
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", path);
    for (bool is_end = false; !is_end && next_event(&place, &event);) {
        is_end = event.type == YAML_STREAM_END_EVENT;
        n_documents += event.type == YAML_DOCUMENT_START_EVENT;
        if (n_documents > 1 && !status)
            status = nax_err_set(err, NAX_ERR_FORMAT, "%s:%d: more than one document", path,
                                 (int)event.start_mark.line + 1);
        yaml_event_delete(&event);
    }
    if (place.is_broken)
        status = nax_err_set(err, NAX_ERR_FORMAT, "%s:%d: %s", path,
                             (int)place.parser.problem_mark.line + 1,
                             place.parser.problem ? place.parser.problem : "not YAML");
    yaml_parser_delete(&place.parser);
    return status;
}

/* --- scalars --- */

static bool is_integer(const char *s)
{
    s += *s == '-' || *s == '+';
    size_t n = strspn(s, "0123456789");
    return n && !s[n] && (n == 1 || *s != '0');
}

static bool is_number(const char *s)
{
    char *end;
    double value = strtod(s, &end);
    return end != s && !*end && isfinite(value) && !strpbrk(s, "xX \t\n");
}

static bool is_bool(const char *s)
{
    return !strcmp(s, "true") || !strcmp(s, "false");
}

struct scalars {
    struct place place;
    const char *bad; /* what the first bad scalar should have been, or NULL */
    int line;
    char key[64], value[64];
};

static void check_scalar(struct scalars *scalars, const yaml_event_t *event,
                         const cyaml_schema_value_t *schema, const char *key)
{
    const char *value = (const char *)event->data.scalar.value;
    const char *expected = NULL;
    if ((schema->type == CYAML_INT || schema->type == CYAML_UINT) && !is_integer(value))
        expected = "not an integer";
    else if (schema->type == CYAML_FLOAT && !is_number(value))
        expected = "not a finite number";
    else if (schema->type == CYAML_BOOL && !is_bool(value))
        expected = "neither true nor false";
    if (!expected || scalars->bad)
        return;
    scalars->bad = expected;
    scalars->line = (int)event->start_mark.line + 1;
    snprintf(scalars->key, sizeof scalars->key, "%s", key);
    snprintf(scalars->value, sizeof scalars->value, "%s", value);
}

static const cyaml_schema_value_t *field_schema(const cyaml_schema_value_t *schema, const char *key)
{
    const cyaml_schema_field_t *field = schema ? schema->mapping.fields : NULL;
    while (field && field->key && strcmp(field->key, key) != 0)
        field++;
    return field && field->key ? &field->value : NULL;
}

/* Goes over the node whose first event is given. schema NULL: nothing to check in it. */
static void check_node(struct scalars *scalars, const yaml_event_t *first,
                       const cyaml_schema_value_t *schema, const char *key, int depth)
{
    yaml_event_t event, value;
    struct place *place = &scalars->place;
    bool is_mapping = first->type == YAML_MAPPING_START_EVENT;
    if (first->type == YAML_SCALAR_EVENT && schema)
        check_scalar(scalars, first, schema, key);
    if (!is_mapping && first->type != YAML_SEQUENCE_START_EVENT)
        return;
    if (schema && is_mapping && schema->type != CYAML_MAPPING)
        schema = NULL;
    if (schema && !is_mapping && schema->type != CYAML_SEQUENCE &&
        schema->type != CYAML_SEQUENCE_FIXED)
        schema = NULL;
    place->is_broken |= depth == DEPTH_MAX;
    for (bool is_end = false; !is_end && next_event(place, &event);) {
        is_end = event.type == YAML_MAPPING_END_EVENT || event.type == YAML_SEQUENCE_END_EVENT;
        if (!is_end && is_mapping) {
            bool has_name = event.type == YAML_SCALAR_EVENT;
            const char *name = has_name ? (const char *)event.data.scalar.value : "";
            check_node(scalars, &event, NULL, "", depth + 1);
            if (next_event(place, &value)) {
                check_node(scalars, &value, field_schema(schema, name), name, depth + 1);
                yaml_event_delete(&value);
            }
        } else if (!is_end) {
            check_node(scalars, &event, schema ? schema->sequence.entry : NULL, key, depth + 1);
        }
        yaml_event_delete(&event);
    }
}

int nax_yaml_text_check_scalars(const char *path, const char *text, size_t size,
                                const cyaml_schema_value_t *schema, struct nax_err *err)
{
    struct scalars scalars = {.bad = NULL};
    yaml_event_t event;
    if (!open_place(&scalars.place, text, size))
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", path);
    for (bool is_done = false; !is_done && next_event(&scalars.place, &event);) {
        is_done = is_node(&event);
        if (is_done)
            check_node(&scalars, &event, schema, "", 0);
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&scalars.place.parser);
    if (!scalars.bad)
        return 0;
    return nax_err_set(err, NAX_ERR_FORMAT, "%s:%d: key '%s': %s: '%s'", path, scalars.line,
                       scalars.key, scalars.bad, scalars.value);
}

/* --- lists --- */

/* A text on its way to another. libyaml counts characters, of UTF-8. */
struct lists {
    struct place place;
    const char *const *keys;
    const char *from, *end;
    char *to;
    size_t n_copied; /* characters */
};

static void copy_until(struct lists *l, size_t n)
{
    for (; l->n_copied < n && l->from < l->end; l->n_copied++)
        do
            *l->to++ = *l->from++;
        while (l->from < l->end && ((unsigned char)*l->from & 0xc0) == 0x80);
}

static bool is_listed(const struct lists *l, const char *name)
{
    const char *const *key = l->keys;
    while (*key && strcmp(*key, name) != 0)
        key++;
    return *key;
}

static void list_node(struct lists *l, const yaml_event_t *first, const char *key, int depth)
{
    yaml_event_t event, value;
    bool is_mapping = first->type == YAML_MAPPING_START_EVENT;
    bool is_one = first->start_mark.line == first->end_mark.line &&
                  first->start_mark.index < first->end_mark.index;
    if (first->type == YAML_SCALAR_EVENT && is_one && is_listed(l, key)) {
        copy_until(l, first->start_mark.index);
        *l->to++ = '[';
        copy_until(l, first->end_mark.index);
        *l->to++ = ']';
    }
    if (!is_mapping && first->type != YAML_SEQUENCE_START_EVENT)
        return;
    l->place.is_broken |= depth == DEPTH_MAX;
    for (bool is_end = false; !is_end && next_event(&l->place, &event);) {
        is_end = event.type == YAML_MAPPING_END_EVENT || event.type == YAML_SEQUENCE_END_EVENT;
        if (!is_end && is_mapping && next_event(&l->place, &value)) {
            bool has_name = event.type == YAML_SCALAR_EVENT;
            list_node(l, &value, has_name ? (const char *)event.data.scalar.value : "", depth + 1);
            yaml_event_delete(&value);
        } else if (!is_end && !is_mapping) {
            list_node(l, &event, "", depth + 1);
        }
        yaml_event_delete(&event);
    }
}

int nax_yaml_listed(const char *text, size_t size, const char *const *keys, char **listed,
                    size_t *listed_size, struct nax_err *err)
{
    static const char mark[] = "\xef\xbb\xbf"; /* of byte order: no character to libyaml */
    struct lists l = {.keys = keys, .from = text, .end = text + size};
    yaml_event_t event;
    *listed = nax_calloc(3 * size + 1, 1); /* a scalar has a character at least */
    l.to = *listed;
    if (!*listed || !open_place(&l.place, text, size)) {
        free(*listed);
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'YAML'");
    }
    if (size >= 3 && !memcmp(text, mark, 3)) {
        l.to = mempcpy(l.to, mark, 3);
        l.from += 3;
    }
    for (bool is_done = too_deep_line(text, size); !is_done && next_event(&l.place, &event);) {
        is_done = is_node(&event) || event.type == YAML_STREAM_END_EVENT;
        if (is_node(&event))
            list_node(&l, &event, "", 0);
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&l.place.parser);
    copy_until(&l, SIZE_MAX);
    *listed_size = (size_t)(l.to - *listed);
    return 0;
}
