/* nax-import: trained networks of other frameworks as checkpoints, and as designs to work on; and
 * designs as other frameworks take them. */
#include "export.h"
#include "pixels.h"
#include "provenance.h"
#include "verbs.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nax/import.h"
#include "nax/search.h"

static const char synopsis[] =
    "nax-import onnx [-q] [--size hxw] [--mean r,g,b] [--sd r,g,b] [--crossbar n] "
    "[--format format] -o file -w file network\n"
    "nax-import torch [-q] --network name [--map file] [--mean r,g,b] [--sd r,g,b] [--crossbar n] "
    "[--format format] -o file weights\n"
    "nax-import export [-q] [--chip n] [--hardware name] [--set key=value] [--seed n] "
    "[--format format] -o file [file]\n";

enum verb { ONNX, TORCH, EXPORT, N_VERBS };
static const struct tool_verb verbs[N_VERBS] = {{"onnx", NULL}, {"torch", NULL}, {"export", NULL}};

/* Options of some verbs alone. */
static const struct owned_option owned[] = {
    {"network", 1 << TORCH},
    {"map", 1 << TORCH},
    {"size", 1 << ONNX},
    {"mean", 1 << ONNX | 1 << TORCH},
    {"sd", 1 << ONNX | 1 << TORCH},
    {"crossbar", 1 << ONNX | 1 << TORCH},
    {"weights", 1 << ONNX},
    {"chip", 1 << EXPORT},
    {"hardware", 1 << EXPORT},
    {"set", 1 << EXPORT},
};

struct import_options {
    struct tool tool;
    enum verb verb;
    const char *input, *output, *weights, *network, *map, *size;
    size_t crossbar, height, width;
    struct export_options export;
    struct pixel_options pixels;
};

#define FIELD(name) NAX_OPTION_FIELD(struct import_options, name)

static const struct nax_option rows[] = {
    {"network", "NAME", "network whose weights these are", FIELD(network), .builtin = "networks"},
    {"map", "FILE", "which modules belong to which layers", FIELD(map)},
    {"size", "HxW", "of images, where the file leaves it open", FIELD(size)},
    {"crossbar", "N", "crossbar size of the design printed", FIELD(crossbar), .min = 1, .max = 4096,
     .value = 64},
    {"output", "FILE", "network file (onnx), checkpoint (torch) or ONNX file (export) to write",
     FIELD(output), .letter = 'o'},
    {"weights", "FILE", "checkpoint to write (onnx)", FIELD(weights), .letter = 'w'},
    {"chip", "N", "export the weights that this chip of the seed multiplies by", FIELD(export.chip),
     .max = INT32_MAX},
    {.name = NULL}};

static void parse_words(struct import_options *o)
{
    const struct tool *tool = &o->tool;
    char **word = tool->argv + optind;
    int n = tool->argc - optind, v = 0;
    if (n < 1)
        tool_misuse(tool, "import what: 'onnx' or 'torch', or 'export'");
    while (v < N_VERBS && strcmp(word[0], verbs[v].word))
        v++;
    if (v == N_VERBS)
        tool_misuse(tool, "no such format: '%s'", word[0]);
    o->verb = (enum verb)v;
    optind++;
    if (n < 2 && o->verb != EXPORT)
        tool_misuse(tool, "no file to read");
    if (n > 2)
        tool_misuse(tool, "one word too many: '%s'", word[2]);
    o->input = word[1];
}

static void parse_size(struct import_options *o)
{
    int end = 0;
    if (o->size && (sscanf(o->size, "%4zux%4zu%n", &o->height, &o->width, &end) != 2 ||
                    o->size[end] || !o->height || !o->width))
        tool_misuse(&o->tool, "--size takes rows and columns, as 224x224: '%s'", o->size);
}

/* Whether two names are of one file, there already or not. */
static bool is_same_file(const char *a, const char *b)
{
    struct stat of_a, of_b;
    if (!stat(a, &of_a) && !stat(b, &of_b))
        return of_a.st_dev == of_b.st_dev && of_a.st_ino == of_b.st_ino;
    while (!strncmp(a, "./", 2))
        a += 2;
    while (!strncmp(b, "./", 2))
        b += 2;
    return !strcmp(a, b);
}

/* What is written replaces neither what is read nor what else is written. */
static void check_files(const struct import_options *o)
{
    if (o->weights && is_same_file(o->output, o->weights))
        tool_misuse(&o->tool, "this file is to be both network and checkpoint: '%s'", o->output);
    nax_file_guard(o->output);
    nax_file_guard(o->weights);
}

static void parse(struct import_options *o)
{
    const struct option_group groups[] = {
        {rows, o}, {pixel_rows, &o->pixels}, {hardware_rows, &o->export.hardware}};
    const struct tool *tool = &o->tool;
    tool_options(&o->tool, groups, sizeof groups / sizeof *groups);
    parse_words(o);
    tool_check_owned(tool, verbs, N_VERBS, o->verb, owned, sizeof owned / sizeof *owned);
    if (o->verb == TORCH && !o->network)
        tool_misuse(tool, "no network that the weights are of: '--network'");
    if (!o->output)
        tool_misuse(tool, "no file to write: '-o'");
    if (o->verb == ONNX && !o->weights)
        tool_misuse(tool, "no checkpoint to write: '-w'");
    check_files(o);
    o->export.output = o->output;
    o->export.has_chip = tool_given(tool, "chip");
    if (!o->export.has_chip && (tool_given(tool, "hardware") || tool_given(tool, "set")))
        tool_misuse(tool, "--hardware and --set need --chip");
    parse_size(o);
    pixels_parse(tool, &o->pixels);
}

/* The network as candidates name it: of ONNX the file, by a name that no built-in one has. */
static int name_network(const struct import_options *o, struct nax_candidate *c,
                        struct nax_err *err)
{
    static const char ending[] = ".yaml";
    const char *name = o->verb == ONNX ? o->output : o->network;
    size_t n = strlen(name), end = sizeof ending - 1;
    bool is_bare = !strchr(name, '/') && (n <= end || strcmp(name + n - end, ending) != 0);
    int size = snprintf(c->network, sizeof c->network, "%s%s",
                        o->verb == ONNX && is_bare ? "./" : "", name);
    return size >= 0 && (size_t)size < sizeof c->network
               ? 0
               : nax_err_set(err, NAX_ERR_VALUE, "name longer than 255 bytes: '%s'", name);
}

/* The network with its own kernels, on crossbars of one size, with these weights. */
static int describe(struct import_options *o, const struct nax_imported *made, struct nax_record *r,
                    struct nax_err *err)
{
    struct nax_candidate c = {.layout = nax_network_file_layout(made->file),
                              .seed = o->tool.seed,
                              .crossbar_fixed = (int64_t)o->crossbar,
                              .n_slots = nax_network_file_n_slots(made->file)};
    char hash[17];
    int status = name_network(o, &c, err);
    if (status)
        return status;
    for (size_t s = 0; s < c.n_slots; s++) {
        c.kernel[s] = nax_network_file_kernel(made->file, s);
        c.crossbar[s] = (int64_t)o->crossbar;
    }
    nax_candidate_set_id(&c);
    snprintf(hash, sizeof hash, "%016" PRIx64, nax_model_hash(made->model));
    status = nax_candidate_write(&c, r, err);
    if (!status &&
        (nax_record_set_string(r, "checkpoint", o->verb == ONNX ? o->weights : o->output) ||
         nax_record_set_string(r, "weights_hash", hash)))
        status = nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'record'");
    return status;
}

static int read_torch(const struct import_options *o, struct nax_imported *made,
                      struct nax_err *err)
{
    int status = nax_network_file_load(&made->file, o->network, err);
    if (!status)
        status = nax_network_build(&made->net, made->file, NULL, err);
    if (!status)
        status = nax_model_alloc(&made->model, made->net, 0, err);
    return status ? status : nax_import_torch(made->model, o->input, o->map, err);
}

static int read_input(const struct import_options *o, struct nax_imported **made,
                      struct nax_err *err)
{
    const struct nax_import_onnx onnx = {o->input, o->height, o->width};
    if (o->verb == ONNX)
        return nax_import_onnx(made, &onnx, err);
    *made = nax_calloc(1, sizeof **made);
    return *made ? read_torch(o, *made, err)
                 : nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", o->input);
}

/* A file that was written as a whole; what was written straight to stays. */
static void take_back(const char *path)
{
    struct stat st;
    if (!lstat(path, &st) && S_ISREG(st.st_mode))
        unlink(path);
}

/* Both files, or neither: the network's gets its name last, and without it the weights go again. */
static int write_files(const struct import_options *o, const struct nax_imported *made,
                       struct nax_err *err)
{
    struct nax_file *file;
    if (o->verb == TORCH)
        return nax_model_save(made->model, o->output, NULL, 0, err);
    int status = nax_file_begin(&file, o->output, err);
    if (status)
        return status;
    fwrite(made->text, 1, made->size, nax_file_stream(file));
    status = nax_model_save(made->model, o->weights, NULL, 0, err);
    if (status) {
        nax_file_abandon(file);
        return status;
    }
    status = nax_file_commit(file, err);
    if (status)
        take_back(o->weights);
    return status;
}

static int import(struct import_options *o, struct nax_record *r, struct nax_err *err)
{
    struct nax_imported *made = NULL;
    int status = read_input(o, &made, err);
    if (!status) {
        provenance_file(&o->tool, o->input);
        for (size_t i = 0; i < made->n_beside; i++)
            provenance_file(&o->tool, made->beside[i]);
        if (o->verb == TORCH)
            provenance_config(&o->tool, "networks", o->network);
        provenance_file(&o->tool, o->map);
        status = pixels_set(&o->tool, &o->pixels, made->model, err);
    }
    if (!status)
        status = describe(o, made, r, err);
    if (!status)
        status = write_files(o, made, err);
    if (!status)
        tool_say(&o->tool, "%s: %zu layers, %zu x %zu x %zu, %zu classes%s%s%s", made->net->name,
                 made->net->n_layers, made->net->height, made->net->width, made->net->channels,
                 made->net->n_classes, *made->dropped ? "; without the " : "", made->dropped,
                 *made->dropped ? " at the end" : "");
    nax_imported_free(made);
    return status;
}

int main(int argc, char **argv)
{
    struct nax_err err = {NAX_ERR_MEMORY, "out of memory: 'record'"};
    struct import_options o = {.tool = tool_start("nax-import", synopsis, argc, argv)};
    parse(&o);
    if (o.verb == EXPORT) {
        export_design(&o.tool, &o.export);
        tool_finish(&o.tool);
    }
    struct nax_record *r = nax_record_alloc();
    if (!r || import(&o, r, &err))
        tool_fail(&o.tool, &err);
    tool_write_open(&o.tool, "candidate");
    tool_write(&o.tool, r);
    nax_record_free(r);
    tool_finish(&o.tool);
}
