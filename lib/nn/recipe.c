/* Recipes: defaults, and the learning rate of every step. */
#include "recipe.h"

#include <math.h>

struct nax_recipe nax_recipe_default(void)
{
    return (struct nax_recipe){.epochs = 20,
                               .batch = 128,
                               .schedule = NAX_SCHEDULE_ONECYCLE,
                               .learning_rate = 0.1,
                               .warmup = 0.2,
                               .momentum = 0.9,
                               .weight_decay = 5e-4,
                               .muon = 0.2,
                               .label_smoothing = 0,
                               .crop = 4,
                               .flip = true,
                               .validation = 0.1,
                               .precision = NAX_ARITHMETIC_AUTO};
}

enum nax_arithmetic nax_arithmetic_of(enum nax_arithmetic wanted)
{
    if (wanted == NAX_ARITHMETIC_AUTO)
        return nax_has_bf16() ? NAX_ARITHMETIC_BF16 : NAX_ARITHMETIC_FP32;
    return wanted;
}

double nax_recipe_rate(const struct nax_recipe *recipe, size_t step, size_t n_steps)
{
    double at = ((double)step + 0.5) / (double)n_steps, up = recipe->warmup;
    if (at < up)
        return recipe->learning_rate * at / up;
    double rest = (at - up) / (1 - up);
    double shape =
        recipe->schedule == NAX_SCHEDULE_COSINE ? 0.5 + 0.5 * cos(M_PI * rest) : 1 - rest;
    return recipe->learning_rate * shape;
}
