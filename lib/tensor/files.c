/* Folders and small files, as the importers read them. */
#include "files.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const size_t max_file = (size_t)1
                               << 30; /* of one image, batch or array: larger is a mistake */

bool nax_is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool nax_is_there(const char *path)
{
    return access(path, F_OK) == 0;
}

char *nax_path_join(const char *a, const char *b)
{
    char *path;
    size_t n = strlen(a);
    return asprintf(&path, n && a[n - 1] == '/' ? "%s%s" : "%s/%s", a, b) < 0 ? NULL : path;
}

char *nax_own_name(const char *path)
{
    char *full = realpath(path, NULL);
    const char *slash = full ? strrchr(full, '/') : NULL;
    char *name = nax_strdup(slash ? slash + 1 : path);
    free(full);
    return name;
}

int nax_names_add(struct nax_names *names, const char *name, size_t length)
{
    char **v = nax_grow(names->v, names->n, sizeof *v);
    if (v)
        names->v = v;
    char *copy = v ? strndup(name, length) : NULL;
    if (!copy)
        return NAX_ERR_MEMORY;
    names->v[names->n++] = copy;
    return 0;
}

void nax_names_free(struct nax_names *names)
{
    for (size_t i = 0; i < names->n; i++)
        free(names->v[i]);
    free(names->v);
    *names = (struct nax_names){0};
}

size_t nax_names_find(const struct nax_names *names, const char *name)
{
    size_t i = 0;
    while (i < names->n && strcmp(names->v[i], name))
        i++;
    return i;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int nax_names_read(struct nax_names *names, const char *folder, enum nax_entries which,
                   struct nax_err *err)
{
    *names = (struct nax_names){0};
    DIR *dir = opendir(folder);
    if (!dir)
        return nax_err_io(err, "cannot open folder: '%s'", folder);
    int status = 0;
    struct dirent *entry;
    while (errno = 0, (entry = readdir(dir))) {
        struct stat st;
        if (entry->d_name[0] == '.')
            continue;
        if (which == NAX_ENTRIES_FOLDERS &&
            (fstatat(dirfd(dir), entry->d_name, &st, 0) || !S_ISDIR(st.st_mode)))
            continue;
        if (nax_names_add(names, entry->d_name, strlen(entry->d_name))) {
            status = nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", folder);
            break;
        }
    }
    if (status == 0 && errno)
        status = nax_err_io(err, "cannot read folder: '%s'", folder);
    closedir(dir);
    if (status)
        nax_names_free(names);
    else if (names->n)
        qsort(names->v, names->n, sizeof *names->v, compare_names);
    return status;
}

int nax_names_read_lines(struct nax_names *names, const char *path, struct nax_err *err)
{
    *names = (struct nax_names){0};
    struct nax_buffer text = {0};
    int status = nax_buffer_read(&text, path, err);
    const char *p = (const char *)text.bytes;
    while (status == 0 && *p) {
        size_t line = strcspn(p, "\n"), word = strcspn(p, "\t\r\n");
        if (word && nax_names_add(names, p, word))
            status = nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", path);
        p += line + (p[line] == '\n');
    }
    nax_buffer_free(&text);
    if (status)
        nax_names_free(names);
    return status;
}

int nax_buffer_grow(struct nax_buffer *buffer, size_t size, const char *path, struct nax_err *err)
{
    if (size > max_file)
        return nax_err_set(err, NAX_ERR_VALUE, "larger than %zu MiB: '%s'", max_file >> 20, path);
    if (size < buffer->capacity)
        return 0;
    size_t capacity = NAX_MAX(size + 1, 2 * buffer->capacity);
    uint8_t *bytes = nax_realloc(buffer->bytes, capacity, 1);
    if (!bytes)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", path);
    buffer->bytes = bytes;
    buffer->capacity = capacity;
    return 0;
}

int nax_buffer_read(struct nax_buffer *buffer, const char *path, struct nax_err *err)
{
    FILE *file;
    size_t size;
    int status = nax_file_open(path, &file, &size, err);
    if (status)
        return status;
    status = nax_buffer_grow(buffer, size, path, err);
    if (status)
        goto out;
    buffer->size = fread(buffer->bytes, 1, size, file); /* the decoder finds one that shrank */
    if (ferror(file))
        status = nax_err_io(err, "cannot read: '%s'", path);
    buffer->bytes[buffer->size] = 0;
out:
    fclose(file);
    return status;
}

void nax_buffer_free(struct nax_buffer *buffer)
{
    free(buffer->bytes);
    *buffer = (struct nax_buffer){0};
}
