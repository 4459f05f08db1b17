/* Data sets by name. */
#include "data.h"
#include "provenance.h"

enum { N_TRAIN = 4000, N_TEST = 1000 }; /* of the built-in set */

const struct nax_option data_rows[] = {{"data", "FILE", "data set (the built-in synthetic one)",
                                        NAX_OPTION_FIELD(struct data_options, path)},
                                       {.name = NULL}};

int data_open(struct tool *tool, const struct data_options *o, struct nax_dataset **set,
              struct nax_err *err)
{
    provenance_file(tool, o->path);
    return o->path ? nax_dataset_open(set, o->path, err) : nax_synth(set, 0, N_TRAIN, N_TEST, err);
}

void data_compare(struct tool *tool, const struct nax_dataset *set, const struct nax_network *net)
{
    static bool is_said;
    if (is_said || set->n_classes >= net->n_classes)
        return;
    is_said = true;
    tool_say(tool, "%zu classes in the data for the %zu outputs of network '%s'", set->n_classes,
             net->n_classes, net->name);
}

int data_open_tested(struct tool *tool, const struct data_options *o, struct nax_dataset **set,
                     struct nax_err *err)
{
    int status = data_open(tool, o, set, err);
    if (!status && !(*set)->test.n)
        status = nax_err_set(err, NAX_ERR_VALUE,
                             "no test images, which nax-data import folder --test-fraction "
                             "0.1 holds back: '%s'",
                             o->path);
    return status;
}
