/* The candidate of a record, and its network: what tools that look into a design begin with. */
#ifndef NAX_TOOLS_DESIGN_H
#define NAX_TOOLS_DESIGN_H

#include "nax/network.h"
#include "nax/nn.h"
#include "nax/search.h"
#include "tool.h"

enum { DESIGN_NETWORKS = 64 };

/* A network that designs are of. */
struct design_network {
    char name[256];
    size_t n_stages; /* 0: of its own widths */
    int64_t width[NAX_SLOTS_MAX];
    struct nax_network_file *own, *wide; /* as it was written; with these widths, or NULL */
};

struct design {
    struct nax_candidate candidate;
    const struct nax_network_file *file; /* of the candidate: its network, with its widths */
    const struct nax_network_file *own;  /* the same as it was written */
    size_t at;                           /* where that is kept */
    size_t n_kept, oldest;
    struct design_network *kept[DESIGN_NETWORKS];
};

/* Reads the record's candidate and opens its network. Returns 1 where the place that the network is
 * kept at holds another than before, 0 where it is the same, or an error: the record is no
 * candidate, or does not fit its network. */
int design_take(struct design *design, const struct nax_record *record,
                struct nax_err *err) NAX_MUST_USE;
/* The same, where an error fails the tool. */
bool design_read(struct design *design, struct tool *tool, const struct nax_record *record);

/* The network with the candidate's kernels (the caller's, to free) and the crossbar size of every
 * layer. */
int design_build(const struct design *design, struct nax_network **net,
                 int64_t crossbars[NAX_NETWORK_LAYERS_MAX], struct nax_err *err) NAX_MUST_USE;

enum { DESIGN_PATH_SIZE = 4096 };
/* Where the checkpoint is that the record names; stream: the file that the record came from, whose
 * folder paths may begin in. */
int design_checkpoint(const struct nax_record *record, const char *stream,
                      char path[DESIGN_PATH_SIZE], struct nax_err *err) NAX_MUST_USE;

/* The same with the weights of the record's checkpoint, which must be those that its weights_hash
 * names; stream: the file that the record came from, whose folder paths may begin in. model is the
 * caller's, to free before net. */
int design_load(const struct design *design, const struct nax_record *record, const char *stream,
                struct nax_network **net, int64_t crossbars[NAX_NETWORK_LAYERS_MAX],
                struct nax_model **model, struct nax_err *err) NAX_MUST_USE;

/* Whether the weights, which are of the file, are those that the record's accuracies are of. */
int design_check_weights(const struct nax_record *record, const struct nax_model *model,
                         const char *path, struct nax_err *err) NAX_MUST_USE;

/* Whether the record says that its training diverged: it has no weights. */
bool design_has_diverged(const struct nax_record *record);

void design_close(struct design *design);

/* Fails the tool when a record could not be filled for want of memory. */
void design_check(struct tool *tool, int status);

#endif
