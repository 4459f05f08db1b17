/* Options of training that tools share: a table for getopt_long, their help, their parsing. */
#ifndef NAX_TOOLS_RECIPE_H
#define NAX_TOOLS_RECIPE_H

#include "nax/nn.h"
#include "tool.h"

enum {
    RECIPE_OPT_EPOCHS = TOOL_OPT_OWN + 1000,
    RECIPE_OPT_BATCH,
    RECIPE_OPT_RATE,
    RECIPE_OPT_SCHEDULE,
    RECIPE_OPT_WARMUP,
    RECIPE_OPT_MOMENTUM,
    RECIPE_OPT_DECAY,
    RECIPE_OPT_MUON,
    RECIPE_OPT_SMOOTHING,
    RECIPE_OPT_CROP,
    RECIPE_OPT_NO_FLIP,
    RECIPE_OPT_CUTOUT,
    RECIPE_OPT_VALIDATION,
    RECIPE_OPT_PRECISION
};

#define RECIPE_LONG                                                                                \
    {"epochs", required_argument, NULL, RECIPE_OPT_EPOCHS},                                        \
        {"batch", required_argument, NULL, RECIPE_OPT_BATCH},                                      \
        {"rate", required_argument, NULL, RECIPE_OPT_RATE},                                        \
        {"schedule", required_argument, NULL, RECIPE_OPT_SCHEDULE},                                \
        {"warmup", required_argument, NULL, RECIPE_OPT_WARMUP},                                    \
        {"momentum", required_argument, NULL, RECIPE_OPT_MOMENTUM},                                \
        {"decay", required_argument, NULL, RECIPE_OPT_DECAY},                                      \
        {"muon", required_argument, NULL, RECIPE_OPT_MUON},                                        \
        {"smoothing", required_argument, NULL, RECIPE_OPT_SMOOTHING},                              \
        {"crop", required_argument, NULL, RECIPE_OPT_CROP},                                        \
        {"no-flip", no_argument, NULL, RECIPE_OPT_NO_FLIP},                                        \
        {"cutout", required_argument, NULL, RECIPE_OPT_CUTOUT},                                    \
        {"validation", required_argument, NULL, RECIPE_OPT_VALIDATION},                            \
    {                                                                                              \
        "precision", required_argument, NULL, RECIPE_OPT_PRECISION                                 \
    }

/* The defaults are those of nax_recipe_default. */
#define RECIPE_USAGE                                                                               \
    "      --epochs N        passes over the training images (20)\n"                               \
    "      --batch N         images a step (128)\n"                                                \
    "      --rate X          learning rate at its peak (0.1)\n"                                    \
    "      --schedule NAME   onecycle or cosine (onecycle)\n"                                      \
    "      --warmup X        fraction of the steps in which the rate rises (0.2)\n"                \
    "      --momentum X      Nesterov momentum (0.9)\n"                                            \
    "      --decay X         weight decay (0.0005)\n"                                              \
    "      --muon X          convolutions step by Muon, X · rate of their norm; 0: not (0.2)\n"   \
    "      --smoothing X     label smoothing (0)\n"                                                \
    "      --crop N          pixels of padding for random crops (4)\n"                             \
    "      --no-flip         no mirrored images\n"                                                 \
    "      --cutout N        side of a square that is blanked at a random place; 0: not (0)\n"     \
    "      --validation X    fraction of the training images held out (0.1)\n"                     \
    "      --precision NAME  of products: fp32, bf16, auto: the fastest here (auto)\n"

/* Whether opt is one of these; then the recipe has taken optarg, or the tool has ended for misuse.
 */
bool recipe_option(const struct tool *tool, struct nax_recipe *recipe, int opt);

#endif
