/* The learning rate of a recipe. */
#ifndef NAX_NN_RECIPE_H
#define NAX_NN_RECIPE_H

#include "nax/nn.h"

/* Of step `step` (from 0) of n_steps in the whole run. One-cycle falls in a line to 0 (Smith and
 * Topin, 2017), cosine along half a period (Loshchilov and Hutter, ICLR 2017). */
double nax_recipe_rate(const struct nax_recipe *recipe, size_t step, size_t n_steps);

#endif
