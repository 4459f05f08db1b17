/* Trained networks of other frameworks: their weights, and what they compute, as nax has them; and
 * networks as others take them. */
#ifndef NAX_IMPORT_H
#define NAX_IMPORT_H

#include "nax/nn.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Fills every parameter of a model from a safetensors file with PyTorch's names and layouts
 * (F32, F64, F16 or BF16): weights [out][in][k][k], of a linear layer [out][in], whose inputs are
 * those of an image flattened channel by channel; batch norm by weight, bias, running_mean and
 * running_var; num_batches_tracked is nobody's. The bias of a convolution before batch norm goes
 * into its mean. map: a file of lines "LAYER MODULE [NORM]" (of batch norm by itself "LAYER NORM"),
 * or NULL: modules are found by the layers' names. Errors name the first layer without a tensor,
 * tensor without a layer, or tensor of another shape. */
int nax_import_torch(struct nax_model *model, const char *path, const char *map,
                     struct nax_err *err) NAX_MUST_USE;

/* A file of the ONNX format, operators of versions 7 to 20. */
struct nax_import_onnx {
    const char *path;
    size_t height, width; /* of images, where the file leaves them open; or 0 */
};

/* What it came to. */
struct nax_imported {
    char *text; /* [size] of a network file, and a zero after them */
    size_t size;
    struct nax_network_file *file; /* the same, read */
    struct nax_network *net;       /* with its own kernels */
    struct nax_model *model;       /* of net; pixel statistics are those of the graph, or 0 and 1 */
    char dropped[32];              /* operator at the end that was left out, or "" */
    char **beside;                 /* [n_beside] paths of files that hold its weights, each once */
    size_t n_beside;
};

/* Reads the graph and everything that it needs; batch norm, biases, sums and activations become
 * parts of the layers before them where nobody else looks. Whatever nax cannot compute is
 * NAX_ERR_FORMAT, which names file, node, operator and reason. */
int nax_import_onnx(struct nax_imported **imported, const struct nax_import_onnx *options,
                    struct nax_err *err) NAX_MUST_USE;
void nax_imported_free(struct nax_imported *imported);

/* Writes a network as an ONNX file, operators of version 10, which nax_import_onnx takes back. It
 * reads "image" [n][channels][rows][columns], pixels of 0 to 1, normalises them by the model's
 * pixel statistics, where these change anything, and makes "logits" [n][classes]. Layers keep their
 * names, and batch norm stands behind its convolution. */
int nax_export_onnx(const struct nax_model *model, const char *path,
                    struct nax_err *err) NAX_MUST_USE;

#ifdef __cplusplus
}
#endif

#endif
