/* nax-eval: the accuracy of trained networks on given hardware, over several chips. */
#include "design.h"
#include "layer_record.h"
#include "moments.h"
#include "nax/mapping.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "nax-eval [-lq] [--circuit n] [--data file] [--hardware name] [--set key=value] [--fidelity "
    "name] "
    "[--chips n] [--time seconds] [--calibrate n] [--images n] [--format format] [file ...]\n"
    "\n"
    "      --data FILE       data set (the built-in synthetic one)\n"
    "      --hardware NAME   built in (nax-reram, puma, isaac) or a file\n"
    "      --set KEY=VALUE   change a key of the hardware; may come several times\n"
    "      --fidelity NAME   ideal, quantized, linear, adc or full (full)\n"
    "      --chips N         program N chips and average over them (1)\n"
    "      --time SECONDS    after programming, for cells that drift (the hardware's)\n"
    "      --calibrate N     also correct gains and offsets on N training images\n"
    "      --images N        test images to measure on, 0: all (0)\n"
    "  -l, --layers          one record a layer: what its products lose\n"
    "      --circuit N       and what circuits of nonlinear cells do to N of its "
    "products\n" TOOL_USAGE;

enum {
    OPT_DATA = TOOL_OPT_OWN,
    OPT_HARDWARE,
    OPT_SET,
    OPT_FIDELITY,
    OPT_CHIPS,
    OPT_TIME,
    OPT_CALIBRATE,
    OPT_IMAGES,
    OPT_CIRCUIT,
    SETS_MAX = 64,
    CHIPS_MAX = 10000,
    N_NOISE_IMAGES = 64 /* that --layers looks at */
};

static const struct option options[] = {{"data", required_argument, NULL, OPT_DATA},
                                        {"hardware", required_argument, NULL, OPT_HARDWARE},
                                        {"set", required_argument, NULL, OPT_SET},
                                        {"fidelity", required_argument, NULL, OPT_FIDELITY},
                                        {"chips", required_argument, NULL, OPT_CHIPS},
                                        {"time", required_argument, NULL, OPT_TIME},
                                        {"calibrate", required_argument, NULL, OPT_CALIBRATE},
                                        {"images", required_argument, NULL, OPT_IMAGES},
                                        {"layers", no_argument, NULL, 'l'},
                                        {"circuit", required_argument, NULL, OPT_CIRCUIT},
                                        TOOL_LONG};

/* What the built-in set has, as in nax-train. */
static const size_t synthetic_train = 4000, synthetic_test = 1000;

struct evaluation {
    struct tool tool;
    const char *data, *hardware_name;
    const char *sets[SETS_MAX];
    size_t n_sets;
    enum nax_fidelity fidelity;
    size_t n_chips, n_calibration, n_images, n_vectors;
    double time_seconds; /* negative: the hardware's */
    bool has_layers;
    struct nax_dataset *set;
    struct nax_hardware *hardware;
    struct design design;
};

/* A trained candidate, and what its chips came to. */
struct job {
    struct evaluation *e;
    struct nax_network *net;
    struct nax_model *model;
    int64_t crossbars[NAX_NETWORK_LAYERS_MAX];
    double ideal;
    double *accuracy, *calibrated; /* [n_chips] */
};

static void parse(struct evaluation *e, int argc, char **argv)
{
    struct tool *tool = &e->tool;
    for (int opt; (opt = getopt_long(argc, argv, "l" TOOL_SHORT, options, NULL)) != -1;)
        switch (opt) {
        case OPT_DATA:
            e->data = optarg;
            break;
        case OPT_HARDWARE:
            e->hardware_name = optarg;
            break;
        case OPT_SET:
            if (e->n_sets == SETS_MAX)
                tool_misuse(tool, "more than %d changes of the hardware", SETS_MAX);
            e->sets[e->n_sets++] = optarg;
            break;
        case OPT_FIDELITY:
            e->fidelity = nax_fidelity_parse(optarg);
            if (e->fidelity == NAX_FIDELITY_COUNT)
                tool_misuse(tool, "no such fidelity: '%s'", optarg);
            break;
        case OPT_CHIPS:
            e->n_chips = (size_t)tool_int(tool, "chips", optarg, 1, CHIPS_MAX);
            break;
        case OPT_TIME:
            e->time_seconds = tool_float(tool, "time", optarg, 0, 1e12);
            break;
        case OPT_CALIBRATE:
            e->n_calibration = (size_t)tool_int(tool, "calibrate", optarg, 1, INT32_MAX);
            break;
        case OPT_IMAGES:
            e->n_images = (size_t)tool_int(tool, "images", optarg, 0, INT32_MAX);
            break;
        case OPT_CIRCUIT:
            e->n_vectors = (size_t)tool_int(tool, "circuit", optarg, 1, INT32_MAX);
            break;
        case 'l':
            e->has_layers = true;
            tool->kind = "layer";
            break;
        default:
            tool_option(tool, opt);
        }
    if (e->n_vectors && !e->has_layers)
        tool_misuse(tool, "--circuit goes with --layers");
}

static void open_files(struct evaluation *e)
{
    struct nax_err err;
    int status = e->data ? nax_dataset_open(&e->set, e->data, &err)
                         : nax_synth(&e->set, 0, synthetic_train, synthetic_test, &err);
    if (!status && !e->set->test.n)
        status = nax_err_set(&err, NAX_ERR_VALUE, "no test images: '%s'", e->data);
    if (!status)
        status = nax_hardware_load_set(&e->hardware, e->hardware_name, e->sets, e->n_sets, &err);
    if (status)
        tool_fail(&e->tool, &err);
    if (e->time_seconds >= 0)
        e->hardware->device.programming.time_seconds = e->time_seconds;
}

static struct nax_mapping mapping_of(const struct job *job, size_t chip)
{
    const struct evaluation *e = job->e;
    return (struct nax_mapping){e->hardware, job->crossbars, e->fidelity, e->tool.seed, chip};
}

static int map(const struct job *job, size_t chip, struct nax_mapped **mapped, struct nax_err *err)
{
    struct nax_mapping mapping = mapping_of(job, chip);
    return nax_mapped_alloc(mapped, job->model, &mapping, &job->e->set->train, err);
}

static int measure_chip(struct job *job, size_t chip, struct nax_err *err)
{
    const struct evaluation *e = job->e;
    struct nax_mapped *mapped = NULL;
    struct nax_eval all = {.n_images = e->n_images};
    struct nax_score score = {.accuracy = 0};
    int status = map(job, chip, &mapped, err);
    if (!status)
        status = nax_mapped_eval(mapped, &e->set->test, &all, &score, err);
    job->accuracy[chip] = score.accuracy;
    if (!status && e->n_calibration)
        status = nax_mapped_calibrate(mapped, &e->set->train, e->n_calibration, err);
    if (!status && e->n_calibration)
        status = nax_mapped_eval(mapped, &e->set->test, &all, &score, err);
    job->calibrated[chip] = score.accuracy;
    nax_mapped_free(mapped);
    return status;
}

static int measure(struct job *job, struct nax_err *err)
{
    struct evaluation *e = job->e;
    struct nax_eval all = {.n_images = e->n_images};
    struct nax_score score = {.accuracy = 0};
    int status = nax_model_eval(job->model, &e->set->test, &all, &score, err);
    job->ideal = score.accuracy;
    for (size_t chip = 0; !status && chip < e->n_chips; chip++) {
        tool_progress(&e->tool, "%s: chip %zu of %zu", e->design.candidate.id, chip + 1,
                      e->n_chips);
        status = measure_chip(job, chip, err);
    }
    return status;
}

static void describe(const struct job *job, struct nax_record *r)
{
    struct evaluation *e = job->e;
    size_t n = e->n_chips;
    int status = nax_record_set_float(r, "accuracy", mean_of(job->accuracy, n)) ||
                 nax_record_set_float(r, "accuracy_ideal", job->ideal) ||
                 nax_record_set_float(r, "accuracy_sd", sd_of(job->accuracy, n));
    if (!status && e->n_calibration)
        status = nax_record_set_float(r, "accuracy_calibrated", mean_of(job->calibrated, n)) ||
                 nax_record_set_float(r, "accuracy_calibrated_sd", sd_of(job->calibrated, n));
    status = status ||
             nax_record_set_float(r, "accuracy_worst_decile", lowest_tenth_of(job->accuracy, n)) ||
             nax_record_set_int(r, "chips", (int64_t)n) ||
             nax_record_set_string(r, "fidelity", nax_fidelity_name(e->fidelity)) ||
             nax_record_set_string(r, "hardware", e->hardware->name);
    design_check(&e->tool, status);
    tool_write(&e->tool, r);
}

static int describe_layers(const struct job *job, struct nax_record *r, struct nax_err *err)
{
    struct evaluation *e = job->e;
    struct nax_layer_noise noise[NAX_NETWORK_LAYERS_MAX];
    struct nax_layer_circuit circuit[NAX_NETWORK_LAYERS_MAX];
    struct nax_mapping mapping = mapping_of(job, 0);
    struct nax_mapped *mapped = NULL;
    int status = map(job, 0, &mapped, err);
    if (!status && e->n_calibration)
        status = nax_mapped_calibrate(mapped, &e->set->train, e->n_calibration, err);
    if (!status)
        status = nax_mapped_noise(mapped, &e->set->train, N_NOISE_IMAGES, noise, err);
    nax_mapped_free(mapped);
    if (!status && e->n_vectors)
        status =
            nax_mapped_circuits(job->model, &mapping, &e->set->train, e->n_vectors, circuit, err);
    for (size_t l = 0; !status && l < job->net->n_layers; l++) {
        const struct nax_layer *layer = &job->net->layers[l];
        if (!nax_layer_kind_row(layer)->has_weights)
            continue;
        design_check(&e->tool, layer_record(r, e->design.candidate.id, layer, job->crossbars[l],
                                            &noise[l], e->n_vectors ? &circuit[l] : NULL));
        tool_write(&e->tool, r);
    }
    return status;
}

/* A candidate whose training diverged passes on. */
static bool has_diverged(const struct nax_record *record)
{
    const struct nax_value *status = nax_record_get(record, "status");
    return status && status->type == NAX_STRING && !strcmp(status->string.s, "diverged");
}

static void run(struct evaluation *e, struct nax_record *record)
{
    struct nax_err err = {.text = "out of memory"};
    struct job job = {.e = e};
    design_read(&e->design, &e->tool, record);
    job.accuracy = nax_calloc(2 * e->n_chips, sizeof *job.accuracy);
    int status = job.accuracy
                     ? design_load(&e->design, record, &job.net, job.crossbars, &job.model, &err)
                     : NAX_ERR_MEMORY;
    job.calibrated = job.accuracy + e->n_chips;
    if (!status)
        status = e->has_layers ? describe_layers(&job, record, &err) : measure(&job, &err);
    if (status)
        tool_fail_record(&e->tool, &err);
    if (!e->has_layers)
        describe(&job, record);
    nax_model_free(job.model);
    nax_network_free(job.net);
    free(job.accuracy);
}

int main(int argc, char **argv)
{
    tool_bound_spinning(argv);
    struct evaluation e = {.tool = tool_start("nax-eval", usage, argc, argv),
                           .hardware_name = "nax-reram",
                           .fidelity = NAX_FIDELITY_FULL,
                           .n_chips = 1,
                           .time_seconds = -1};
    parse(&e, argc, argv);
    tool_read_open(&e.tool);
    open_files(&e);
    struct nax_record *record = nax_record_alloc();
    design_check(&e.tool, record ? 0 : NAX_ERR_MEMORY);
    while (tool_read(&e.tool, record))
        if (!has_diverged(record))
            run(&e, record);
        else if (!e.has_layers)
            tool_write(&e.tool, record);
    nax_record_free(record);
    nax_hardware_free(e.hardware);
    nax_dataset_free(e.set);
    design_close(&e.design);
    tool_finish(&e.tool);
}
