/* oneDNN, of which version 3 renamed and reshaped what convolutions need of version 2: here the two
 * are one. The only file that includes it. */
#ifndef NAX_NN_ONEDNN_H
#define NAX_NN_ONEDNN_H

#include "nax/base.h"

#include <dnnl.h>
#include <stdlib.h>

/* as conv_direction of conv.h */
enum onednn_direction { FORWARD, BACKWARD_DATA, BACKWARD_WEIGHTS, N_DIRECTIONS };

/* A memory descriptor by its address: a handle of oneDNN's from version 3 on, memory of our own
 * before. NULL: none. */
#if DNNL_VERSION_MAJOR >= 3
typedef dnnl_memory_desc_t onednn_layout;
#else
typedef dnnl_memory_desc_t *onednn_layout;
#define dnnl_cpu_isa_default dnnl_cpu_isa_all
#endif

/* What a convolution of one direction is made from; bias may be NULL. */
struct onednn_conv {
    enum onednn_direction direction;
    onednn_layout src, weights, bias, dst;
    dnnl_dims_t strides, dilates, before, after; /* of height and width: pixels left out between a
                                                    kernel's; paddings before and after */
};

#if DNNL_VERSION_MAJOR >= 3

static inline dnnl_status_t onednn_layout_create(onednn_layout *layout, int n_dims,
                                                 const dnnl_dims_t dims, dnnl_data_type_t type,
                                                 dnnl_format_tag_t tag)
{
    return dnnl_memory_desc_create_with_tag(layout, n_dims, dims, type, tag);
}

static inline dnnl_status_t onednn_layout_copy(onednn_layout *layout, const_dnnl_memory_desc_t from)
{
    return dnnl_memory_desc_clone(layout, from);
}

static inline void onednn_layout_destroy(onednn_layout layout)
{
    if (layout)
        dnnl_memory_desc_destroy(layout);
}

static inline dnnl_status_t onednn_append_sum(dnnl_post_ops_t ops)
{
    return dnnl_post_ops_append_sum(ops, 1, 0, dnnl_data_type_undef);
}

static inline dnnl_status_t onednn_append_relu(dnnl_post_ops_t ops)
{
    return dnnl_post_ops_append_eltwise(ops, dnnl_eltwise_relu, 0, 0);
}

static inline dnnl_status_t onednn_conv_describe(dnnl_primitive_desc_t *pd,
                                                 const struct onednn_conv *c,
                                                 const_dnnl_primitive_attr_t attr,
                                                 dnnl_engine_t engine,
                                                 const_dnnl_primitive_desc_t forward_pd)
{
    switch (c->direction) {
    case FORWARD:
        return dnnl_convolution_forward_primitive_desc_create(
            pd, engine, dnnl_forward_training, dnnl_convolution_direct, c->src, c->weights, c->bias,
            c->dst, c->strides, c->dilates, c->before, c->after, attr);
    case BACKWARD_DATA:
        return dnnl_convolution_backward_data_primitive_desc_create(
            pd, engine, dnnl_convolution_direct, c->src, c->weights, c->dst, c->strides, c->dilates,
            c->before, c->after, forward_pd, attr);
    case BACKWARD_WEIGHTS:
        return dnnl_convolution_backward_weights_primitive_desc_create(
            pd, engine, dnnl_convolution_direct, c->src, c->weights, c->bias, c->dst, c->strides,
            c->dilates, c->before, c->after, forward_pd, attr);
    case N_DIRECTIONS:
        break;
    }
    return dnnl_invalid_arguments;
}

#else

static inline dnnl_status_t onednn_layout_copy(onednn_layout *layout,
                                               const dnnl_memory_desc_t *from)
{
    *layout = nax_calloc(1, sizeof **layout);
    if (!*layout)
        return dnnl_out_of_memory;
    **layout = *from;
    return dnnl_success;
}

static inline dnnl_status_t onednn_layout_create(onednn_layout *layout, int n_dims,
                                                 const dnnl_dims_t dims, dnnl_data_type_t type,
                                                 dnnl_format_tag_t tag)
{
    dnnl_memory_desc_t desc;
    dnnl_status_t status = dnnl_memory_desc_init_by_tag(&desc, n_dims, dims, type, tag);
    return status == dnnl_success ? onednn_layout_copy(layout, &desc) : status;
}

static inline void onednn_layout_destroy(onednn_layout layout)
{
    free(layout);
}

static inline dnnl_status_t onednn_append_sum(dnnl_post_ops_t ops)
{
    return dnnl_post_ops_append_sum(ops, 1);
}

static inline dnnl_status_t onednn_append_relu(dnnl_post_ops_t ops)
{
    return dnnl_post_ops_append_eltwise(ops, 1, dnnl_eltwise_relu, 0, 0);
}

static inline dnnl_status_t onednn_conv_describe(dnnl_primitive_desc_t *pd,
                                                 const struct onednn_conv *c,
                                                 const_dnnl_primitive_attr_t attr,
                                                 dnnl_engine_t engine,
                                                 const_dnnl_primitive_desc_t forward_pd)
{
    dnnl_convolution_desc_t desc;
    dnnl_status_t status = dnnl_invalid_arguments;
    switch (c->direction) {
    case FORWARD:
        status = dnnl_dilated_convolution_forward_desc_init(
            &desc, dnnl_forward_training, dnnl_convolution_direct, c->src, c->weights, c->bias,
            c->dst, c->strides, c->dilates, c->before, c->after);
        break;
    case BACKWARD_DATA:
        status = dnnl_dilated_convolution_backward_data_desc_init(
            &desc, dnnl_convolution_direct, c->src, c->weights, c->dst, c->strides, c->dilates,
            c->before, c->after);
        break;
    case BACKWARD_WEIGHTS:
        status = dnnl_dilated_convolution_backward_weights_desc_init(
            &desc, dnnl_convolution_direct, c->src, c->weights, c->bias, c->dst, c->strides,
            c->dilates, c->before, c->after);
        break;
    case N_DIRECTIONS:
        break;
    }
    return status == dnnl_success ? dnnl_primitive_desc_create(pd, &desc, attr, engine, forward_pd)
                                  : status;
}

#endif

#endif
