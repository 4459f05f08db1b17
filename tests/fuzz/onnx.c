/* ONNX files: what is taken is a network whose every parameter is filled, and whose text is read
 * again. */
#include "nax/import.h"

#include "input.h"

static volatile uint64_t hash; /* so that what is read is needed */

bool fuzz_input(const uint8_t *bytes, size_t n)
{
    struct nax_err err;
    struct nax_imported *made;
    struct nax_network_file *again;
    const struct nax_import_onnx options = {input_path(bytes, n), 0, 0};
    if (nax_import_onnx(&made, &options, &err))
        return false;
    must(!nax_network_file_parse(&again, "again", made->text, made->size, &err));
    must(nax_network_file_layout(again) == nax_network_file_layout(made->file));
    must(made->net->n_layers > 0 &&
         made->net->layers[made->net->n_layers - 1].c_out == made->net->n_classes);
    hash = nax_model_hash(made->model);
    nax_network_file_free(again);
    nax_imported_free(made);
    return true;
}
