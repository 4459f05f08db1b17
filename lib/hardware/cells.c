/* Tables of measured cells. */
#include "cells.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CELLS_MAX = 10000000, FIELDS_MAX = 64, LINE_SIZE = 4096 };

/* Drawing takes from this part of the cells, those of the nearest targets, but no fewer than. */
static const size_t near_parts = 32, near_min = 20;

struct pair {
    double target, g;
};

static int by_target(const void *a, const void *b)
{
    const struct pair *p = a, *q = b;
    if (p->target != q->target)
        return p->target < q->target ? -1 : 1;
    return p->g < q->g ? -1 : p->g > q->g;
}

/* The number in field `index` of a line. */
static bool field(const char *line, size_t index, double *value)
{
    while (index-- > 0) {
        line = strchr(line, ',');
        if (!line)
            return false;
        line++;
    }
    char *end;
    *value = strtod(line, &end);
    return end != line && (*end == ',' || *end == '\n' || *end == '\r' || !*end) && *value >= 0 &&
           *value <= 1e3;
}

static size_t find_column(const char *header, const char *name)
{
    for (size_t k = 0; k < FIELDS_MAX; k++) {
        size_t n = strcspn(header, ",\r\n");
        if (n == strlen(name) && !strncmp(header, name, n))
            return k;
        if (header[n] != ',')
            break;
        header += n + 1;
    }
    return FIELDS_MAX;
}

static int read_pairs(FILE *f, const char *path, struct pair **pairs, size_t *n,
                      struct nax_err *err)
{
    char line[LINE_SIZE];
    size_t capacity = 0, number = 1;
    if (!fgets(line, sizeof line, f))
        return nax_err_set(err, NAX_ERR_FORMAT, "no cells: '%s'", path);
    size_t target = find_column(line, "target_siemens"), g = find_column(line, "g_siemens");
    if (target == FIELDS_MAX || g == FIELDS_MAX)
        return nax_err_set(err, NAX_ERR_FORMAT, "line 1 lacks target_siemens or g_siemens: '%s'",
                           path);
    while (fgets(line, sizeof line, f)) {
        struct pair p;
        number++;
        if (!field(line, target, &p.target) || !field(line, g, &p.g) || *n >= CELLS_MAX)
            return nax_err_set(err, NAX_ERR_FORMAT, "line %zu is not a cell: '%s'", number, path);
        if (*n == capacity) {
            capacity = capacity ? 2 * capacity : 1024;
            struct pair *more = nax_realloc(*pairs, capacity, sizeof *more);
            if (!more)
                return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", path);
            *pairs = more;
        }
        (*pairs)[(*n)++] = p;
    }
    if (ferror(f))
        return nax_err_io(err, "cannot read: '%s'", path);
    return *n ? 0 : nax_err_set(err, NAX_ERR_FORMAT, "no cells: '%s'", path);
}

int nax_cells_load(struct nax_cells **out, const char *path, struct nax_err *err)
{
    struct pair *pairs = NULL;
    size_t n = 0, n_bytes;
    FILE *f;
    int status = nax_file_open(path, &f, &n_bytes, err);
    if (status)
        return status;
    status = read_pairs(f, path, &pairs, &n, err);
    fclose(f);
    struct nax_cells *cells = status ? NULL : nax_calloc(1, sizeof *cells);
    if (cells) {
        cells->n = n;
        cells->target = nax_calloc(n, sizeof *cells->target);
        cells->deviation = nax_calloc(n, sizeof *cells->deviation);
    }
    if (!status && (!cells || !cells->target || !cells->deviation))
        status = nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", path);
    if (!status) {
        qsort(pairs, n, sizeof *pairs, by_target);
        for (size_t i = 0; i < n; i++) {
            cells->target[i] = pairs[i].target;
            cells->deviation[i] = pairs[i].g - pairs[i].target;
        }
        cells->target_max = pairs[n - 1].target;
        if (!(cells->target_max > 0))
            status = nax_err_set(err, NAX_ERR_FORMAT, "no cell has a target above 0: '%s'", path);
    }
    free(pairs);
    if (status) {
        nax_cells_free(cells);
        return status;
    }
    *out = cells;
    return 0;
}

void nax_cells_free(struct nax_cells *cells)
{
    if (!cells)
        return;
    free(cells->target);
    free(cells->deviation);
    free(cells);
}

size_t nax_cells_near(const struct nax_cells *cells, double target, size_t *n_near)
{
    size_t low = 0, high = cells->n, want = NAX_MAX(cells->n / near_parts, near_min);
    while (low < high) { /* the first whose target is not below */
        size_t middle = (low + high) / 2;
        if (cells->target[middle] < target)
            low = middle + 1;
        else
            high = middle;
    }
    *n_near = want = NAX_MIN(want, cells->n);
    size_t first = low > want / 2 ? low - want / 2 : 0;
    return NAX_MIN(first, cells->n - want);
}
