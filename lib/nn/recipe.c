/* Recipes: their fields as rows, and the learning rate of every step. */
#include "recipe.h"

#include <math.h>

/* From the peak, 0, to the end, 1, the fraction of the peak that is left. */
static double fall_in_line(double at)
{
    return 1 - at;
}

static double fall_as_cosine(double at)
{
    return 0.5 + 0.5 * cos(M_PI * at);
}

static const struct schedule {
    struct nax_word word;
    double (*fall)(double at);
} schedules[] = {
    {{NAX_SCHEDULE_ONECYCLE, "onecycle", "in a line to 0", "Smith and Topin, 2017", NULL},
     fall_in_line},
    {{NAX_SCHEDULE_COSINE, "cosine", "half a period", "Loshchilov and Hutter, ICLR 2017", NULL},
     fall_as_cosine}};
static NAX_WORDS(schedule_words, schedules, NAX_SCHEDULE_COUNT);

static const struct nax_word arithmetics[] = {
    {NAX_ARITHMETIC_AUTO, "auto", "the fastest here", NULL, NULL},
    {NAX_ARITHMETIC_FP32, "fp32", "32 bits", NULL, NULL},
    {NAX_ARITHMETIC_BF16, "bf16", "rounded to 8 significant bits", NULL, NULL}};
static NAX_WORDS(arithmetic_words, arithmetics, NAX_ARITHMETIC_COUNT);

#define FIELD(name) NAX_OPTION_FIELD(struct nax_recipe, name)

const struct nax_option nax_recipe_options[] = {
    {"epochs", "N", "passes over the training images", FIELD(epochs), .max = 100000, .value = 20},
    {"batch", "N", "images a step", FIELD(batch), .min = 1, .max = 65536, .value = 128},
    {"rate", "X", "learning rate at its peak", FIELD(learning_rate), .min = 1e-9, .max = 1e9,
     .value = 0.1},
    {"schedule", "WORD", NULL, FIELD(schedule), .words = &schedule_words,
     .value = NAX_SCHEDULE_ONECYCLE},
    {"warmup", "X", "fraction of the steps in which the rate rises", FIELD(warmup), .max = 0.99,
     .value = 0.2},
    {"momentum", "X", "Nesterov momentum", FIELD(momentum), .max = 0.999999, .value = 0.9},
    {"decay", "X", "weight decay", FIELD(weight_decay), .max = 1, .value = 5e-4},
    {"muon", "X", "convolutions step by Muon, X · rate of their norm; 0: not", FIELD(muon),
     .max = 1e9, .value = 0.2},
    {"smoothing", "X", "label smoothing", FIELD(label_smoothing), .max = 0.99},
    {"crop", "N", "pixels of padding for random crops", FIELD(crop), .max = 1000, .value = 4},
    {"flip", NULL, "no mirrored images", FIELD(flip), .value = true},
    {"cutout", "N", "side of a square that is blanked at a random place; 0: not", FIELD(cutout),
     .max = 1000},
    {"trivial", NULL, "an operation of TrivialAugment on every image", FIELD(trivial)},
    {"mixup", "X", "images are mixed by shares of Beta(X, X); 0: not", FIELD(mixup), .max = 1000},
    {"cutmix", "X", "rectangles of other images, of shares of Beta(X, X); 0: not", FIELD(cutmix),
     .max = 1000},
    {"average", "X",
     "weights are a mean over steps that keeps X of itself a step; 0: the last ones",
     FIELD(average), .max = 0.999999},
    {"validation", "X", "fraction of the training images held out", FIELD(validation), .max = 0.9,
     .value = 0.1},
    {"precision", "WORD", "of products, auto is the fastest here", FIELD(precision),
     .words = &arithmetic_words, .value = NAX_ARITHMETIC_AUTO},
    {.name = NULL}};

struct nax_recipe nax_recipe_default(void)
{
    struct nax_recipe recipe = {.epochs = 0};
    nax_options_default(nax_recipe_options, &recipe);
    return recipe;
}

enum nax_arithmetic nax_arithmetic_of(enum nax_arithmetic wanted)
{
    if (wanted == NAX_ARITHMETIC_AUTO)
        return nax_has_bf16() ? NAX_ARITHMETIC_BF16 : NAX_ARITHMETIC_FP32;
    return wanted;
}

const char *nax_arithmetic_name(enum nax_arithmetic wanted)
{
    return arithmetics[nax_arithmetic_of(wanted)].word;
}

double nax_recipe_rate(const struct nax_recipe *recipe, size_t step, size_t n_steps)
{
    double at = ((double)step + 0.5) / (double)n_steps, up = recipe->warmup;
    if (at < up)
        return recipe->learning_rate * at / up;
    return recipe->learning_rate * schedules[recipe->schedule].fall((at - up) / (1 - up));
}
