/* A network file after its YAML was read and checked: what build.c expands. */
#ifndef NAX_NETWORK_FILE_H
#define NAX_NETWORK_FILE_H

#include "nax/network.h"

enum entry_kind {
    ENTRY_CONV,
    ENTRY_STAGE,
    ENTRY_POOL,
    ENTRY_LINEAR,
    ENTRY_ADD,
    ENTRY_CONCAT,
    ENTRY_BATCH_NORM,
    ENTRY_ACTIVATION
};
enum { ENTRY_COUNT = ENTRY_ACTIVATION + 1 };

enum block { BLOCK_BASIC, BLOCK_BOTTLENECK, BLOCK_INVERTED };

/* Another entry by its name, and once it is found by its place, or NAX_FROM_IMAGE. */
struct entry_source {
    char name[NAX_LAYER_NAME_SIZE];
    int entry;
};

struct entry {
    enum entry_kind kind;
    char name[NAX_LAYER_NAME_SIZE]; /* of its layer, or of a stage: "s2" */
    enum nax_layer_role role;
    enum nax_layer_kind pool; /* of a pool */
    bool is_searched, has_relu, has_conv_shortcut;
    int64_t out, blocks; /* out 0 of a convolution: as many as it reads, each a group of its own */
    int64_t kernel[2], stride[2], dilation[2]; /* kernel 0 of a pool: the whole image */
    int64_t pad[4], groups; /* 0: as many as channels, in a file with other widths */
    bool has_batch_norm, has_bias;
    double epsilon;
    enum nax_activation activation; /* other than a ReLU */
    float slope;
    bool is_ceil, counts_pad; /* of a pool */
    enum block block;
    int64_t expand;
    size_t first_source, n_sources; /* that it reads, among the file's; 0: the entry before */
    bool is_added;                  /* a convolution adds the source behind these, */
    bool has_padded_shortcut;       /* which may have fewer channels and more pixels */
    int stage;                      /* whose channels it has, or -1 */
    bool is_stage;                  /* the entry that gives the stage its channels */
};

struct slot {
    char name[NAX_LAYER_NAME_SIZE];
    int64_t kernel;
    bool can_skip, is_kernel_own; /* it has this kernel in every design */
};

struct nax_network_file {
    char name[64];
    size_t height, width, channels, n_classes;
    size_t n_entries;
    struct entry *entries; /* [n_entries] */
    size_t n_sources;
    struct entry_source *sources; /* [n_sources] */
    size_t n_slots;
    struct slot slots[NAX_NETWORK_SLOTS_MAX];
    size_t n_stages;
    uint64_t layout;
};

/* Names every entry that has no name of its own, and finds the sources. Errors: names that are not
 * known, or not different. *entry is the one at fault, and *key its key. */
int nax_network_link(struct nax_network_file *file, size_t *entry, const char **key,
                     struct nax_err *err);

/* Of a network with all its layers: whether names differ, and each output but the last is read.
 * *layer is the one at fault. */
int nax_network_check_whole(const struct nax_network *net, size_t *layer, struct nax_err *err);

/* nax_network_build for a file whose slots are not known yet: kernel NULL. Slots found are noted in
 * *slots [NAX_NETWORK_SLOTS_MAX]. *entry is the one at work when an error came up. */
int nax_network_expand(struct nax_network **net, const struct nax_network_file *file,
                       const int64_t *kernel, struct slot *slots, size_t *entry,
                       struct nax_err *err);

#endif
