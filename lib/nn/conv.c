/* Which engine convolves. */
#include "conv.h"

#include <stdlib.h>
#include <string.h>

static const struct conv_engine *engine(const struct nax_layer *layer, bool is_bf16)
{
    const char *forced = getenv("NAX_CONV");
    bool is_blas = forced && !strcmp(forced, "blas"), is_dnnl = forced && !strcmp(forced, "onednn");
    if (!is_blas && !is_dnnl && nax_conv_is_winograd(layer))
        return &nax_conv_engine_winograd;
#ifdef NAX_HAS_DNNL
    if (!is_blas && (!is_bf16 || nax_has_bf16()))
        return &nax_conv_engine_dnnl;
#endif
    return is_bf16 ? &nax_conv_engine_widened : &nax_conv_engine_blas;
}

int nax_conv_alloc(struct conv **conv, const struct nax_layer *layer, size_t n,
                   const struct conv_options *options, struct nax_err *err)
{
    return engine(layer, options->is_bf16)->alloc(conv, layer, n, options, err);
}

void nax_conv_free(struct conv *conv)
{
    if (conv)
        conv->engine->release(conv);
}
