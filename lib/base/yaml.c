/* YAML through libcyaml, with its log turned into one line that names file, line and key. */
#include "nax/base.h"

#include <cyaml/cyaml.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum { KEY_SIZE = 160, DEPTH_MAX = 64 };

/* --- where a key stands: libcyaml keeps no positions of what it has accepted, so the text is gone
 * through once more --- */

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

/* The line of key in the (first) document, 0 when it is not there; how many documents; and where
 * and why the text is not YAML. */
static int find_line(const char *text, size_t size, const char *key, size_t *n_documents,
                     char problem[KEY_SIZE], int *problem_line)
{
    struct place place = {.is_broken = false};
    int line = 0;
    *n_documents = 0;
    if (!yaml_parser_initialize(&place.parser))
        return 0;
    yaml_parser_set_input_string(&place.parser, (const unsigned char *)text, size);
    yaml_event_t event;
    for (bool is_end = false; !is_end && next_event(&place, &event);) {
        is_end = event.type == YAML_STREAM_END_EVENT;
        *n_documents += event.type == YAML_DOCUMENT_START_EVENT;
        if (event.type != YAML_STREAM_START_EVENT && event.type != YAML_DOCUMENT_START_EVENT &&
            event.type != YAML_DOCUMENT_END_EVENT && !is_end) {
            int found = node_line(&place, &event, *n_documents == 1 ? key : NULL, 0);
            line = found ? found : line;
        }
        yaml_event_delete(&event);
    }
    problem[0] = 0;
    if (place.parser.error != YAML_NO_ERROR) {
        snprintf(problem, KEY_SIZE, "%s", place.parser.problem ? place.parser.problem : "not YAML");
        *problem_line = (int)place.parser.problem_mark.line + 1;
    }
    yaml_parser_delete(&place.parser);
    return line;
}

static int key_line(const char *text, size_t size, const char *key)
{
    size_t n_documents;
    char problem[KEY_SIZE];
    int problem_line;
    return find_line(text, size, key, &n_documents, problem, &problem_line);
}

int nax_yaml_err_set(struct nax_err *err, const char *path, const char *text, size_t size,
                     const char *key, const char *format, ...)
{
    char message[256];
    va_list ap;
    va_start(ap, format);
    vsnprintf(message, sizeof message, format, ap);
    va_end(ap);
    const char *last = key; /* the last part, and an entry's number with its list's name */
    for (const char *p = key; *p; p++)
        if (*p == '.' && !(p[1] >= '0' && p[1] <= '9'))
            last = p + 1;
    return nax_err_set(err, NAX_ERR_VALUE, "%s:%d: key '%s': %s", path, key_line(text, size, key),
                       last, message);
}

/* --- loading --- */

/* What libcyaml logs about a failed load: first the reason, "Load: Invalid INT value: 'x'", then
 * the way to the place from inside out, "  in mapping field 'kernel' (line: 7, column: 5)" or
 * "  in sequence entry '2' (…)", where entries count from 1. */
struct load_log {
    char reason[256];
    char key[KEY_SIZE]; /* "layers.1.conv.kernel" */
    char first[64];     /* the innermost field */
    int line;           /* of the innermost place: where libcyaml was, which may be a line early */
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
    if (line && !log->line)
        log->line = atoi(line + 7);
    const char *name = strchr(text, '\'');
    if (!name)
        return;
    size_t n = strcspn(++name, "'");
    if (!strncmp(text, "  in sequence entry", 19)) {
        char index[24];
        int size = snprintf(index, sizeof index, "%d", atoi(name) - 1);
        prepend(log, index, (size_t)size);
    } else {
        if (!*log->key)
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
        if (log->reason[0] >= 'A' && log->reason[0] <= 'Z')
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
    if (is_sibling && *log->first)
        *(last ? last : log->key) = 0;
    size_t used = strlen(log->key);
    snprintf(log->key + used, sizeof log->key - used, "%s%s", used ? "." : "", name);
    snprintf(log->first, sizeof log->first, "%s", name);
    log->reason[n] = 0;
}

static int load_failed(struct nax_err *err, const char *path, const char *text, size_t size,
                       struct load_log *log, const char *status)
{
    if (!*log->reason)
        snprintf(log->reason, sizeof log->reason, "%s", status);
    take_name(log, "unexpected key", false);
    bool is_missing = !strncmp(log->reason, "missing", 7);
    take_name(log, "missing required mapping field", true);
    int line = key_line(text, size, log->key);
    if (!line && is_missing && strrchr(log->key, '.')) { /* the mapping that lacks it */
        *strrchr(log->key, '.') = 0;
        line = key_line(text, size, log->key);
    }
    line = line ? line : NAX_MAX(log->line, 1);
    if (*log->first)
        return nax_err_set(err, NAX_ERR_FORMAT, "%s:%d: key '%s': %s", path, line, log->first,
                           log->reason);
    return nax_err_set(err, NAX_ERR_FORMAT, "%s:%d: %s", path, line, log->reason);
}

int nax_yaml_load(const char *path, const char *text, size_t size, const void *schema, void **out,
                  struct nax_err *err)
{
    /* libcyaml reads the first document only and places syntax errors loosely: both here */
    size_t n_documents;
    char problem[KEY_SIZE];
    int line = 1;
    find_line(text, size, NULL, &n_documents, problem, &line);
    if (*problem)
        return nax_err_set(err, NAX_ERR_FORMAT, "%s:%d: %s", path, line, problem);
    if (n_documents > 1)
        return nax_err_set(err, NAX_ERR_FORMAT, "%s: more than one document", path);

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
        *out = data;
        return 0;
    }
    if (status == CYAML_ERR_OOM)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", path);
    return load_failed(err, path, text, size, &log, cyaml_strerror(status));
}

void nax_yaml_free(const void *schema, void *out)
{
    cyaml_config_t config = {.mem_fn = cyaml_mem, .log_level = CYAML_LOG_ERROR};
    cyaml_free(&config, schema, out, 0);
}
