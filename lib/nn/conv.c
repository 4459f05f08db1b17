/* Which engine convolves. */
#include "conv.h"

#include <stdlib.h>
#include <string.h>

static const struct conv_engine *engine(void)
{
#ifdef NAX_HAS_DNNL
    const char *forced = getenv("NAX_CONV");
    if (!forced || strcmp(forced, "blas"))
        return &conv_engine_dnnl;
#endif
    return &conv_engine_blas;
}

int conv_alloc(struct conv **conv, const struct nax_layer *layer, size_t n, bool has_backward,
               struct nax_err *err)
{
    return engine()->alloc(conv, layer, n, has_backward, err);
}

void conv_free(struct conv *conv)
{
    if (conv)
        conv->engine->release(conv);
}
