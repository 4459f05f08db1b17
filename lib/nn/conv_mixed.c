/* Convolutions whose directions have engines of their own. */
#include "conv.h"

#include <stdlib.h>

struct mixed_conv {
    struct conv base;
    struct conv *part[CONV_DIRECTIONS]; /* by direction; several may be one */
};

/* Whether a direction's part is not that of one before. */
static bool is_new(const struct mixed_conv *m, int direction)
{
    for (int d = 0; d < direction; d++)
        if (m->part[d] == m->part[direction])
            return false;
    return m->part[direction];
}

static void release(struct conv *conv)
{
    struct mixed_conv *m = (struct mixed_conv *)conv;
    for (int d = 0; d < CONV_DIRECTIONS; d++)
        if (is_new(m, d))
            m->part[d]->engine->release(m->part[d]);
    free(m);
}

/* The part of a direction, for all that have the same choice. */
static int alloc_part(struct mixed_conv *m, int direction, const struct conv_options *options,
                      struct nax_err *err)
{
    const struct conv_choice *choice = options->choice, *own = &choice[direction];
    struct conv *part = NULL;
    struct conv_options mine = *options;
    mine.inner = own->inner;
    for (int d = 0; d < CONV_DIRECTIONS; d++)
        mine.has[d] =
            options->has[d] && choice[d].engine == own->engine && choice[d].inner == own->inner;
    if (!mine.has[CONV_FORWARD])
        mine.finish = NULL;
    int status = own->engine->alloc(&part, &m->base.layer, m->base.n, &mine, err);
    if (status)
        return status;
    for (int d = 0; d < CONV_DIRECTIONS; d++)
        if (mine.has[d])
            m->part[d] = part;
    m->base.scratch_size = NAX_MAX(m->base.scratch_size, part->scratch_size);
    if (mine.has[CONV_FORWARD])
        m->base.is_finished = part->is_finished;
    if (mine.has[CONV_BACKWARD_WEIGHTS])
        m->base.gradient_size = part->gradient_size;
    return 0;
}

static int alloc(struct conv **conv, const struct nax_layer *layer, size_t n,
                 const struct conv_options *options, struct nax_err *err)
{
    struct mixed_conv *m = nax_calloc(1, sizeof *m);
    if (!m)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'layer %s'", layer->name);
    m->base = (struct conv){
        .engine = &nax_conv_engine_mixed, .layer = *layer, .n = n, .is_bf16 = options->is_bf16};
    for (int d = 0; d < CONV_DIRECTIONS; d++) {
        int status = options->has[d] && !m->part[d] ? alloc_part(m, d, options, err) : 0;
        if (status) {
            release(&m->base);
            return status;
        }
    }
    *conv = &m->base;
    return 0;
}

static const struct conv *part_of(const struct conv *conv, enum conv_direction direction)
{
    return ((const struct mixed_conv *)conv)->part[direction];
}

static void set_weights(struct conv *conv, const float *weight)
{
    struct mixed_conv *m = (struct mixed_conv *)conv;
    for (int d = 0; d < CONV_DIRECTIONS; d++)
        if (is_new(m, d))
            m->part[d]->engine->set_weights(m->part[d], weight);
}

static int forward(const struct conv *conv, const void *x, void *y, void *scratch)
{
    const struct conv *part = part_of(conv, CONV_FORWARD);
    return part->engine->forward(part, x, y, scratch);
}

static int backward_data(const struct conv *conv, const void *dy, void *dx, void *scratch)
{
    const struct conv *part = part_of(conv, CONV_BACKWARD_DATA);
    return part->engine->backward_data(part, dy, dx, scratch);
}

static int backward_weights(const struct conv *conv, const void *x, const void *dy, float *dw,
                            void *scratch)
{
    const struct conv *part = part_of(conv, CONV_BACKWARD_WEIGHTS);
    return part->engine->backward_weights(part, x, dy, dw, scratch);
}

static void plain_gradient(const struct conv *conv, const float *dw, float *weight)
{
    const struct conv *part = part_of(conv, CONV_BACKWARD_WEIGHTS);
    part->engine->plain_gradient(part, dw, weight);
}

const struct conv_engine nax_conv_engine_mixed = {
    .name = "mixed",
    .alloc = alloc,
    .release = release,
    .set_weights = set_weights,
    .forward = forward,
    .backward_data = backward_data,
    .backward_weights = backward_weights,
    .plain_gradient = plain_gradient,
};
