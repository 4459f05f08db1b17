/* Tables of measured cells, and the published form that they are imported from. */
#include "../../lib/hardware/cells.h"

#include <math.h>

#include "input.h"

static int take_cell(void *self, double target, double g, struct nax_err *err)
{
    (void)err;
    must(target >= 0 && isfinite(target) && g >= 0 && isfinite(g));
    ++*(size_t *)self;
    return 0;
}

static bool import(const char *path)
{
    struct nax_err err;
    size_t n_cells = 0;
    FILE *file = fopen(path, "r");
    must(file != NULL);
    int status = nax_cells_import(file, "input", 1, take_cell, &n_cells, &err);
    fclose(file);
    must(status || n_cells);
    return !status;
}

bool fuzz_input(const uint8_t *bytes, size_t n)
{
    struct nax_err err;
    struct nax_cells *cells;
    const char *path = input_path(bytes, n);
    if (nax_cells_load(&cells, path, &err))
        return import(path);
    must(cells->n && cells->target_max > 0);
    for (size_t i = 0; i < cells->n; i++) {
        size_t n_near, first = nax_cells_near(cells, cells->target[i], &n_near);
        must(n_near && first + n_near <= cells->n &&
             (!i || cells->target[i - 1] <= cells->target[i]) && isfinite(cells->deviation[i]));
    }
    nax_cells_free(cells);
    return true;
}
