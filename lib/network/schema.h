/* A network file as libcyaml loads it: a pointer is an optional value. */
#ifndef NAX_NETWORK_SCHEMA_H
#define NAX_NETWORK_SCHEMA_H

#include "nax/network.h"

#include <cyaml/cyaml.h>

struct yaml_input {
    int64_t height, width, channels;
};

enum yaml_role { YAML_ROLE_STEM, YAML_ROLE_BODY, YAML_ROLE_CLASSIFIER };

/* One number or several, of n: see listed_keys. */
struct yaml_sizes {
    int64_t at[4];
    uint32_t n;
};

/* What most entries have, first in the struct of each. */
struct yaml_common {
    char *name, *from;
    int *activation, *relu;
    double *slope;
};

/* Of what has weights of its own, and may have batch norm behind them. */
struct yaml_norm {
    int *bias, *batch_norm;
    double *epsilon;
};

struct yaml_conv {
    struct yaml_common common;
    struct yaml_sizes kernel, stride, dilation, pad;
    struct yaml_norm norm;
    int64_t *out, *groups;
    char *add;
    int *shortcut, *role, *search;
};

struct yaml_stage {
    struct yaml_common common;
    struct yaml_sizes kernel, stride;
    int64_t blocks, out;
    int64_t *expand;
    int *shortcut, *block;
};

struct yaml_pool {
    struct yaml_common common;
    enum nax_layer_kind kind;
    struct yaml_sizes kernel, stride, pad;
    int *is_ceil, *counts_pad;
};

struct yaml_linear {
    struct yaml_common common;
    int64_t *out;
    int *role, *search;
    struct yaml_norm norm;
};

struct yaml_join {
    struct yaml_common common;
    char **sources;
    uint32_t n_sources;
};

struct yaml_batch_norm {
    struct yaml_common common;
    double *epsilon;
};

struct yaml_activation {
    struct yaml_common common;
    int kind;
};

struct yaml_layer {
    struct yaml_conv *conv;
    struct yaml_stage *stage;
    struct yaml_pool *pool;
    struct yaml_linear *linear;
    struct yaml_join *add, *concat;
    struct yaml_batch_norm *batch_norm;
    struct yaml_activation *activation;
};

struct yaml_network {
    char *name;
    struct yaml_input input;
    int64_t classes;
    struct yaml_layer *layers;
    uint32_t n_layers;
};

extern const cyaml_schema_value_t nax_network_schema;
/* Keys whose values may be one number for all directions: a list of one then. */
extern const char *const nax_network_listed_keys[]; /* a NULL ends them */

#endif
