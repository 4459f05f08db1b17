/* Images a second that ResNet-20 trains on and is evaluated on, for each kernel size, and the rate
 * of arithmetic that this comes to. */
#include "nax/nn.h"

#include <stdio.h>
#include <stdlib.h>

enum { n_steps = 24, n_warm = 4, n_test = 2000 };

static _Noreturn void die(const struct nax_err *err)
{
    fprintf(stderr, "%s\n", err->text);
    exit(1);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

struct clock {
    double last, seconds[n_steps];
    size_t n;
};

static int tick(void *self, size_t step, double loss)
{
    struct clock *c = self;
    double now = nax_clock_seconds();
    (void)loss;
    if (step > n_warm)
        c->seconds[c->n++] = now - c->last;
    c->last = now;
    return c->n == n_steps;
}

static void measure(const struct nax_dataset *set, int64_t k)
{
    struct nax_err err;
    struct nax_network_file *file;
    struct nax_network *net;
    struct nax_model *model;
    struct nax_trainer *trainer;
    struct nax_epoch epoch;
    struct nax_score score;
    struct nax_recipe recipe = nax_recipe_default();
    struct nax_eval part = {.n_images = n_test};
    struct clock clock = {0};
    int64_t kernel[NAX_NETWORK_SLOTS_MAX];
    double macs = 0;
    for (size_t i = 0; i < NAX_NETWORK_SLOTS_MAX; i++)
        kernel[i] = k;
    if (nax_network_file_load(&file, "resnet20", &err) ||
        nax_network_build(&net, file, kernel, &err) || nax_model_alloc(&model, net, 0, &err) ||
        nax_trainer_alloc(&trainer, model, set, &recipe, 0, &err) ||
        nax_trainer_epoch(trainer, tick, &clock, &epoch, &err))
        die(&err);
    for (size_t l = 0; l < net->n_layers; l++)
        macs += (double)nax_layer_macs(&net->layers[l]);
    qsort(clock.seconds, n_steps, sizeof(double), compare);
    double step = clock.seconds[n_steps / 2];
    double start = nax_clock_seconds();
    if (nax_model_eval(model, &set->test, &part, &score, &err))
        die(&err);
    double seconds = nax_clock_seconds() - start;
    printf("train_%dx%d: %.1f ms a step of 128, %.0f images/s, %.0f GFLOP/s in multiplications\n",
           (int)k, (int)k, 1e3 * step, 128 / step, 6 * macs * 128 / step * 1e-9);
    printf("evaluate_%dx%d: %.0f images/s, %.0f GFLOP/s\n", (int)k, (int)k, n_test / seconds,
           2 * macs * n_test / seconds * 1e-9);
    nax_trainer_free(trainer);
    nax_model_free(model);
    nax_network_free(net);
    nax_network_file_free(file);
}

int main(void)
{
    struct nax_err err;
    struct nax_dataset *set;
    if (nax_synth(&set, 1, 4500, n_test, &err))
        die(&err);
    for (int64_t k = 3; k <= 7; k += 2)
        measure(set, k);
    nax_dataset_free(set);
}
