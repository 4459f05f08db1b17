/* A graph of operators as an ONNX file has it, whole: what the rest of the importer looks at, and
 * what the exporter makes. */
#ifndef NAX_IMPORT_GRAPH_H
#define NAX_IMPORT_GRAPH_H

#include "nax/base.h"

/* Of a graph: nodes, tensors, its inputs and its outputs, each; and what all nodes read. Names are
 * looked for one by one. */
enum { IMPORT_NODES_MAX = 4096, IMPORT_READS_MAX = 1 << 15 };
enum { IMPORT_DIMS_MAX = 8, IMPORT_MAX_ELEMENTS = 1 << 30 };

/* Numbers that do not depend on the image: real or whole ones. */
struct import_tensor {
    const char *name;
    size_t n_dims, dims[IMPORT_DIMS_MAX], n; /* n: elements */
    float *real;                             /* [n], or NULL */
    int64_t *whole;                          /* [n], or NULL */
};

enum import_attribute_kind { IMPORT_OTHER, IMPORT_F, IMPORT_I, IMPORT_S, IMPORT_T, IMPORT_IS };

struct import_attribute {
    const char *name;
    enum import_attribute_kind kind;
    bool has_none; /* of this kind: no value, or one of another */
    double f;
    int64_t i;
    const char *s;
    struct import_tensor *t;
    size_t n;
    const int64_t *ints; /* [n] */
};

struct import_node {
    const char *name, *op, *domain;
    size_t n_in, n_out, n_attributes;
    char *const *in, *const *out;        /* names of values; "": left out */
    struct import_attribute *attributes; /* [n_attributes] */
};

struct import_port {
    const char *name;
    size_t n_dims;
    int64_t dims[IMPORT_DIMS_MAX]; /* −1: not known */
};

struct import_graph {
    const char *path;
    const char *name, *producer, *producer_version; /* of what is written */
    int64_t opset;
    size_t n_nodes, n_constants, n_inputs, n_outputs;
    struct import_node *nodes;
    struct import_tensor *constants;      /* initializers */
    struct import_port *inputs, *outputs; /* inputs without the initializers among them */
    char **beside;                        /* [n_beside] files of its tensors, each once */
    size_t n_beside;
    void *message;     /* what names point into */
    struct held *held; /* memory that ends with the graph */
};

/* Zeroed memory that ends with the graph, or NULL. */
void *nax_import_hold(struct import_graph *graph, size_t count, size_t size) NAX_MUST_USE;

/* Errors name the file, and the node or tensor. */
int nax_import_graph_read(struct import_graph **graph, const char *path,
                          struct nax_err *err) NAX_MUST_USE;
void nax_import_graph_free(struct import_graph *graph);
void nax_import_free_beside(char **beside, size_t n); /* beside: [n] */

/* The same as a file; its path is for messages. Attributes are of the kinds F, I and IS. That the
 * stream takes all of it is the caller's to see. Errors: too large for the format. */
int nax_import_graph_write(struct import_graph *graph, FILE *out, struct nax_err *err) NAX_MUST_USE;

#endif
