/* Options of training. */
#include "recipe.h"

#include <string.h>

/* Options that are a number of the recipe. */
static const struct number {
    int opt;
    const char *name;
    size_t offset;
    bool is_integer;
    double min, max;
} numbers[] = {
    {RECIPE_OPT_EPOCHS, "epochs", offsetof(struct nax_recipe, epochs), true, 0, 1e5},
    {RECIPE_OPT_BATCH, "batch", offsetof(struct nax_recipe, batch), true, 1, 65536},
    {RECIPE_OPT_RATE, "rate", offsetof(struct nax_recipe, learning_rate), false, 1e-9, 1e9},
    {RECIPE_OPT_WARMUP, "warmup", offsetof(struct nax_recipe, warmup), false, 0, 0.99},
    {RECIPE_OPT_MOMENTUM, "momentum", offsetof(struct nax_recipe, momentum), false, 0, 0.999999},
    {RECIPE_OPT_DECAY, "decay", offsetof(struct nax_recipe, weight_decay), false, 0, 1},
    {RECIPE_OPT_MUON, "muon", offsetof(struct nax_recipe, muon), false, 0, 1e9},
    {RECIPE_OPT_SMOOTHING, "smoothing", offsetof(struct nax_recipe, label_smoothing), false, 0,
     0.99},
    {RECIPE_OPT_CROP, "crop", offsetof(struct nax_recipe, crop), true, 0, 1000},
    {RECIPE_OPT_CUTOUT, "cutout", offsetof(struct nax_recipe, cutout), true, 0, 1000},
    {RECIPE_OPT_VALIDATION, "validation", offsetof(struct nax_recipe, validation), false, 0, 0.9},
};

bool recipe_option(const struct tool *tool, struct nax_recipe *recipe, int opt)
{
    if (opt == RECIPE_OPT_SCHEDULE) {
        if (strcmp(optarg, "onecycle") && strcmp(optarg, "cosine"))
            tool_misuse(tool, "--schedule takes onecycle or cosine: '%s'", optarg);
        recipe->schedule = *optarg == 'o' ? NAX_SCHEDULE_ONECYCLE : NAX_SCHEDULE_COSINE;
        return true;
    }
    if (opt == RECIPE_OPT_PRECISION) {
        static const char *const names[] = {"auto", "fp32", "bf16"}; /* enum nax_arithmetic */
        size_t i = 0;
        while (i < 3 && strcmp(optarg, names[i]))
            i++;
        if (i == 3)
            tool_misuse(tool, "--precision takes auto, fp32 or bf16: '%s'", optarg);
        recipe->precision = (enum nax_arithmetic)i;
        return true;
    }
    if (opt == RECIPE_OPT_NO_FLIP) {
        recipe->flip = false;
        return true;
    }
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        const struct number *n = &numbers[i];
        void *field = (char *)recipe + n->offset;
        if (n->opt != opt)
            continue;
        if (n->is_integer)
            *(size_t *)field =
                (size_t)tool_int(tool, n->name, optarg, (int64_t)n->min, (int64_t)n->max);
        else
            *(double *)field = tool_float(tool, n->name, optarg, n->min, n->max);
        return true;
    }
    return false;
}
