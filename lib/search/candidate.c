/* Candidates: identifiers, and their fields in records. */
#include "nax/search.h"

#include <string.h>

const struct nax_bits_row nax_bits_rows[] = {
    [NAX_BITS_SLICE] = {"slice_bits", 8, "is not between 1 and 8", "slices"},
    [NAX_BITS_WEIGHT] = {"weight_bits", 24, "is not between 1 and 24", "weights"},
    [NAX_BITS_INPUT] = {"input_bits", 24, "is not between 1 and 24", "inputs"}};

static uint64_t hash_ints(uint64_t hash, const int64_t *values, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char bytes[8]; /* little-endian whatever the machine: identifiers are exchanged */
        for (int b = 0; b < 8; b++)
            bytes[b] = (unsigned char)((uint64_t)values[i] >> 8 * b);
        hash = nax_hash(hash, bytes, sizeof bytes);
    }
    return hash;
}

bool nax_candidate_has_bits(const struct nax_candidate *c)
{
    bool any = false;
    for (size_t k = 0; k < NAX_BITS_COUNT; k++)
        any = any || c->bits[k];
    return any;
}

/* Converters that are all the hardware's. */
static void drop_zeros(struct nax_candidate *c)
{
    bool has_bits = false, has_range = false;
    for (size_t s = 0; s < c->n_slots; s++) {
        has_bits = has_bits || (c->has_adc_bits && c->adc_bits[s]);
        has_range = has_range || (c->has_adc_range && c->adc_range[s] > 0);
    }
    c->has_adc_bits = has_bits;
    c->has_adc_range = has_range;
}

void nax_candidate_drop_own(struct nax_candidate *c, size_t n_stages, const int64_t *width_own)
{
    if (c->n_stages == n_stages && !memcmp(c->width, width_own, n_stages * sizeof *width_own))
        c->n_stages = 0;
    drop_zeros(c);
}

void nax_candidate_set_id(struct nax_candidate *c)
{
    const int64_t sizes[2] = {(int64_t)c->n_slots, c->crossbar_fixed};
    uint64_t hash = nax_hash(0, c->network, strlen(c->network));
    if (c->layout)
        hash = hash_ints(hash, (const int64_t[]){(int64_t)c->layout}, 1);
    hash = hash_ints(hash, sizes, 2);
    hash = hash_ints(hash, c->kernel, c->n_slots);
    hash = hash_ints(hash, c->crossbar, c->n_slots);
    if (c->n_stages) {
        hash = nax_hash(hash, "width", strlen("width"));
        hash = hash_ints(hash, c->width, c->n_stages);
    }
    if (c->has_adc_bits) {
        hash = nax_hash(hash, "adc_bits", strlen("adc_bits"));
        hash = hash_ints(hash, c->adc_bits, c->n_slots);
    }
    if (c->has_adc_range) {
        hash = nax_hash(hash, "adc_range", strlen("adc_range"));
        for (size_t s = 0; s < c->n_slots; s++) {
            int64_t bits;
            memcpy(&bits, &c->adc_range[s], sizeof bits);
            hash = hash_ints(hash, &bits, 1);
        }
    }
    for (size_t k = 0; k < NAX_BITS_COUNT; k++)
        if (c->bits[k]) {
            hash = nax_hash(hash, nax_bits_rows[k].name, strlen(nax_bits_rows[k].name));
            hash = hash_ints(hash, &c->bits[k], 1);
        }
    for (size_t i = 0; i < 16; i++) /* as %016llx */
        c->id[i] = "0123456789abcdef"[hash >> (60 - 4 * i) & 15];
    c->id[16] = 0;
}

static int write_bits(const struct nax_candidate *c, struct nax_record *r)
{
    int status = 0;
    for (size_t k = 0; k < NAX_BITS_COUNT && !status; k++)
        if (c->bits[k])
            status = nax_record_set_int(r, nax_bits_rows[k].name, c->bits[k]);
    return status;
}

int nax_candidate_write(const struct nax_candidate *c, struct nax_record *r, struct nax_err *err)
{
    if (nax_record_set_string(r, "id", c->id) ||
        (*c->space && nax_record_set_string(r, "space", c->space)) ||
        nax_record_set_string(r, "network", c->network) ||
        nax_record_set_ints(r, "kernel", c->kernel, c->n_slots) ||
        nax_record_set_ints(r, "crossbar", c->crossbar, c->n_slots) ||
        (c->n_stages && nax_record_set_ints(r, "width", c->width, c->n_stages)) ||
        (c->has_adc_bits && nax_record_set_ints(r, "adc_bits", c->adc_bits, c->n_slots)) ||
        (c->has_adc_range && nax_record_set_floats(r, "adc_range", c->adc_range, c->n_slots)) ||
        write_bits(c, r) || nax_record_set_int(r, "crossbar_fixed", c->crossbar_fixed) ||
        nax_record_set_int(r, "seed", (int64_t)c->seed))
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'record'");
    return 0;
}

static int read_string(const struct nax_record *r, const char *name, char *out, size_t size,
                       struct nax_err *err)
{
    const char *s;
    int status = nax_record_string(r, name, &s, err);
    if (status)
        return status;
    if (!*s)
        return nax_err_set(err, NAX_ERR_VALUE, "field '%s': empty", name);
    if (strlen(s) >= size)
        return nax_err_set(err, NAX_ERR_VALUE, "field '%s': longer than %zu bytes", name, size - 1);
    memcpy(out, s, strlen(s) + 1);
    return 0;
}

static int read_choices(const struct nax_record *r, struct nax_candidate *c, struct nax_err *err)
{
    const int64_t *kernel, *crossbar;
    size_t n, n_crossbars;
    c->n_slots = 0;
    if (!nax_record_has(r, "kernel") && !nax_record_has(r, "crossbar"))
        return 0; /* of a network without searched layers */
    int status = nax_record_ints(r, "kernel", &kernel, &n, err);
    if (status || (status = nax_record_ints(r, "crossbar", &crossbar, &n_crossbars, err)))
        return status;
    if (n > NAX_SLOTS_MAX)
        return nax_err_set(err, NAX_ERR_VALUE, "field 'kernel': more than %d values",
                           NAX_SLOTS_MAX);
    if (n != n_crossbars)
        return nax_err_set(err, NAX_ERR_VALUE, "field 'crossbar': %zu values for %zu kernels",
                           n_crossbars, n);
    c->n_slots = n;
    for (size_t s = 0; s < n; s++) {
        if (kernel[s] < 0)
            return nax_err_set(err, NAX_ERR_VALUE, "field 'kernel': negative: %lld",
                               (long long)kernel[s]);
        if (kernel[s] && crossbar[s] < 1)
            return nax_err_set(err, NAX_ERR_VALUE, "field 'crossbar': not positive: %lld",
                               (long long)crossbar[s]);
        c->kernel[s] = kernel[s];
        c->crossbar[s] = kernel[s] ? crossbar[s] : 0;
    }
    return 0;
}

static int read_widths(const struct nax_record *r, struct nax_candidate *c, struct nax_err *err)
{
    const int64_t *width;
    size_t n = 0;
    int status = nax_record_has(r, "width") ? nax_record_ints(r, "width", &width, &n, err) : 0;
    if (status)
        return status;
    if (n > NAX_SLOTS_MAX)
        return nax_err_set(err, NAX_ERR_VALUE, "field 'width': more than %d values", NAX_SLOTS_MAX);
    for (size_t s = 0; s < n; s++) {
        if (width[s] < 1 || width[s] > NAX_CHANNELS_MAX)
            return nax_err_set(err, NAX_ERR_VALUE, "field 'width': not between 1 and %d: %lld",
                               NAX_CHANNELS_MAX, (long long)width[s]);
        c->width[s] = width[s];
    }
    c->n_stages = n;
    return 0;
}

static int check_count(const char *name, size_t n, const struct nax_candidate *c,
                       struct nax_err *err)
{
    return n == c->n_slots
               ? 0
               : nax_err_set(err, NAX_ERR_VALUE, "field '%s': %zu values for %zu kernels", name, n,
                             c->n_slots);
}

static int read_adc_bits(const struct nax_record *r, struct nax_candidate *c, struct nax_err *err)
{
    const int64_t *bits;
    size_t n;
    c->has_adc_bits = nax_record_has(r, "adc_bits");
    memset(c->adc_bits, 0, sizeof c->adc_bits);
    int status = c->has_adc_bits ? nax_record_ints(r, "adc_bits", &bits, &n, err) : 0;
    if (!c->has_adc_bits || status || (status = check_count("adc_bits", n, c, err)))
        return status;
    for (size_t s = 0; s < n; s++) {
        if (bits[s] < 0 || bits[s] > NAX_ADC_BITS_MAX)
            return nax_err_set(err, NAX_ERR_VALUE, "field 'adc_bits': not between 0 and %d: %lld",
                               NAX_ADC_BITS_MAX, (long long)bits[s]);
        c->adc_bits[s] = c->kernel[s] ? bits[s] : 0;
    }
    return 0;
}

static int read_adc_range(const struct nax_record *r, struct nax_candidate *c, struct nax_err *err)
{
    const double *range;
    size_t n;
    c->has_adc_range = nax_record_has(r, "adc_range");
    memset(c->adc_range, 0, sizeof c->adc_range);
    int status = c->has_adc_range ? nax_record_floats(r, "adc_range", &range, &n, err) : 0;
    if (!c->has_adc_range || status || (status = check_count("adc_range", n, c, err)))
        return status;
    for (size_t s = 0; s < n; s++) {
        if (!(range[s] >= 0 && range[s] <= 1))
            return nax_err_set(err, NAX_ERR_VALUE, "field 'adc_range': not between 0 and 1: %g",
                               range[s]);
        c->adc_range[s] = c->kernel[s] && range[s] > 0 ? range[s] : 0; /* no -0 */
    }
    return 0;
}

static int read_optional_int(const struct nax_record *r, const char *name, int64_t *out,
                             struct nax_err *err)
{
    *out = 0;
    int status = nax_record_has(r, name) ? nax_record_int(r, name, out, err) : 0;
    if (!status && *out < 0)
        return nax_err_set(err, NAX_ERR_VALUE, "field '%s': negative: %lld", name, (long long)*out);
    return status;
}

static int read_bits(const struct nax_record *r, struct nax_candidate *c, struct nax_err *err)
{
    int status = 0;
    for (size_t k = 0; k < NAX_BITS_COUNT && !status; k++) {
        const struct nax_bits_row *row = &nax_bits_rows[k];
        status = read_optional_int(r, row->name, &c->bits[k], err);
        if (!status && c->bits[k] > row->max)
            status = nax_err_set(err, NAX_ERR_VALUE, "field '%s': more than %lld: %lld", row->name,
                                 (long long)row->max, (long long)c->bits[k]);
    }
    return status;
}

int nax_candidate_read(struct nax_candidate *c, const struct nax_record *r, struct nax_err *err)
{
    int64_t seed;
    int status;
    c->id[0] = c->space[0] = 0;
    c->layout = 0;
    if ((status = read_string(r, "network", c->network, sizeof c->network, err)) ||
        (status = read_choices(r, c, err)) || (status = read_widths(r, c, err)) ||
        (status = read_adc_bits(r, c, err)) || (status = read_adc_range(r, c, err)) ||
        (status = read_bits(r, c, err)) ||
        (status = read_optional_int(r, "crossbar_fixed", &c->crossbar_fixed, err)) ||
        (status = read_optional_int(r, "seed", &seed, err)))
        return status;
    c->seed = (uint64_t)seed;
    if (nax_record_has(r, "space") &&
        (status = read_string(r, "space", c->space, sizeof c->space, err)))
        return status;
    drop_zeros(c);
    if (nax_record_has(r, "id"))
        return read_string(r, "id", c->id, sizeof c->id, err);
    nax_candidate_set_id(c);
    return 0;
}
