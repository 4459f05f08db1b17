/* Activations: what they do to signs, and what they take. */
#include "nax/network.h"

/* An activation unit looks a value up or clips it (the sigmoid units of ISAAC, Shafiee et al., ISCA
 * 2016, section V; the look-ups of PUMA's vector units, Ankit et al., ASPLOS 2019, section 3.4);
 * what is left are products and sums of the ALU. */
static const struct nax_activation_row rows[] = {
    {{NAX_ACTIVATION_NONE, "none", "x itself", NULL, NULL}, .is_signed = true},
    {{NAX_ACTIVATION_RELU, "relu", "the larger of x and 0", NULL, NULL}, .n_lookups = 1},
    {{NAX_ACTIVATION_RELU6, "relu6", "the same, at most 6", "Sandler et al., CVPR 2018", NULL},
     .n_lookups = 1},
    {{NAX_ACTIVATION_LEAKY_RELU, "leaky-relu", "x, and slope times x below 0",
      "Maas et al., ICML 2013", NULL},
     .is_signed = true,
     .n_lookups = 1,
     .n_ops = 1},
    {{NAX_ACTIVATION_SILU, "silu", "x times its sigmoid", "Elfwing et al., Neural Networks 2018",
      NULL},
     .is_signed = true,
     .n_lookups = 1,
     .n_ops = 1},
    {{NAX_ACTIVATION_HARD_SWISH, "hard-swish", "x times its hard sigmoid",
      "Howard et al., ICCV 2019", NULL},
     .is_signed = true,
     .n_lookups = 1,
     .n_ops = 3},
    {{NAX_ACTIVATION_HARD_SIGMOID, "hard-sigmoid", "x / 6 + 1/2, cut off at 0 and 1",
      "Howard et al., ICCV 2019", NULL},
     .n_lookups = 1,
     .n_ops = 2},
    {{NAX_ACTIVATION_SIGMOID, "sigmoid", "1 / (1 + exp(-x))", NULL, NULL}, .n_lookups = 1},
    {{NAX_ACTIVATION_TANH, "tanh", "the hyperbolic tangent", NULL, NULL},
     .is_signed = true,
     .n_lookups = 1},
};
NAX_WORDS(nax_activation_words, rows, NAX_ACTIVATION_COUNT);

const struct nax_activation_row *nax_activation_row(enum nax_activation activation)
{
    return &rows[activation];
}
