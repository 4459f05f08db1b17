/* YAML through libcyaml, with its log turned into one line that names file, line and key. */
#include "nax/base.h"

#include <cyaml/cyaml.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* What libcyaml logs about a failed load: first the reason, then the way to the place from inside
 * out: "in mapping field 'kernel' (line: 7, column: 5)". */
struct load_log {
    char reason[256], key[64];
    int line;
};

NAX_PRINTF(3, 0)
static void log_load(cyaml_log_t level, void *context, const char *format, va_list args)
{
    struct load_log *log = context;
    char text[256];
    if (level < CYAML_LOG_ERROR)
        return;
    vsnprintf(text, sizeof text, format, args);
    text[strcspn(text, "\n")] = 0;
    const char *line = strstr(text, "(line: ");
    const char *field = strstr(text, "mapping field: ");
    if (!field)
        field = strstr(text, "mapping field '");
    if (line && !log->line)
        sscanf(line, "(line: %d", &log->line);
    if (field && !log->key[0]) {
        field = strchr(field, text[field - text + 13] == ':' ? ' ' : '\'');
        const char *name = strrchr(text, '\'') ? strchr(text, '\'') + 1 : field;
        snprintf(log->key, sizeof log->key, "%.*s", (int)strcspn(name, "' "), name);
    }
    if (!log->reason[0] && !line && strncmp(text, "Load: Backtrace", 15)) {
        const char *reason = strncmp(text, "Load: ", 6) ? text : text + 6;
        snprintf(log->reason, sizeof log->reason, "%s", reason);
        if (log->reason[0] >= 'A' && log->reason[0] <= 'Z')
            log->reason[0] = (char)(log->reason[0] | 0x20);
    }
}

int nax_yaml_load(const char *path, const char *text, size_t size, const void *schema, void **out,
                  struct nax_err *err)
{
    struct load_log log = {.line = 0};
    cyaml_config_t config = {.log_fn = log_load,
                             .log_ctx = &log,
                             .log_level = CYAML_LOG_ERROR,
                             .mem_fn = cyaml_mem,
                             .flags = CYAML_CFG_NO_ALIAS};
    cyaml_data_t *data = NULL;
    cyaml_err_t status = cyaml_load_data((const uint8_t *)text, size, &config, schema, &data, NULL);
    if (status == CYAML_OK && !data)
        return nax_err_set(err, NAX_ERR_FORMAT, "empty: '%s'", path);
    if (status == CYAML_OK) {
        *out = data;
        return 0;
    }
    const char *reason = log.reason[0] ? log.reason : cyaml_strerror(status);
    if (log.line && log.key[0])
        return nax_err_set(err, NAX_ERR_FORMAT, "%s:%d: key '%s': %s", path, log.line, log.key,
                           reason);
    if (log.line)
        return nax_err_set(err, NAX_ERR_FORMAT, "%s:%d: %s", path, log.line, reason);
    return nax_err_set(err, NAX_ERR_FORMAT, "%s: %s", path, reason);
}

void nax_yaml_free(const void *schema, void *out)
{
    cyaml_config_t config = {.mem_fn = cyaml_mem, .log_level = CYAML_LOG_ERROR};
    cyaml_free(&config, schema, out, 0);
}
