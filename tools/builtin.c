/* What is built in, as records. */
#include "builtin.h"
#include "space.h"

#include "nax/hardware.h"
#include "nax/network.h"

static const struct nax_word words[] = {{BUILTIN_SPACES, "spaces", "", NULL, NULL},
                                        {BUILTIN_NETWORKS, "networks", "", NULL, NULL},
                                        {BUILTIN_HARDWARE, "hardware", "", NULL, NULL}};
NAX_WORDS(builtin_words, words, BUILTIN_COUNT);

static int put_space(const char *name, struct nax_record *r, struct nax_err *err)
{
    struct nax_space space;
    int status = space_load(&space, &(struct space_options){.name = name}, err);
    if (status)
        return status;
    return nax_record_set_string(r, "space", space.name) ||
           nax_record_set_string(r, "network", space.network) ||
           nax_record_set_ints(r, "kernels", space.kernels, space.n_kernels) ||
           nax_record_set_ints(r, "crossbars", space.crossbars, space.n_crossbars) ||
           nax_record_set_bool(r, "skip", space.has_skip) ||
           nax_record_set_int(r, "n_searched", (int64_t)space.n_slots);
}

static int put_network(const char *name, struct nax_record *r, struct nax_err *err)
{
    struct nax_network_file *file;
    int64_t kernel[NAX_NETWORK_SLOTS_MAX], width[NAX_NETWORK_SLOTS_MAX];
    int status = nax_network_file_load(&file, name, err);
    if (status)
        return status;
    const size_t n_slots = nax_network_file_n_slots(file),
                 n_stages = nax_network_file_n_stages(file);
    for (size_t s = 0; s < n_slots; s++)
        kernel[s] = nax_network_file_kernel(file, s);
    for (size_t s = 0; s < n_stages; s++)
        width[s] = nax_network_file_width(file, s);
    nax_network_file_free(file);
    return nax_record_set_string(r, "network", name) ||
           nax_record_set_ints(r, "kernel", kernel, n_slots) ||
           nax_record_set_ints(r, "width", width, n_stages) ||
           nax_record_set_int(r, "n_searched", (int64_t)n_slots);
}

static int put_hardware(const char *name, struct nax_record *r, struct nax_err *err)
{
    struct nax_hardware *h;
    int status = nax_hardware_load(&h, name, err);
    if (status)
        return status;
    status = nax_record_set_string(r, "hardware", name) ||
             nax_record_set_int(r, "weight_bits", h->precision.weight_bits) ||
             nax_record_set_int(r, "input_bits", h->precision.input_bits) ||
             nax_record_set_int(r, "slice_bits", h->precision.slice_bits) ||
             nax_record_set_int(r, "stream_bits", h->precision.stream_bits) ||
             nax_record_set_float(r, "r_on_ohm", h->device.r_on_ohm) ||
             nax_record_set_float(r, "r_off_ohm", h->device.r_off_ohm);
    nax_hardware_free(h);
    return status;
}

void builtin_list(struct tool *tool, enum builtin what, struct nax_record *record)
{
    static const struct {
        const char *kind;
        int (*put)(const char *name, struct nax_record *r, struct nax_err *err);
    } lists[BUILTIN_COUNT] = {[BUILTIN_SPACES] = {"space", put_space},
                              [BUILTIN_NETWORKS] = {"network", put_network},
                              [BUILTIN_HARDWARE] = {"hardware", put_hardware}};
    const char *folder = nax_words_row(&builtin_words, (int)what)->word, *name;
    struct nax_err err = {NAX_ERR_MEMORY, "out of memory: 'record'"};
    tool_write_open(tool, lists[what].kind);
    for (size_t i = 0; (name = nax_config_builtin(folder, i)); i++) {
        nax_record_clear(record);
        if (lists[what].put(name, record, &err))
            tool_fail(tool, &err);
        tool_write(tool, record);
    }
}
