/* Where files that users name come from: a path, $NAX_PATH, or the copies built into the library.
 */
#include "nax/base.h"
#include "builtin.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const size_t config_size_max = (size_t)1 << 20;

static int read_open(FILE *f, const char *path, char **text, size_t *size, struct nax_err *err)
{
    char *buffer = nax_calloc(config_size_max + 1, 1);
    if (!buffer)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", path);
    size_t n = fread(buffer, 1, config_size_max + 1, f);
    if (ferror(f)) {
        free(buffer);
        return nax_err_io(err, "cannot read: '%s'", path);
    }
    if (n > config_size_max) {
        free(buffer);
        return nax_err_set(err, NAX_ERR_FORMAT, "larger than 1 MiB: '%s'", path);
    }
    buffer[n] = 0;
    *text = buffer;
    *size = n;
    return 0;
}

static int read_path(const char *path, char **text, size_t *size, struct nax_err *err)
{
    FILE *f;
    int status = nax_file_open(path, &f, size, err);
    if (status)
        return status;
    status = read_open(f, path, text, size, err);
    fclose(f);
    return status;
}

static int copy_builtin(const struct nax_builtin *b, char **text, size_t *size, struct nax_err *err)
{
    *size = strlen(b->text);
    *text = nax_strdup(b->text);
    return *text ? 0 : nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", b->name);
}

/* The names that there are of a kind. */
struct names {
    struct nax_nearest nearest;
    char near[NAME_MAX + 1]; /* what nearest.name points to */
    char list[256];
};

static bool is_listed(const char *list, const char *name)
{
    const size_t n = strlen(name);
    while (*list && (strncmp(list, name, n) != 0 || (list[n] && list[n] != ','))) {
        list += strcspn(list, ",");
        list += strspn(list, ", ");
    }
    return *list;
}

static void add_name(struct names *names, const char *name)
{
    const size_t n = strlen(names->list);
    if (is_listed(names->list, name))
        return;
    snprintf(names->list + n, sizeof names->list - n, "%s%s", n ? ", " : "", name);
    nax_nearest_try(&names->nearest, name);
    if (names->nearest.name == name)
        names->nearest.name = strcpy(names->near, name);
}

static int is_yaml(const struct dirent *entry)
{
    const size_t n = strlen(entry->d_name);
    return n > 5 && !strcmp(entry->d_name + n - 5, ".yaml");
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void add_folder(struct names *names, const char *path)
{
    struct dirent **entries;
    const int n = scandir(path, &entries, is_yaml, by_bytes);
    for (int i = 0; i < n; i++) {
        entries[i]->d_name[strlen(entries[i]->d_name) - 5] = 0;
        add_name(names, entries[i]->d_name);
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
}

/* Says what there is: in the folders of $NAX_PATH, and built in. */
static int refuse(const char *kind, const char *name, struct nax_err *err)
{
    struct names names = {.nearest = {.word = name}};
    char path[256], near[NAX_NEAREST_TEXT];
    const char *dir = getenv("NAX_PATH");
    while (dir && *dir) {
        const size_t n = strcspn(dir, ":");
        if (n && n + strlen(kind) + 2 < sizeof path) {
            snprintf(path, sizeof path, "%.*s/%s", (int)n, dir, kind);
            add_folder(&names, path);
        }
        dir += n + (dir[n] == ':');
    }
    for (const struct nax_builtin *b = nax_builtin_files; b->kind; b++)
        if (!strcmp(b->kind, kind))
            add_name(&names, b->name);
    nax_nearest_text(&names.nearest, near);
    return nax_err_set(err, NAX_ERR_VALUE, "no such file among %s: '%.200s'%s there are %s", kind,
                       name, *near ? near : ";", names.list);
}

static int read_searched(const char *kind, const char *name, char **text, size_t *size,
                         char path[256], struct nax_err *err)
{
    const char *dir = getenv("NAX_PATH");
    while (dir && *dir) {
        size_t n = strcspn(dir, ":");
        if (n && n + strlen(kind) + strlen(name) + 8 < 256) {
            snprintf(path, 256, "%.*s/%s/%s.yaml", (int)n, dir, kind, name);
            if (!access(path, F_OK) || errno != ENOENT)
                return read_path(path, text, size, err);
        }
        dir += n + (dir[n] == ':');
    }
    for (const struct nax_builtin *b = nax_builtin_files; b->kind; b++)
        if (!strcmp(b->kind, kind) && !strcmp(b->name, name)) {
            snprintf(path, 256, "%s/%s.yaml", kind, name);
            return copy_builtin(b, text, size, err);
        }
    return refuse(kind, name, err);
}

int nax_config_read(const char *kind, const char *name, char **text, size_t *size, char path[256],
                    struct nax_err *err)
{
    size_t n = strlen(name);
    bool is_path = strchr(name, '/') || (n > 5 && !strcmp(name + n - 5, ".yaml"));
    if (!is_path)
        return read_searched(kind, name, text, size, path, err);
    snprintf(path, 256, "%s", name);
    return read_path(name, text, size, err);
}

bool nax_config_is_builtin(const char *kind, const char *name, const char *text)
{
    for (const struct nax_builtin *b = nax_builtin_files; b->kind; b++)
        if (!strcmp(b->kind, kind) && !strcmp(b->name, name))
            return !strcmp(b->text, text);
    return false;
}

const char *nax_config_builtin(const char *kind, size_t i)
{
    for (const struct nax_builtin *b = nax_builtin_files; b->kind; b++)
        if (!strcmp(b->kind, kind) && !i--)
            return b->name;
    return NULL;
}
