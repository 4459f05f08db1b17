/* Machines with bits that designs have of their own. */
#include "cost_formats.h"

#include <string.h>

static void close_format(struct cost_format *f)
{
    for (size_t k = 0; k < DESIGN_NETWORKS; k++)
        nax_cost_table_free(f->tables[k]);
    nax_cost_model_free(f->model);
    nax_hardware_convert_free(f->hardware);
    *f = (struct cost_format){.hardware = NULL};
}

static bool takes_all(const struct nax_cost_model *model, const struct nax_candidate *candidate)
{
    return nax_cost_model_n_more(model) > candidate->n_slots;
}

int cost_model_renew(struct nax_cost_model **model, const struct nax_hardware *hardware,
                     const struct nax_candidate *candidate, struct nax_err *err)
{
    if (takes_all(*model, candidate))
        return 0;
    nax_cost_model_free(*model);
    *model = NULL;
    return nax_cost_model_alloc(model, hardware, err);
}

int cost_formats_find(struct cost_formats *formats, const struct nax_hardware *hardware,
                      const struct nax_candidate *candidate, struct cost_format **format,
                      struct nax_err *err)
{
    const struct nax_precision bits = nax_bits_of(candidate);
    size_t i = 0;
    while (i < formats->n && memcmp(&formats->at[i].bits, &bits, sizeof bits) != 0)
        i++;
    *format = &formats->at[i];
    if (i < formats->n && takes_all(formats->at[i].model, candidate))
        return 0;
    if (i == formats->n)
        *format =
            &formats
                 ->at[formats->n < COST_FORMATS ? formats->n++ : formats->oldest++ % COST_FORMATS];
    struct cost_format *f = *format;
    close_format(f);
    int status = nax_hardware_convert(&f->hardware, hardware, &bits, NULL, 0, err);
    if (!status)
        status = nax_cost_model_alloc(&f->model, f->hardware, err);
    f->bits = bits;
    return status;
}

void cost_formats_forget(struct cost_formats *formats, size_t at)
{
    for (size_t i = 0; i < formats->n; i++) {
        nax_cost_table_free(formats->at[i].tables[at]);
        formats->at[i].tables[at] = NULL;
    }
}

void cost_formats_close(struct cost_formats *formats)
{
    for (size_t i = 0; i < formats->n; i++)
        close_format(&formats->at[i]);
}
