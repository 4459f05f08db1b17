/* A network with one kernel size everywhere, or, KERNEL being 0, with its own: milliseconds of a
 * training step of 128 images, and of evaluating as many, in a run of so many seconds.
 *
 * Usage: train NETWORK NAME KERNEL fp32|bf16 SECONDS; prints samples of train_NAME, evaluate_NAME.
 */
#include "nax/nn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N_BATCH = 128, N_TRAIN = 4500, N_STEPS_MAX = 4096, N_WARM = 4, N_LEAST = 5 };

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
    bool is_short;             /* of one step, without warming up */
    double start, last, limit; /* seconds */
    double step[N_STEPS_MAX];
    size_t n, n_seen;
};

static int tick(void *self, size_t step, double loss)
{
    struct clock *c = self;
    double now = nax_clock_seconds();
    (void)step, (void)loss;
    if (c->n_seen++ >= (c->is_short ? 0 : N_WARM))
        c->step[c->n++] = now - c->last;
    c->last = now;
    return c->n == N_STEPS_MAX ||
           (c->n >= (c->is_short ? 1 : N_LEAST) && now - c->start > c->limit);
}

static struct nax_images random_images(size_t n, const struct nax_network *net)
{
    size_t size = net->height * net->width * net->channels;
    uint8_t *pixels = nax_calloc(n, size);
    int32_t *labels = nax_calloc(n, sizeof *labels);
    if (!pixels || !labels)
        exit(1);
    for (size_t i = 0; i < n * size; i++)
        pixels[i] = (uint8_t)(i * 2654435761u >> 13);
    for (size_t i = 0; i < n; i++)
        labels[i] = (int32_t)(i % net->n_classes);
    return (struct nax_images){n, net->height, net->width, net->channels, pixels, labels};
}

static void train(struct nax_trainer *trainer, struct clock *clock)
{
    struct nax_err err;
    struct nax_epoch epoch = {.epoch = 1};
    clock->start = clock->last = nax_clock_seconds();
    while (epoch.epoch)
        if (nax_trainer_epoch(trainer, tick, clock, &epoch, &err))
            die(&err);
}

static void evaluate(struct nax_model *model, const struct nax_images *images, bool is_bf16,
                     struct clock *clock)
{
    struct nax_err err;
    struct nax_score score;
    const struct nax_eval options = {.is_bf16 = is_bf16};
    size_t n_least = clock->is_short ? 1 : 3;
    clock->start = nax_clock_seconds();
    for (clock->n = 0; clock->n < n_least || clock->last - clock->start < clock->limit / 2;
         clock->n++) {
        double before = nax_clock_seconds();
        if (clock->n == N_STEPS_MAX)
            break;
        if (nax_model_eval(model, images, &options, &score, &err))
            die(&err);
        clock->last = nax_clock_seconds();
        clock->step[clock->n] = (clock->last - before) * N_BATCH / (double)images->n;
    }
}

int main(int argc, char **argv)
{
    struct nax_err err;
    struct nax_network_file *file;
    struct nax_network *net;
    struct nax_model *model;
    struct nax_trainer *trainer;
    struct nax_recipe recipe = nax_recipe_default();
    static struct clock clock;
    int64_t kernel[NAX_NETWORK_SLOTS_MAX];
    if (argc != 6)
        return 2;
    const char *name = argv[2], *precision = argv[4];
    bool is_bf16 = !strcmp(precision, "bf16");
    recipe.precision = is_bf16 ? NAX_ARITHMETIC_BF16 : NAX_ARITHMETIC_FP32;
    clock.limit = atof(argv[5]);
    clock.is_short = clock.limit < 0.5;
    for (size_t i = 0; i < NAX_NETWORK_SLOTS_MAX; i++)
        kernel[i] = atoi(argv[3]);
    if (nax_network_file_load(&file, argv[1], &err) ||
        nax_network_build(&net, file, *kernel ? kernel : NULL, &err))
        die(&err);
    struct nax_dataset set = {.train = random_images(N_TRAIN, net),
                              .test = random_images(clock.is_short ? N_BATCH : 8 * N_BATCH, net),
                              .n_classes = net->n_classes};
    if (nax_model_alloc(&model, net, 0, &err) ||
        nax_trainer_alloc(&trainer, model, &set, &recipe, 0, &err))
        die(&err);
    train(trainer, &clock);
    printf("train_%s %s %.1f\n", name, precision, 1e3 * median(clock.step, clock.n));
    evaluate(model, &set.test, is_bf16, &clock);
    printf("evaluate_%s %s %.1f\n", name, precision, 1e3 * median(clock.step, clock.n));
    nax_trainer_free(trainer);
    nax_model_free(model);
    nax_network_free(net);
    nax_network_file_free(file);
    free((void *)(uintptr_t)set.train.pixels);
    free((void *)(uintptr_t)set.train.labels);
    free((void *)(uintptr_t)set.test.pixels);
    free((void *)(uintptr_t)set.test.labels);
}
