/* The learning rate of a recipe. */
#ifndef NAX_NN_RECIPE_H
#define NAX_NN_RECIPE_H

#include "nax/nn.h"

/* Of step `step` (from 0) of n_steps in the whole run: up in a line, down by the schedule. */
double nax_recipe_rate(const struct nax_recipe *recipe, size_t step, size_t n_steps);

#endif
