/* Which engine convolves: a table by what the processor has. DECISIONS.md says where its rows come
 * from. */
#include "conv.h"

#include "nax/nn.h"

enum {
    FORWARD = 1 << CONV_FORWARD,
    DATA = 1 << CONV_BACKWARD_DATA,
    WEIGHTS = 1 << CONV_BACKWARD_WEIGHTS,
    ALL = FORWARD | DATA | WEIGHTS
};
enum { FP32 = 1, BF16 = 2, BOTH = FP32 | BF16 };

#ifdef NAX_HAS_DNNL
#define ONEDNN &nax_conv_engine_dnnl
#else
#define ONEDNN NULL /* its rows are passed over */
#endif

/* The first row decides that holds and whose engine can. Ranges that a row does not have hold. */
static const struct row {
    enum nax_isa isa; /* or later */
    unsigned precisions, directions;
    const struct conv_engine *engine;
    struct range {
        size_t least, most;             /* 0: without end */
    } kernel, stride, channels, groups; /* channels: of inputs and of outputs */
} rows[] = {
    /* matrix units multiply bf16 faster than Winograd's products, in float, are fewer, but for
     * gradients of weights: there layouts are changed first */
    {NAX_ISA_AMX, BF16, FORWARD | DATA, .engine = ONEDNN},
    {NAX_ISA_AMX, BF16, WEIGHTS, .engine = ONEDNN, .kernel = {3, 3}, .channels = {1, 16}},
    /* transformed weights, eight times their bytes in bf16, would come from beyond the caches */
    {NAX_ISA_AVX512_BF16, BF16, ALL, .engine = ONEDNN, .kernel = {3, 3}, .channels = {256, 0}},
    {NAX_ISA_BASELINE, BOTH, ALL, .engine = &nax_conv_engine_winograd},
    /* oneDNN's gradients by weights of many channels are slow where pixels are left out */
    {NAX_ISA_AVX2, FP32, WEIGHTS, .engine = &nax_conv_engine_blas, .kernel = {2, 0},
     .stride = {2, 0}, .channels = {64, 0}, .groups = {1, 1}},
    {NAX_ISA_BASELINE, BOTH, ALL, .engine = ONEDNN},
    {NAX_ISA_BASELINE, FP32, ALL, .engine = &nax_conv_engine_direct},
    {NAX_ISA_BASELINE, FP32, ALL, .engine = &nax_conv_engine_blas},
};

static bool is_within(struct range range, size_t value)
{
    return value >= range.least && (!range.most || value <= range.most);
}

static bool holds(const struct row *row, enum nax_isa isa, const struct nax_layer *l,
                  enum conv_direction direction, bool is_bf16)
{
    return row->engine && isa >= row->isa && (row->precisions & (is_bf16 ? BF16 : FP32)) &&
           (row->directions >> direction & 1) && is_within(row->kernel, l->kernel[0]) &&
           is_within(row->stride, l->stride[0]) && is_within(row->groups, l->groups) &&
           is_within(row->channels, l->c_in) && is_within(row->channels, l->c_out) &&
           row->engine->can(l, is_bf16, isa);
}

/* NULL: none, of bf16. */
static const struct conv_engine *of_table(enum nax_isa isa, const struct nax_layer *layer,
                                          enum conv_direction direction, bool is_bf16)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (holds(&rows[i], isa, layer, direction, is_bf16))
            return rows[i].engine;
    return NULL;
}

struct conv_choice nax_conv_choose_for(enum nax_isa isa, const struct nax_layer *layer,
                                       enum conv_direction direction, bool is_bf16)
{
    const struct conv_engine *engine = of_table(isa, layer, direction, is_bf16);
    return engine ? (struct conv_choice){engine, NULL}
                  : (struct conv_choice){&nax_conv_engine_widened,
                                         of_table(isa, layer, direction, false)};
}

int nax_conv_choose(const struct nax_layer *layer, enum conv_direction direction, bool is_bf16,
                    struct conv_choice *choice, struct nax_err *err)
{
    enum { N_ENGINES = 4 };
    static const char *const words[N_ENGINES] = {"winograd", "onednn", "blas", "direct"};
    static const struct conv_engine *const engines[N_ENGINES] = {
        &nax_conv_engine_winograd, ONEDNN, &nax_conv_engine_blas, &nax_conv_engine_direct};
    size_t forced;
    int status = nax_environment_word("NAX_CONV", words, N_ENGINES, &forced, err);
    if (status)
        return status;
    const struct conv_engine *engine = forced < N_ENGINES ? engines[forced] : NULL;
    if (forced < N_ENGINES && !engine)
        return nax_err_set(err, NAX_ERR_VALUE, "built without oneDNN: 'NAX_CONV=%s'",
                           words[forced]);
    if (engine && engine->can(layer, is_bf16, nax_isa()))
        *choice = (struct conv_choice){engine, NULL};
    else if (engine && engine->can(layer, false, nax_isa()))
        *choice = (struct conv_choice){&nax_conv_engine_widened, engine};
    else
        *choice = nax_conv_choose_for(nax_isa(), layer, direction, is_bf16);
    return 0;
}

int nax_conv_engines(const struct nax_layer *layer, enum nax_arithmetic precision,
                     struct nax_conv_engines *engines, struct nax_err *err)
{
    const char **names[CONV_DIRECTIONS] = {&engines->forward, &engines->backward_data,
                                           &engines->backward_weights};
    bool is_bf16 = nax_arithmetic_of(precision) == NAX_ARITHMETIC_BF16;
    *engines = (struct nax_conv_engines){NULL, NULL, NULL};
    for (int d = 0; layer->kind == NAX_LAYER_CONV && d < CONV_DIRECTIONS; d++) {
        struct conv_choice choice;
        if (d == CONV_BACKWARD_DATA && layer->input == NAX_FROM_IMAGE)
            continue;
        int status = nax_conv_choose(layer, (enum conv_direction)d, is_bf16, &choice, err);
        if (status)
            return status;
        *names[d] = (choice.inner ? choice.inner : choice.engine)->name;
    }
    return 0;
}
