/* Checkpoints of an evolution: its supernet, and its designs with what was measured for them. */
#include "../search/choices.h"
#include "evolution.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MODEL = 9 }; /* raised when other accuracies or designs come out */

int nax_evolution_save(const struct nax_evolution *e, const char *path, struct nax_err *err)
{
    return nax_trainer_save(e->net.trainer, path, NULL, 0, err);
}

int nax_evolution_resume(struct nax_evolution *e, const char *path, struct nax_err *err)
{
    return nax_trainer_resume(e->net.trainer, path, err);
}

/* What decides the accuracy of a design, and which ones come: how many does not. */
static int identify(const struct nax_evolution *e, struct nax_identity **identity,
                    struct nax_err *err)
{
    const struct nax_evolution_options *o = &e->options;
    const struct nax_space *s = o->space;
    struct nax_evolution_options own = *o;
    int status = nax_identity_alloc(identity, err);
    if (status)
        return status;
    own.n_designs = 1;
    nax_identity_add(*identity, "cost_model", "%s", NAX_COST_MODEL);
    nax_identity_add(*identity, "evolution", "%d", MODEL);
    nax_identity_add(*identity, "supernet", "%016" PRIx64, nax_model_hash(&e->net.slices.model));
    if (e->net.keeps_statistics)
        nax_identity_add(*identity, "own_statistics", "kept");
    nax_identity_add(*identity, "data", "%016" PRIx64, nax_dataset_hash(o->set));
    nax_identity_add(*identity, "seed", "%" PRIu64, o->seed);
    nax_identity_add(*identity, "validation", "%.17g", o->recipe.validation);
    nax_identity_add(*identity, "precision", "%s", nax_arithmetic_name(o->recipe.precision));
    nax_identity_add(*identity, "fidelity", "%s", nax_fidelity_name(o->fidelity));
    nax_identity_add_options(*identity, nax_evolution_rows, &own);
    nax_space_identify(s, *identity);
    nax_hardware_identify(o->hardware, NAX_PART_COSTS | nax_fidelity_parts(o->fidelity), *identity);
    return 0;
}

/* --- saving --- */

enum { NAME_SIZE = 32 };

struct bundle {
    size_t n;
    struct nax_tensor *tensor;
    char (*name)[NAME_SIZE];
    int32_t *choice; /* [designs][places] */
    double *result;  /* [designs][2]: accuracy, images */
    double *scales;  /* [layers][3]: LSB, unit, noise */
};

static void bundle_free(struct bundle *b)
{
    free(b->tensor);
    free(b->name);
    free(b->choice);
    free(b->result);
    free(b->scales);
}

static void add(struct bundle *b, enum nax_dtype dtype, size_t n_rows, size_t n_cols,
                const void *data)
{
    b->tensor[b->n] = (struct nax_tensor){
        .name = b->name[b->n], .dtype = dtype, .n_dims = 2, .dims = {n_rows, n_cols}, .data = data};
    b->n++;
}

static int fill_designs(const struct nax_evolution *e, struct bundle *b, struct nax_err *err)
{
    const size_t n_places = nax_places(e->options.space);
    for (size_t i = 0; i < e->n; i++) {
        for (size_t p = 0; p < n_places; p++) {
            size_t choice;
            int status = nax_choices_find(e->options.space, p, &e->at[i].candidate, &choice, err);
            if (status)
                return status;
            b->choice[i * n_places + p] = (int32_t)choice;
        }
        b->result[2 * i] = e->at[i].accuracy;
        b->result[2 * i + 1] = (double)e->at[i].n_images;
    }
    return 0;
}

static void add_layers(const struct nax_evolution *e, struct bundle *b)
{
    for (size_t i = 0; i < nax_kept_n(e->kept); i++) {
        const struct nax_kept_layer *layer = nax_kept_at(e->kept, i);
        double *scales = b->scales + 3 * i;
        if (!layer->n_cols)
            continue;
        scales[0] = layer->adc_lsb;
        scales[1] = layer->adc_unit;
        scales[2] = layer->noise;
        snprintf(b->name[b->n], NAME_SIZE, "columns.%016" PRIx64, layer->key);
        add(b, NAX_F32, 3, layer->n_cols, layer->columns);
        snprintf(b->name[b->n], NAME_SIZE, "scales.%016" PRIx64, layer->key);
        add(b, NAX_F64, 1, 3, scales);
    }
}

int nax_evolution_save_designs(const struct nax_evolution *e, const char *path, struct nax_err *err)
{
    const size_t n_layers = nax_kept_n(e->kept), n_places = nax_places(e->options.space);
    struct bundle b = {.tensor = nax_calloc(4 + 2 * n_layers, sizeof *b.tensor),
                       .name = nax_calloc(4 + 2 * n_layers, sizeof *b.name),
                       .choice = nax_calloc(e->n * n_places, sizeof *b.choice),
                       .result = nax_calloc(e->n, 2 * sizeof *b.result),
                       .scales = nax_calloc(n_layers + 1, 3 * sizeof *b.scales)};
    const int32_t whole = (int32_t)e->n_whole;
    struct nax_identity *identity = NULL;
    const char *rows;
    int status = b.tensor && b.name && b.choice && b.result && b.scales
                     ? identify(e, &identity, err)
                     : nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", path);
    if (!status)
        status = nax_identity_text(identity, &rows, err);
    if (!status)
        status = fill_designs(e, &b, err);
    if (!status) {
        snprintf(b.name[0], NAME_SIZE, "choice");
        add(&b, NAX_I32, e->n, n_places, b.choice);
        snprintf(b.name[1], NAME_SIZE, "result");
        add(&b, NAX_F64, e->n, 2, b.result);
        snprintf(b.name[2], NAME_SIZE, "part");
        add(&b, NAX_F64, 1, e->n_combinations, e->part);
        snprintf(b.name[3], NAME_SIZE, "whole");
        add(&b, NAX_I32, 1, 1, &whole);
        add_layers(e, &b);
        const struct nax_meta meta[] = {{"identity", rows}};
        status = nax_tensors_write(path, b.tensor, b.n, meta, 1, err);
    }
    bundle_free(&b);
    nax_identity_free(identity);
    return status;
}

/* --- resuming --- */

static int check(const struct nax_evolution *e, const struct nax_tensors *file, const char *path,
                 struct nax_err *err)
{
    struct nax_identity *identity = NULL;
    const char *rows = nax_tensors_meta(file, "identity");
    if (!rows)
        return nax_err_set(err, NAX_ERR_VALUE, "not a checkpoint of an evolution: '%s'", path);
    int status = nax_tensors_verify(file, path, err);
    if (!status)
        status = identify(e, &identity, err);
    if (!status) {
        status = nax_identity_compare(identity, rows, err);
        if (status == NAX_ERR_VALUE)
            nax_err_prefix(err, "checkpoint of another evolution: '%s'", path);
    }
    nax_identity_free(identity);
    return status;
}

/* The tensor of this name, type and sizes; n_rows 0: any number. */
static const struct nax_tensor *find(const struct nax_tensors *file, const char *name,
                                     enum nax_dtype dtype, size_t n_rows, size_t n_cols)
{
    const struct nax_tensor *t = nax_tensors_find(file, name);
    bool is_good = t && t->dtype == dtype && t->n_dims == 2 && t->dims[1] == n_cols &&
                   (!n_rows || t->dims[0] == n_rows);
    return is_good ? t : NULL;
}

static int refuse(const char *path, const char *what, struct nax_err *err)
{
    return nax_err_set(err, NAX_ERR_FORMAT, "%s: tensor '%s' is missing or broken", path, what);
}

static bool are_between(const double *values, size_t n, double min, double max)
{
    bool all = true;
    for (size_t i = 0; i < n; i++)
        all = all && values[i] >= min && values[i] <= max; /* and no NaN */
    return all;
}

/* Gains and offsets are numbers, deviations no less than 0. */
static bool are_columns(const float *columns, size_t n_cols)
{
    bool all = true;
    for (size_t i = 0; i < 3 * n_cols; i++)
        all = all && isfinite(columns[i]) && (i < 2 * n_cols || columns[i] >= 0);
    return all;
}

static int take_layers(struct nax_evolution *e, const struct nax_tensors *file, const char *path,
                       struct nax_err *err)
{
    int status = 0;
    for (size_t i = 0; !status && i < nax_tensors_n(file); i++) {
        const struct nax_tensor *t = nax_tensors_at(file, i);
        struct nax_kept_layer layer;
        char name[NAME_SIZE];
        if (sscanf(t->name, "columns.%16" SCNx64, &layer.key) != 1)
            continue;
        snprintf(name, sizeof name, "scales.%016" PRIx64, layer.key);
        const struct nax_tensor *scales = find(file, name, NAX_F64, 1, 3);
        if (!scales || t->dtype != NAX_F32 || t->n_dims != 2 || t->dims[0] != 3 || !t->dims[1])
            return refuse(path, t->name, err);
        const double *values = scales->data;
        if (!are_between(values, 3, 0, DBL_MAX))
            return refuse(path, name, err);
        if (!are_columns(t->data, t->dims[1]))
            return refuse(path, t->name, err);
        layer.adc_lsb = values[0];
        layer.adc_unit = values[1];
        layer.noise = values[2];
        layer.n_cols = t->dims[1];
        layer.columns = nax_calloc(3 * layer.n_cols, sizeof *layer.columns);
        if (!layer.columns)
            return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", path);
        memcpy(layer.columns, t->data, 3 * layer.n_cols * sizeof *layer.columns);
        status = nax_kept_add(e->kept, &layer, err);
        free(layer.columns);
    }
    return status;
}

static int take_design(struct nax_evolution *e, const int32_t *choice, const double *result,
                       struct nax_err *err)
{
    const struct nax_space *space = e->options.space;
    struct nax_evolved *design = nax_calloc(1, sizeof *design);
    if (!design)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'design'");
    nax_choices_begin(space, e->options.seed, &design->candidate);
    for (size_t p = 0; p < nax_places(space); p++)
        nax_choices_take(space, p, (uint64_t)choice[p], &design->candidate);
    nax_choices_end(space, &design->candidate);
    design->accuracy = result[0];
    design->n_images = (size_t)result[1];
    int status = nax_evolution_price(e, &design->candidate, &design->cost, err);
    if (!status)
        status = nax_evolution_add(e, design, err);
    free(design);
    return status;
}

/* Accuracies, and on how many images. */
static bool are_results(const struct nax_evolution *e, const double *results, size_t n)
{
    bool all = true;
    for (size_t i = 0; i < n; i++, results += 2)
        all = all && are_between(results, 1, 0, 1) &&
              are_between(results + 1, 1, 1, (double)e->net.n_validation);
    return all;
}

static int take(struct nax_evolution *e, const struct nax_tensors *file, const char *path,
                struct nax_err *err)
{
    const size_t n_places = nax_places(e->options.space);
    const struct nax_tensor *choice = find(file, "choice", NAX_I32, 0, n_places);
    const struct nax_tensor *part = find(file, "part", NAX_F64, 1, e->n_combinations);
    if (!choice || !part)
        return refuse(path, choice ? "part" : "choice", err);
    const struct nax_tensor *result = find(file, "result", NAX_F64, choice->dims[0], 2);
    if (!result || !are_results(e, result->data, choice->dims[0]))
        return refuse(path, "result", err);
    if (!are_between(part->data, e->n_combinations, 0, 1))
        return refuse(path, "part", err);
    const struct nax_tensor *whole = find(file, "whole", NAX_I32, 1, 1);
    const int32_t *n_whole = whole ? whole->data : NULL;
    if (!whole || *n_whole < 0 || (size_t)*n_whole > choice->dims[0])
        return refuse(path, "whole", err);
    const int32_t *choices = choice->data;
    const double *results = result->data;
    for (size_t i = 0; i < choice->dims[0] * n_places; i++)
        if (choices[i] < 0 || (uint64_t)choices[i] >= nax_choices(e->options.space, i % n_places))
            return refuse(path, "choice", err);
    memcpy(e->part, part->data, e->n_combinations * sizeof *e->part);
    e->n_whole = (size_t)*n_whole;
    int status = take_layers(e, file, path, err);
    for (size_t i = 0; !status && i < choice->dims[0]; i++)
        status = take_design(e, choices + i * n_places, results + 2 * i, err);
    return status;
}

int nax_evolution_resume_designs(struct nax_evolution *e, const char *path, struct nax_err *err)
{
    struct nax_tensors *file;
    int status = nax_tensors_open(&file, path, err);
    if (status)
        return status;
    status = check(e, file, path, err);
    if (!status)
        status = take(e, file, path, err);
    nax_tensors_close(file);
    return status;
}
