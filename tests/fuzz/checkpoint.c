/* Checkpoints of a small network: what a model or a run takes from one can be worked with. */
#include "nax/nn.h"

#include <math.h>

#include "input.h"

static struct nax_network *net;
static struct nax_model *model;
static struct nax_dataset *set;
static struct nax_trainer *trainer;
static struct nax_recipe recipe;
static volatile uint64_t hash; /* so that what is read is needed */

static void begin(void)
{
    static const char text[] = "name: fuzz\ninput: {height: 32, width: 32, channels: 3}\n"
                               "classes: 10\nlayers:\n  - conv: {out: 2, kernel: 3}\n"
                               "  - pool: {kind: mean}\n  - linear: {role: classifier}\n";
    static struct input_file file;
    struct nax_err err;
    struct nax_network_file *network;
    nax_threads_set(1);
    recipe = nax_recipe_default();
    recipe.epochs = 2;
    recipe.batch = 10;
    must(!nax_network_file_load(&network, input_put(&file, text, sizeof text - 1), &err) &&
         !nax_network_build(&net, network, NULL, &err) && !nax_model_alloc(&model, net, 3, &err) &&
         !nax_synth(&set, 0, 40, 10, &err) &&
         !nax_trainer_alloc(&trainer, model, set, &recipe, 0, &err));
    nax_network_file_free(network);
}

void fuzz_seed(const char *path)
{
    struct nax_err err;
    struct nax_epoch epoch;
    begin();
    must(!nax_trainer_epoch(trainer, NULL, NULL, &epoch, &err) &&
         !nax_trainer_save(trainer, path, NULL, 0, &err));
}

static void must_be_usable(void)
{
    for (int c = 0; c < 3; c++)
        must(isfinite(model->pixel_mean[c]) && isfinite(model->pixel_sd[c]) &&
             model->pixel_sd[c] > 0);
}

bool fuzz_input(const uint8_t *bytes, size_t n)
{
    struct nax_err err;
    if (!net)
        begin();
    const char *path = input_path(bytes, n);
    bool is_taken = !nax_model_load(model, path, &err);
    if (is_taken)
        must_be_usable();
    if (!nax_trainer_resume(trainer, path, &err)) {
        must(nax_trainer_epochs_done(trainer) <= recipe.epochs &&
             nax_trainer_steps_done(trainer) <= nax_trainer_n_steps(trainer));
        must_be_usable();
    }
    if (!nax_model_start(model, path, &err))
        must_be_usable();
    hash = nax_model_hash(model);
    return is_taken;
}
