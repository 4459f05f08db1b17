/* nax-eval: the accuracy of trained networks on given hardware, over several chips. */
#include "clamped.h"
#include "nax/cosearch.h"
#include "data.h"
#include "design.h"
#include "hardware.h"
#include "layer_record.h"
#include "logits.h"
#include "moments.h"
#include "products.h"
#include "progress.h"
#include "ranks.h"
#include "split.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char synopsis[] =
    "nax-eval [-lq] [--circuit n] [--data file] [--hardware name] [--set key=value] "
    "[--fidelity name] [--chips n] [--time seconds] [--calibrate n] [--split split] "
    "[--images n] [--format format] [file ...]\n"
    "nax-eval --logits [options] [file ...]\n";

enum { N_NOISE_IMAGES = 64 /* that --layers looks at */ };

struct evaluation {
    struct tool tool;
    struct data_options data;
    struct hardware_options hardware_options;
    enum nax_fidelity fidelity;
    enum split split;
    size_t n_chips, n_calibration, n_images, n_vectors;
    double time_seconds; /* NaN: the hardware's */
    bool has_layers, has_logits;
    struct nax_dataset *set;
    struct nax_hardware *hardware;
    struct design design;
};

#define FIELD(name) NAX_OPTION_FIELD(struct evaluation, name)

static const struct nax_option rows[] = {
    {"fidelity", "WORD", NULL, FIELD(fidelity), .words = &nax_fidelity_words,
     .value = NAX_FIDELITY_FULL},
    {"chips", "N", "program N chips and average over them", FIELD(n_chips), .min = 1, .max = 10000,
     .value = 1},
    {"time", "SECONDS", "after programming, for cells that drift (the hardware's)",
     FIELD(time_seconds), .max = 1e12, .value = NAN},
    {"calibrate", "N", "also correct gains and offsets on N training images", FIELD(n_calibration),
     .min = 1, .max = INT32_MAX, .value = NAN},
    {"split", "WORD", "images to measure on", FIELD(split), .words = &split_words,
     .value = SPLIT_TEST},
    {"images", "N", "how many of them, 0: all", FIELD(n_images), .max = INT32_MAX},
    {"layers", NULL, "one record a layer: what its products lose", FIELD(has_layers), .letter = 'l',
     .mode = 1},
    {"logits", NULL, "one record an image: what the network puts out", FIELD(has_logits),
     .mode = 2},
    {"circuit", "N", "and what circuits of nonlinear cells do to N of its products",
     FIELD(n_vectors), .min = 1, .max = INT32_MAX, .value = NAN, .needs = "layers"},
    {.name = NULL}};

/* A trained candidate, and what its chips came to. */
struct trained {
    struct evaluation *e;
    struct nax_network *net;
    struct nax_model *model;
    struct nax_hardware *own; /* with converters of the design's, or NULL */
    int64_t crossbars[NAX_NETWORK_LAYERS_MAX];
    struct nax_images held_out; /* with --split validation */
    const struct nax_images *images;
    size_t n_measured;
    double ideal;
    double *accuracy, *calibrated; /* [n_chips] */
    char title[PROGRESS_TITLE_SIZE];
};

static void parse(struct evaluation *e)
{
    const struct option_group groups[] = {{data_rows, &e->data},
                                          {hardware_rows, &e->hardware_options},
                                          {rows, e},
                                          {share_rows, &e->tool.share}};
    tool_options(&e->tool, groups, sizeof groups / sizeof *groups);
    if (e->has_layers || e->has_logits)
        e->tool.kind = e->has_layers ? "layer" : "logits";
}

static void open_files(struct evaluation *e)
{
    struct nax_err err;
    int status = nax_products_reserve((size_t)nax_threads(), &err);
    if (!status)
        status = e->split == SPLIT_TEST ? data_open_tested(&e->tool, &e->data, &e->set, &err)
                                        : data_open(&e->tool, &e->data, &e->set, &err);
    if (!status)
        status = hardware_open(&e->tool, &e->hardware_options, &e->hardware, &err);
    if (status)
        tool_fail(&e->tool, &err);
    char what[64];
    snprintf(what, sizeof what, "the fidelity %s", nax_fidelity_name(e->fidelity));
    struct hardware_use use = {what, nax_fidelity_parts(e->fidelity)};
    if (e->n_vectors)
        use.parts |= nax_fidelity_parts(NAX_FIDELITY_FULL) | NAX_PART_NONLINEAR | NAX_PART_VOLTAGE;
    hardware_check_use(&e->tool, &e->hardware_options, e->hardware, &use);
    hardware_set_time(&e->tool, e->hardware, e->time_seconds, &use);
}

static struct nax_mapping mapping_of(const struct trained *trained, size_t chip)
{
    const struct evaluation *e = trained->e;
    return (struct nax_mapping){.hardware = trained->own ? trained->own : e->hardware,
                                .crossbars = trained->crossbars,
                                .fidelity = e->fidelity,
                                .seed = e->tool.seed,
                                .chip = chip};
}

static int map(const struct trained *trained, size_t chip, struct nax_mapped **mapped,
               struct nax_err *err)
{
    struct nax_mapping mapping = mapping_of(trained, chip);
    return nax_mapped_alloc(mapped, trained->model, &mapping, &trained->e->set->train, err);
}

static void show(struct trained *trained, size_t chip, const char *what)
{
    const size_t n = trained->e->n_chips;
    progress_show(&trained->e->tool, trained->title, (double)chip / (double)n,
                  "chip %zu of %zu, %s", chip + 1, n, what);
}

static int measure_chip(struct trained *trained, size_t chip, struct nax_err *err)
{
    const struct evaluation *e = trained->e;
    struct nax_mapped *mapped = NULL;
    struct nax_eval all = {.n_images = e->n_images};
    struct nax_score score = {.accuracy = 0};
    show(trained, chip, "solving its crossbars");
    int status = map(trained, chip, &mapped, err);
    show(trained, chip, "measuring");
    if (!status)
        status = nax_mapped_eval(mapped, trained->images, &all, &score, err);
    trained->accuracy[chip] = score.accuracy;
    if (!status && !chip && !e->tool.is_quiet)
        status = clamped_tell(&trained->e->tool, e->design.candidate.id, trained->net, mapped,
                              trained->images, e->n_images, err);
    if (!status && e->n_calibration)
        status = nax_mapped_calibrate(mapped, &e->set->train, e->n_calibration, err);
    if (!status && e->n_calibration)
        status = nax_mapped_eval(mapped, trained->images, &all, &score, err);
    trained->calibrated[chip] = score.accuracy;
    nax_mapped_free(mapped);
    return status;
}

static int measure(struct trained *trained, struct nax_err *err)
{
    struct evaluation *e = trained->e;
    struct nax_eval all = {.n_images = e->n_images};
    struct nax_score score = {.accuracy = 0};
    int status = nax_model_eval(trained->model, trained->images, &all, &score, err);
    trained->ideal = score.accuracy;
    trained->n_measured = score.n_images;
    for (size_t chip = 0; !status && chip < e->n_chips; chip++)
        status = measure_chip(trained, chip, err);
    return status;
}

static void describe(const struct trained *trained, struct nax_record *r)
{
    struct evaluation *e = trained->e;
    size_t n = e->n_chips;
    double accuracy = mean_of(trained->accuracy, n), sd = sd_of(trained->accuracy, n);
    split_clear(r, e->split);
    int status = split_set(r, e->split, "", accuracy) ||
                 nax_record_set_float(r, split_ideal_field(e->split), trained->ideal) ||
                 split_set(r, e->split, "_sd", sd) ||
                 split_set_se(r, e->split, accuracy, trained->n_measured, sd, n);
    if (!status && e->n_calibration)
        status = split_set(r, e->split, "_calibrated", mean_of(trained->calibrated, n)) ||
                 split_set(r, e->split, "_calibrated_sd", sd_of(trained->calibrated, n));
    status = status ||
             split_set(r, e->split, "_worst_decile", lowest_tenth_of(trained->accuracy, n)) ||
             nax_record_set_int(r, "chips", (int64_t)n) ||
             nax_record_set_string(r, "fidelity", nax_fidelity_name(e->fidelity)) ||
             nax_record_set_string(r, "hardware", e->hardware->name);
    design_check(&e->tool, status);
    tool_write(&e->tool, r);
}

static int describe_layers(const struct trained *trained, struct nax_record *r, struct nax_err *err)
{
    struct evaluation *e = trained->e;
    struct nax_layer_noise noise[NAX_NETWORK_LAYERS_MAX];
    struct nax_layer_clamped clamped[NAX_NETWORK_LAYERS_MAX];
    struct nax_layer_circuit circuit[NAX_NETWORK_LAYERS_MAX];
    struct nax_mapping mapping = mapping_of(trained, 0);
    struct nax_mapped *mapped = NULL;
    int status = map(trained, 0, &mapped, err);
    if (!status && e->n_calibration)
        status = nax_mapped_calibrate(mapped, &e->set->train, e->n_calibration, err);
    if (!status)
        status = nax_mapped_noise(mapped, &e->set->train, N_NOISE_IMAGES, noise, err);
    if (!status)
        status = clamped_count(mapped, trained->images, e->n_images, clamped, err);
    nax_mapped_free(mapped);
    if (!status && e->n_vectors)
        status = nax_mapped_circuits(trained->model, &mapping, &e->set->train, e->n_vectors,
                                     circuit, err);
    for (size_t l = 0; !status && l < trained->net->n_layers; l++) {
        const struct nax_layer *layer = &trained->net->layers[l];
        if (!nax_layer_kind_row(layer)->has_weights)
            continue;
        design_check(&e->tool,
                     layer_record(r, e->design.candidate.id, layer, trained->crossbars[l],
                                  &noise[l], &clamped[l], e->n_vectors ? &circuit[l] : NULL));
        tool_write(&e->tool, r);
    }
    return status;
}

static int describe_logits(const struct trained *trained, struct nax_record *r, struct nax_err *err)
{
    struct evaluation *e = trained->e;
    const struct nax_mapping mapping = mapping_of(trained, 0);
    const struct logits_images images = {trained->images, e->n_images, &e->set->train,
                                         e->n_calibration};
    return logits_write(&e->tool, r, e->design.candidate.id, trained->model, &mapping, &images,
                        err);
}

/* The images that the weights are measured on: of the test set, or those that training held out. */
static int choose_images(struct trained *trained, const struct nax_record *record,
                         struct nax_err *err)
{
    struct evaluation *e = trained->e;
    char path[DESIGN_PATH_SIZE];
    trained->images = e->split == SPLIT_TEST ? &e->set->test : &trained->held_out;
    if (e->split == SPLIT_TEST)
        return 0;
    int status = design_checkpoint(record, nax_reader_path(e->tool.reader), path, err);
    return status ? status : nax_held_out_by(&trained->held_out, path, e->set, err);
}

static void run(struct evaluation *e, struct nax_record *record)
{
    struct nax_err err = {.text = "out of memory"};
    struct trained trained = {.e = e};
    design_read(&e->design, &e->tool, record);
    progress_begin(&e->tool, &e->design.candidate, 1, trained.title);
    trained.accuracy = nax_calloc(2 * e->n_chips, sizeof *trained.accuracy);
    int status = trained.accuracy
                     ? design_load(&e->design, record, nax_reader_path(e->tool.reader),
                                   &trained.net, trained.crossbars, &trained.model, &err)
                     : NAX_ERR_MEMORY;
    trained.calibrated = trained.accuracy + e->n_chips;
    if (!status)
        status =
            nax_hardware_of(&trained.own, &e->design.candidate, trained.net, e->hardware, &err);
    if (!status)
        data_compare(&e->tool, e->set, trained.net);
    if (!status)
        status = choose_images(&trained, record, &err);
    if (!status)
        status = e->has_layers   ? describe_layers(&trained, record, &err)
                 : e->has_logits ? describe_logits(&trained, record, &err)
                                 : measure(&trained, &err);
    if (status)
        tool_fail_record(&e->tool, &err);
    if (!e->has_layers && !e->has_logits)
        describe(&trained, record);
    tool_flush(&e->tool);
    nax_images_free(&trained.held_out);
    nax_model_free(trained.model);
    nax_network_free(trained.net);
    nax_hardware_convert_free(trained.own);
    free(trained.accuracy);
}

int main(int argc, char **argv)
{
    tool_bound_spinning(argv);
    struct evaluation e = {.tool = ranks_start("nax-eval", synopsis, argc, argv)};
    parse(&e);
    tool_read_open(&e.tool);
    open_files(&e);
    struct nax_record *record = nax_record_alloc();
    design_check(&e.tool, record ? 0 : NAX_ERR_MEMORY);
    while (tool_read(&e.tool, record))
        if (!design_has_diverged(record)) /* which passes on */
            run(&e, record);
        else if (!e.has_layers && !e.has_logits)
            tool_write(&e.tool, record);
    nax_record_free(record);
    nax_hardware_free(e.hardware);
    nax_dataset_free(e.set);
    design_close(&e.design);
    tool_finish(&e.tool);
}
