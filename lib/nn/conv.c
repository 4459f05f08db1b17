/* Which engine convolves. */
#include "conv.h"

enum forced { WINOGRAD, ONEDNN, BLAS, N_FORCED };

/* Of the engines that the environment leaves, the first that can. */
static int choose(const struct nax_layer *layer, bool is_bf16, const struct conv_engine **engine,
                  struct nax_err *err)
{
    static const char *const words[N_FORCED] = {"winograd", "onednn", "blas"};
    size_t forced;
    int status = nax_environment_word("NAX_CONV", words, N_FORCED, &forced, err);
    if (status)
        return status;
    if (forced != ONEDNN && forced != BLAS && nax_conv_is_winograd(layer)) {
        *engine = &nax_conv_engine_winograd;
        return 0;
    }
#ifdef NAX_HAS_DNNL
    if (forced != BLAS && (!is_bf16 || nax_has_bf16())) {
        *engine = &nax_conv_engine_dnnl;
        return 0;
    }
#else
    if (forced == ONEDNN)
        return nax_err_set(err, NAX_ERR_VALUE, "built without oneDNN: 'NAX_CONV=onednn'");
#endif
    *engine = is_bf16 ? &nax_conv_engine_widened : &nax_conv_engine_blas;
    return 0;
}

int nax_conv_alloc(struct conv **conv, const struct nax_layer *layer, size_t n,
                   const struct conv_options *options, struct nax_err *err)
{
    const struct conv_engine *engine = NULL;
    struct conv_options all = *options;
    int status = choose(layer, options->is_bf16, &engine, err);
    if (!status && engine == &nax_conv_engine_widened)
        status = choose(layer, false, &all.inner, err);
    return status ? status : engine->alloc(conv, layer, n, &all, err);
}

void nax_conv_free(struct conv *conv)
{
    if (conv)
        conv->engine->release(conv);
}
