/* Arrays as records: read, made at random, and what is said about their currents. */
#include "arrays.h"

#include <math.h>

#include "nax/rng.h"

static int get_size(const struct nax_record *r, const char *name, size_t *n, struct nax_err *err)
{
    int64_t value;
    int status = nax_record_int(r, name, &value, err);
    if (!status && (value < 1 || value > NAX_XBAR_SIDE_MAX))
        return nax_err_set(err, NAX_ERR_VALUE, "field '%s': not from 1 to %d: %lld", name,
                           NAX_XBAR_SIDE_MAX, (long long)value);
    *n = (size_t)value;
    return status;
}

static int get_floats(const struct nax_record *r, const char *name, size_t expected,
                      const double **out, struct nax_err *err)
{
    size_t n;
    int status = nax_record_floats(r, name, out, &n, err);
    if (!status && n != expected)
        return nax_err_set(err, NAX_ERR_VALUE, "field '%s': %zu numbers, not %zu", name, n,
                           expected);
    return status;
}

int array_read(const struct nax_record *r, const struct nax_device *device, struct nax_xbar *x,
               const double **v_v, struct nax_err *err)
{
    *x = nax_xbar_of_device(device, 0, 0, NULL);
    *v_v = NULL;
    int status = get_size(r, "rows", &x->n_rows, err);
    if (!status)
        status = get_size(r, "cols", &x->n_cols, err);
    if (!status)
        status = get_floats(r, "g_siemens", x->n_rows * x->n_cols, &x->g_siemens, err);
    if (!status && nax_record_has(r, "v_v"))
        status = get_floats(r, "v_v", x->n_rows, v_v, err);
    const struct {
        const char *name;
        double *value;
    } field[] = {{"r_wire_row_ohm", &x->r_wire_row_ohm},
                 {"r_wire_col_ohm", &x->r_wire_col_ohm},
                 {"r_source_ohm", &x->r_source_ohm},
                 {"r_sink_ohm", &x->r_sink_ohm},
                 {"v0_v", &x->v0_v}};
    for (size_t k = 0; !status && k < sizeof field / sizeof *field; k++)
        if (nax_record_has(r, field[k].name))
            status = nax_record_float(r, field[k].name, field[k].value, err);
    return status ? status : nax_xbar_check(x, err);
}

/* 1 - I/I_ideal over the columns that should carry current. */
int array_set_nf(struct nax_record *r, const struct nax_xbar *x, const double *v_v,
                 const double *i_a, struct nax_err *err)
{
    double sum = 0, square = 0, low = INFINITY, high = -INFINITY;
    size_t n = 0;
    for (size_t c = 0; c < x->n_cols; c++) {
        double ideal = 0;
        for (size_t k = 0; k < x->n_rows; k++)
            ideal += x->g_siemens[k * x->n_cols + c] * v_v[k];
        if (ideal == 0)
            continue;
        double nf = 1 - i_a[c] / ideal;
        sum += nf;
        square += nf * nf;
        low = fmin(low, nf);
        high = fmax(high, nf);
        n++;
    }
    const char *const name[] = {"nf_mean", "nf_sd", "nf_min", "nf_max"};
    double mean = sum / (double)NAX_MAX(n, 1);
    double value[] = {mean, sqrt(fmax(square / (double)NAX_MAX(n, 1) - mean * mean, 0)), low, high};
    int status = 0;
    for (int k = 0; !status && k < 4; k++)
        status = n ? nax_record_set_float(r, name[k], value[k]) : nax_record_set_null(r, name[k]);
    return status ? nax_err_set(err, status, "out of memory: 'nf'") : 0;
}

int array_draw(const char *path, const struct nax_xbar *x, const double *v_v,
               const struct nax_xbar_nodes *nodes, struct nax_err *err)
{
    struct nax_file *file;
    int status = nax_file_begin(&file, path, err);
    if (status)
        return status;
    status = nax_xbar_heatmap(x, v_v, nodes, nax_file_stream(file), path, err);
    if (!status)
        return nax_file_commit(file, err);
    nax_file_abandon(file);
    return status;
}

int array_set(struct nax_record *r, const struct nax_xbar *x, const double *v_v)
{
    int status = nax_record_set_int(r, "rows", (int64_t)x->n_rows);
    if (!status)
        status = nax_record_set_int(r, "cols", (int64_t)x->n_cols);
    const struct {
        const char *name;
        double value;
    } field[] = {{"r_wire_row_ohm", x->r_wire_row_ohm},
                 {"r_wire_col_ohm", x->r_wire_col_ohm},
                 {"r_source_ohm", x->r_source_ohm},
                 {"r_sink_ohm", x->r_sink_ohm},
                 {"v0_v", x->v0_v}};
    for (size_t k = 0; !status && k < sizeof field / sizeof *field; k++)
        status = nax_record_set_float(r, field[k].name, field[k].value);
    if (!status && v_v)
        status = nax_record_set_floats(r, "v_v", v_v, x->n_rows);
    if (!status)
        status = nax_record_set_floats(r, "g_siemens", x->g_siemens, x->n_rows * x->n_cols);
    return status;
}

int array_random(struct nax_record *r, const struct nax_hardware *hardware, uint64_t seed,
                 uint64_t index, size_t n_rows, size_t n_cols, double *workspace,
                 struct nax_err *err)
{
    const struct nax_device *d = &hardware->device;
    struct nax_rng rng = nax_rng_at(seed, NAX_RNG_ARRAY, index, 0, 0);
    struct nax_program_key key = {.seed = seed, .array = index};
    int bits = hardware->precision.slice_bits;
    size_t n = n_rows * n_cols;
    double *g = workspace, *v = workspace + n;
    for (size_t i = 0; i < n; i++)
        g[i] = nax_level_siemens(d, bits, (int)nax_rng_below(&rng, (uint64_t)1 << bits));
    for (size_t k = 0; k < n_rows; k++)
        v[k] = nax_rng_below(&rng, 2) ? d->v_read_v : 0;
    nax_program(d, &key, n, g, g);
    struct nax_xbar x = nax_xbar_of_device(d, n_rows, n_cols, g);
    bool is_full = nax_record_set_int(r, "array", (int64_t)index) || array_set(r, &x, v);
    return is_full ? nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'array'") : 0;
}
