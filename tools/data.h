/* The option --data, and the images that it names. */
#ifndef NAX_TOOLS_DATA_H
#define NAX_TOOLS_DATA_H

#include "nax/option.h"
#include "nax/network.h"
#include "nax/tensor.h"
#include "tool.h"

struct data_options {
    const char *path; /* NULL: the built-in synthetic set */
};

extern const struct nax_option data_rows[];

int data_open(struct tool *tool, const struct data_options *options, struct nax_dataset **set,
              struct nax_err *err) NAX_MUST_USE;
/* A set without test images is NAX_ERR_VALUE. */
int data_open_tested(struct tool *tool, const struct data_options *options,
                     struct nax_dataset **set, struct nax_err *err) NAX_MUST_USE;
/* Says, once in a run, that the network has outputs which no image is of. */
void data_compare(struct tool *tool, const struct nax_dataset *set, const struct nax_network *net);

#endif
