/* What the steps made, as nax has it. */
#ifndef NAX_IMPORT_WRITE_H
#define NAX_IMPORT_WRITE_H

#include "nax/nn.h"
#include "steps.h"

/* The network file: its text. false: out of memory. */
bool nax_import_print(const struct importer *imp, const char *name,
                      const struct import_value *image, size_t n_classes, FILE *stream);
/* The parameters of the model of that file's network. */
int nax_import_fill(const struct importer *imp, struct nax_model *model) NAX_MUST_USE;

#endif
