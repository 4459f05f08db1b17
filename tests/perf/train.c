/* ResNet-20 with one kernel size everywhere: milliseconds of a training step of 128 images, and of
 * evaluating as many.
 *
 * Usage: train KERNEL auto|fp32|bf16 SECONDS; prints "NAME WHAT_KxK MILLISECONDS" lines. */
#include "nax/nn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N_BATCH = 128, N_TEST = 16 * N_BATCH, N_STEPS_MAX = 4096, N_WARM = 4 };

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

static double median(double *values, size_t n)
{
    qsort(values, n, sizeof *values, compare);
    return values[n / 2];
}

struct clock {
    double start, last, limit; /* seconds */
    double step[N_STEPS_MAX];
    size_t n, n_seen;
};

static int tick(void *self, size_t step, double loss)
{
    struct clock *c = self;
    double now = nax_clock_seconds();
    (void)step, (void)loss;
    if (c->n_seen++ >= N_WARM)
        c->step[c->n++] = now - c->last;
    c->last = now;
    return c->n == N_STEPS_MAX || (c->n >= 5 && now - c->start > c->limit);
}

static void measure(const struct nax_dataset *set, int64_t k, enum nax_arithmetic precision,
                    double limit)
{
    struct nax_err err;
    struct nax_network_file *file;
    struct nax_network *net;
    struct nax_model *model;
    struct nax_trainer *trainer;
    struct nax_epoch epoch = {.epoch = 1};
    struct nax_score score;
    struct nax_recipe recipe = nax_recipe_default();
    static struct clock clock;
    int64_t kernel[NAX_NETWORK_SLOTS_MAX];
    recipe.precision = precision;
    for (size_t i = 0; i < NAX_NETWORK_SLOTS_MAX; i++)
        kernel[i] = k;
    if (nax_network_file_load(&file, "resnet20", &err) ||
        nax_network_build(&net, file, kernel, &err) || nax_model_alloc(&model, net, 0, &err) ||
        nax_trainer_alloc(&trainer, model, set, &recipe, 0, &err))
        die(&err);
    clock.start = nax_clock_seconds();
    clock.limit = limit;
    while (epoch.epoch)
        if (nax_trainer_epoch(trainer, tick, &clock, &epoch, &err))
            die(&err);
    const char *name = nax_arithmetic_of(precision) == NAX_ARITHMETIC_BF16 ? "bf16" : "fp32";
    printf("%s train_%dx%d %.1f\n", name, (int)k, (int)k, 1e3 * median(clock.step, clock.n));

    const struct nax_eval options = {.is_bf16 = !strcmp(name, "bf16")};
    for (clock.n = 0, clock.start = nax_clock_seconds();
         clock.n < 3 || clock.last - clock.start < limit / 2; clock.n++) {
        double before = nax_clock_seconds();
        if (nax_model_eval(model, &set->test, &options, &score, &err))
            die(&err);
        clock.last = nax_clock_seconds();
        clock.step[clock.n] = (clock.last - before) * N_BATCH / N_TEST;
    }
    if (clock.n)
        printf("%s evaluate_%dx%d %.1f\n", name, (int)k, (int)k, 1e3 * median(clock.step, clock.n));
    nax_trainer_free(trainer);
    nax_model_free(model);
    nax_network_free(net);
    nax_network_file_free(file);
}

int main(int argc, char **argv)
{
    struct nax_err err;
    struct nax_dataset *set;
    if (argc != 4)
        return 2;
    enum nax_arithmetic precision = !strcmp(argv[2], "fp32")   ? NAX_ARITHMETIC_FP32
                                    : !strcmp(argv[2], "bf16") ? NAX_ARITHMETIC_BF16
                                                               : NAX_ARITHMETIC_AUTO;
    if (nax_synth(&set, 1, 4500, N_TEST, &err))
        die(&err);
    measure(set, atoi(argv[1]), precision, atof(argv[3]));
    nax_dataset_free(set);
}
