/* YAML through libcyaml, with its log transposed into one line that names file, line and key. */
#include "nax/base.h"
#include "yaml_text.h"

#include <cyaml/cyaml.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int nax_yaml_err_set(struct nax_err *err, const char *path, const char *text, size_t size,
                     const char *key, const char *format, ...)
{
    char message[512];
    va_list ap;
    va_start(ap, format);
    vsnprintf(message, sizeof message, format, ap);
    va_end(ap);
    const char *last = key; /* the last part, and an entry's number with its list's name */
    for (const char *p = key; *p; p++)
        if (*p == '.' && !(p[1] >= '0' && p[1] <= '9'))
            last = p + 1;
    return nax_err_set(err, NAX_ERR_VALUE, "%s:%d: key '%s': %s", path,
                       nax_yaml_text_line(text, size, key), last, message);
}

/* --- loading --- */

/* What libcyaml logs about a failed load: first the reason, "Load: Invalid INT value: 'x'", then
 * the way to the place from inside out, "  in mapping field 'kernel' (line: 7, column: 5)" or
 * "  in sequence entry '2' (…)", where entries count from 1. */
struct load_log {
    char reason[256];
    char key[YAML_KEY_SIZE]; /* "layers.1.conv.kernel" */
    char first[64];          /* the innermost field */
    bool is_at_field;        /* the innermost place is a field, not the mapping or list around it */
    int line; /* of the innermost place: where libcyaml was, which may be a line early */
};

static void prepend(struct load_log *log, const char *name, size_t n)
{
    size_t used = strlen(log->key);
    bool has_dot = used > 0;
    if (n + has_dot + used >= sizeof log->key)
        return; /* deeper or longer than any key of ours: the line is libcyaml's then */
    memmove(log->key + n + has_dot, log->key, used + 1);
    memcpy(log->key, name, n);
    if (has_dot)
        log->key[n] = '.';
}

static void log_place(struct load_log *log, const char *text)
{
    const char *line = strstr(text, "(line: ");
    if (line && !log->line) {
        log->line = atoi(line + 7);
        log->is_at_field = !strncmp(text, "  in mapping field", 18);
    }
    const char *name = strchr(text, '\'');
    if (!name)
        return;
    size_t n = strcspn(++name, "'");
    if (!strncmp(text, "  in sequence entry", 19)) {
        char index[24];
        int size = snprintf(index, sizeof index, "%d", atoi(name) - 1);
        prepend(log, index, (size_t)size);
    } else {
        if (!*log->first)
            snprintf(log->first, sizeof log->first, "%.*s", (int)n, name);
        prepend(log, name, n);
    }
}

NAX_PRINTF(3, 0)
static void log_load(cyaml_log_t level, void *context, const char *format, va_list args)
{
    struct load_log *log = context;
    char text[256];
    if (level < CYAML_LOG_ERROR)
        return;
    vsnprintf(text, sizeof text, format, args);
    text[strcspn(text, "\n")] = 0;
    if (!strncmp(text, "  in ", 5)) {
        log_place(log, text);
    } else if (!*log->reason && !strncmp(text, "Load: ", 6) && strcmp(text, "Load: Backtrace:")) {
        snprintf(log->reason, sizeof log->reason, "%s", text + 6);
        size_t n = strlen(log->reason);
        if (n && log->reason[n - 1] == '.')
            log->reason[n - 1] = 0;
        bool is_word = log->reason[1] >= 'a' && log->reason[1] <= 'z'; /* not INT or YAML */
        if (is_word && log->reason[0] >= 'A' && log->reason[0] <= 'Z')
            log->reason[0] = (char)(log->reason[0] | 0x20);
    }
}

/* Reasons that end in ": name" of a key: cut off there, and the name becomes the last part of the
 * key. A missing field is logged at the field before it. */
static void take_name(struct load_log *log, const char *reason, bool is_sibling)
{
    size_t n = strlen(reason);
    if (strncmp(log->reason, reason, n) || strncmp(log->reason + n, ": ", 2))
        return;
    const char *name = log->reason + n + 2;
    char *last = strrchr(log->key, '.');
    if (is_sibling && log->is_at_field)
        *(last ? last : log->key) = 0;
    size_t used = strlen(log->key);
    snprintf(log->key + used, sizeof log->key - used, "%s%s", used ? "." : "", name);
    snprintf(log->first, sizeof log->first, "%s", name);
    log->reason[n] = 0;
}

/* --- what was meant --- */

/* The schema of the first n letters of a key, or NULL. */
static const cyaml_schema_value_t *schema_at(const cyaml_schema_value_t *schema, const char *key,
                                             size_t n)
{
    for (size_t at = 0, size; schema && at < n; at += size + 1) {
        size = strcspn(key + at, ".");
        if (schema->type == CYAML_SEQUENCE || schema->type == CYAML_SEQUENCE_FIXED) {
            schema = schema->sequence.entry;
            continue;
        }
        const cyaml_schema_field_t *field =
            schema->type == CYAML_MAPPING ? schema->mapping.fields : NULL;
        while (field && field->key &&
               (strncmp(field->key, key + at, size) != 0 || field->key[size]))
            field++;
        schema = field && field->key ? &field->value : NULL;
    }
    return schema;
}

/* The key of the same mapping, or the word for the same key, that is spelled most like what nobody
 * knows. near: "" where none is. */
static void suggest(const struct load_log *log, const cyaml_schema_value_t *schema,
                    char near[NAX_NEAREST_TEXT])
{
    static const char bad_word[] = "invalid ENUM value: ";
    const char *last = strrchr(log->key, '.');
    struct nax_nearest nearest = {.word = log->first};
    char word[sizeof log->reason] = "";
    if (!strcmp(log->reason, "unexpected key")) {
        schema = schema_at(schema, log->key, last ? (size_t)(last - log->key) : 0);
        for (size_t i = 0; schema && schema->type == CYAML_MAPPING && schema->mapping.fields[i].key;
             i++)
            nax_nearest_try(&nearest, schema->mapping.fields[i].key);
    } else if (!strncmp(log->reason, bad_word, sizeof bad_word - 1)) {
        const char *from = log->reason + sizeof bad_word - 1;
        from += *from == '\'';
        snprintf(word, sizeof word, "%.*s", (int)strcspn(from, "'"), from);
        nearest.word = word;
        schema = schema_at(schema, log->key, strlen(log->key));
        for (size_t i = 0; schema && schema->type == CYAML_ENUM && i < schema->enumeration.count;
             i++)
            nax_nearest_try(&nearest, schema->enumeration.strings[i].str);
    }
    nax_nearest_text(&nearest, near);
}

static int load_failed(struct nax_err *err, const char *path, const char *text, size_t size,
                       struct load_log *log, const cyaml_schema_value_t *schema, const char *status)
{
    char near[NAX_NEAREST_TEXT];
    if (!*log->reason)
        snprintf(log->reason, sizeof log->reason, "%s", status);
    take_name(log, "unexpected key", false);
    bool is_missing = !strncmp(log->reason, "missing", 7);
    take_name(log, "missing required mapping field", true);
    int line = nax_yaml_text_line(text, size, log->key);
    if (!line && is_missing && strrchr(log->key, '.')) { /* the mapping that lacks it */
        *strrchr(log->key, '.') = 0;
        line = nax_yaml_text_line(text, size, log->key);
    }
    line = line ? line : NAX_MAX(log->line, 1);
    suggest(log, schema, near);
    if (*log->first)
        return nax_err_set(err, NAX_ERR_FORMAT, "%s:%d: key '%s': %s%s", path, line, log->first,
                           log->reason, near);
    return nax_err_set(err, NAX_ERR_FORMAT, "%s:%d: %s", path, line, log->reason);
}

int nax_yaml_load(const char *path, const char *text, size_t size, const void *schema, void **out,
                  struct nax_err *err)
{
    int checked = nax_yaml_text_check_syntax(path, text, size, err);
    if (checked)
        return checked;
    struct load_log log = {.line = 0};
    cyaml_config_t config = {.log_fn = log_load,
                             .log_ctx = &log,
                             .log_level = CYAML_LOG_ERROR,
                             .mem_fn = cyaml_mem,
                             .flags = CYAML_CFG_NO_ALIAS};
    cyaml_data_t *data = NULL;
    cyaml_err_t status = cyaml_load_data((const uint8_t *)text, size, &config, schema, &data, NULL);
    if (status == CYAML_OK && !data)
        return nax_err_set(err, NAX_ERR_FORMAT, "%s: empty", path);
    if (status == CYAML_OK) {
        checked = nax_yaml_text_check_scalars(path, text, size, schema, err);
        if (checked)
            nax_yaml_free(schema, data);
        else
            *out = data;
        return checked;
    }
    if (status == CYAML_ERR_OOM)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", path);
    /* libcyaml's versions differ in what they let pass, and in what they say of the rest */
    if (status == CYAML_ERR_INVALID_VALUE) {
        checked = nax_yaml_text_check_scalars(path, text, size, schema, err);
        if (checked)
            return checked;
    }
    return load_failed(err, path, text, size, &log, schema, cyaml_strerror(status));
}

void nax_yaml_free(const void *schema, void *out)
{
    cyaml_config_t config = {.mem_fn = cyaml_mem, .log_level = CYAML_LOG_ERROR};
    cyaml_free(&config, schema, out, 0);
}
