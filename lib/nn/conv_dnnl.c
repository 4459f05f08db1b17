/* Convolutions by oneDNN. */
#ifdef NAX_HAS_DNNL

#include "conv.h"
#include "onednn.h"

#include <omp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { N_ARGUMENTS_MAX = 5 };

struct dnnl_conv {
    struct conv base;
    dnnl_primitive_t primitive[N_DIRECTIONS];
    onednn_layout src, dst, scratch[N_DIRECTIONS];
    onednn_layout weights[N_DIRECTIONS]; /* that the primitives chose */
    onednn_layout plain;                 /* [k][k][c_in / groups][c_out] */
    onednn_layout bias;                  /* [c_out] */
    void *weight[2];                     /* reordered for FORWARD and BACKWARD_DATA */
    float *scaled;                       /* [n_weights], with finish */
    float *scale, *offset;               /* [c_out], with finish */
    dnnl_primitive_t reorder_in[2], reorder_out;
};

static size_t n_weights(const struct conv *conv)
{
    const struct nax_layer *l = &conv->layer;
    return nax_layer_n_rows(l) * l->c_out;
}

static dnnl_engine_t engine;
static pthread_once_t engine_once = PTHREAD_ONCE_INIT;

/* A stream costs an allocation: every thread keeps one until it ends. */
static pthread_key_t stream_key;

static void stream_destroy(void *stream)
{
    dnnl_stream_destroy(stream);
}

static void engine_create(void)
{
    static const dnnl_cpu_isa_t most[NAX_ISA_COUNT] = {
        dnnl_cpu_isa_sse41, dnnl_cpu_isa_avx2, dnnl_cpu_isa_avx512_core,
        dnnl_cpu_isa_avx512_core_bf16, dnnl_cpu_isa_default};
    dnnl_set_max_cpu_isa(most[nax_isa()]); /* oneDNN's own environment variable comes first */
    if (pthread_key_create(&stream_key, stream_destroy) ||
        dnnl_engine_create(&engine, dnnl_cpu, 0) != dnnl_success)
        engine = NULL;
}

static dnnl_stream_t thread_stream(void)
{
    dnnl_stream_t stream = pthread_getspecific(stream_key);
    if (stream || dnnl_stream_create(&stream, engine, dnnl_stream_default_flags) != dnnl_success)
        return stream;
    if (pthread_setspecific(stream_key, stream)) {
        dnnl_stream_destroy(stream);
        return NULL;
    }
    return stream;
}

/* oneDNN splits its work over the OpenMP threads of the region that it finds itself in; nax has
 * split it already. The setting holds for the calling thread's own nested regions. */
static void work_alone(void)
{
    omp_set_num_threads(1);
}

struct argument {
    int what;
    onednn_layout layout;
    const void *data;
};

static int execute(dnnl_primitive_t primitive, const struct argument *arguments, int n)
{
    dnnl_exec_arg_t list[N_ARGUMENTS_MAX];
    dnnl_memory_t memory[N_ARGUMENTS_MAX] = {NULL};
    dnnl_stream_t stream = thread_stream();
    dnnl_status_t status = stream ? dnnl_success : dnnl_out_of_memory;
    int n_made = 0;
    for (; status == dnnl_success && n_made < n; n_made++) {
        status = dnnl_memory_create(&memory[n_made], arguments[n_made].layout, engine,
                                    (void *)(uintptr_t)arguments[n_made].data);
        list[n_made] = (dnnl_exec_arg_t){arguments[n_made].what, memory[n_made]};
    }
    if (status == dnnl_success)
        status = dnnl_primitive_execute(primitive, stream, n, list);
    for (int i = 0; i < n; i++)
        if (memory[i])
            dnnl_memory_destroy(memory[i]);
    return status == dnnl_success ? 0 : NAX_ERR_MEMORY;
}

static void release(struct conv *conv)
{
    struct dnnl_conv *d = (struct dnnl_conv *)conv;
    for (int i = 0; i < N_DIRECTIONS; i++)
        if (d->primitive[i])
            dnnl_primitive_destroy(d->primitive[i]);
    for (int i = 0; i < 2; i++) {
        nax_aligned_free(d->weight[i]);
        if (d->reorder_in[i])
            dnnl_primitive_destroy(d->reorder_in[i]);
    }
    if (d->reorder_out)
        dnnl_primitive_destroy(d->reorder_out);
    for (int i = 0; i < N_DIRECTIONS; i++) {
        onednn_layout_destroy(d->weights[i]);
        onednn_layout_destroy(d->scratch[i]);
    }
    onednn_layout_destroy(d->src);
    onednn_layout_destroy(d->dst);
    onednn_layout_destroy(d->plain);
    onednn_layout_destroy(d->bias);
    nax_aligned_free(d->scaled);
    free(d);
}

/* Code made at run time goes into memory whose lack oneDNN does not see. */
static const size_t code_size = (size_t)16 << 20;

static dnnl_status_t create_primitive(dnnl_primitive_t *primitive, dnnl_primitive_desc_t pd)
{
    return nax_has_memory(code_size) ? dnnl_primitive_create(primitive, pd) : dnnl_out_of_memory;
}

static dnnl_status_t create_reorder(dnnl_primitive_t *reorder, onednn_layout from, onednn_layout to)
{
    dnnl_primitive_desc_t pd;
    dnnl_status_t status = dnnl_reorder_primitive_desc_create(&pd, from, engine, to, engine, NULL);
    if (status == dnnl_success) {
        status = create_primitive(reorder, pd);
        dnnl_primitive_desc_destroy(pd);
    }
    return status;
}

static dnnl_data_type_t activation_type(const struct dnnl_conv *d)
{
    return d->base.is_bf16 ? dnnl_bf16 : dnnl_f32;
}

/* What follows a product of FORWARD: the bias is part of the convolution itself. */
static dnnl_status_t append_finish(dnnl_primitive_attr_t attr, const struct conv_finish *finish)
{
    dnnl_post_ops_t ops = NULL;
    dnnl_status_t status = dnnl_post_ops_create(&ops);
    if (status == dnnl_success && finish->is_added)
        status = onednn_append_sum(ops);
    if (status == dnnl_success && finish->has_relu)
        status = onednn_append_relu(ops);
    if (status == dnnl_success)
        status = dnnl_primitive_attr_set_post_ops(attr, ops);
    if (ops)
        dnnl_post_ops_destroy(ops);
    return status;
}

/* Of weights as oneDNN counts them, with groups in front where there are any; returns how many. */
static int weight_dims(const struct nax_layer *l, dnnl_dims_t dims)
{
    const size_t groups = l->groups;
    const dnnl_dim_t all[] = {(dnnl_dim_t)groups, (dnnl_dim_t)(l->c_out / groups),
                              (dnnl_dim_t)(l->c_in / groups), (dnnl_dim_t)l->kernel[0],
                              (dnnl_dim_t)l->kernel[1]};
    int n = groups > 1 ? 5 : 4;
    memcpy(dims, all + 5 - n, (size_t)n * sizeof *all);
    return n;
}

/* Padding behind an axis of n pixels, of which the last ones may stay unread: then negative. */
static dnnl_dim_t pad_after(const struct nax_layer *l, int axis, size_t n, size_t n_out)
{
    size_t span = (n_out - 1) * l->stride[axis] + l->dilation[axis] * (l->kernel[axis] - 1) + 1;
    return (dnnl_dim_t)span - (dnnl_dim_t)n - (dnnl_dim_t)l->pad[axis];
}

/* One direction: descriptor → primitive, its weight layout and scratch. *forward_pd is the hint
 * that the backward directions need and FORWARD leaves behind. */
static dnnl_status_t create_direction(struct dnnl_conv *d, enum onednn_direction direction,
                                      const struct conv_options *options,
                                      dnnl_primitive_desc_t *forward_pd)
{
    const struct conv_finish *finish = options->finish;
    const struct nax_layer *l = &d->base.layer;
    dnnl_dims_t dims;
    int n_dims = weight_dims(l, dims);
    struct onednn_conv conv = {
        .direction = direction,
        .src = d->src,
        .dst = d->dst,
        .bias = finish ? d->bias : NULL,
        .strides = {(dnnl_dim_t)l->stride[0], (dnnl_dim_t)l->stride[1]},
        .dilates = {(dnnl_dim_t)l->dilation[0] - 1, (dnnl_dim_t)l->dilation[1] - 1},
        .before = {(dnnl_dim_t)l->pad[0], (dnnl_dim_t)l->pad[1]},
        .after = {pad_after(l, 0, l->h_in, l->h_out), pad_after(l, 1, l->w_in, l->w_out)}};
    dnnl_data_type_t type = direction == BACKWARD_WEIGHTS ? dnnl_f32 : activation_type(d);
    dnnl_primitive_desc_t pd = NULL;
    dnnl_primitive_attr_t attr = NULL;

    dnnl_status_t status =
        onednn_layout_create(&conv.weights, n_dims, dims, type, dnnl_format_tag_any);
    if (status == dnnl_success)
        status = dnnl_primitive_attr_create(&attr);
    if (status == dnnl_success)
        status = dnnl_primitive_attr_set_scratchpad_mode(attr, dnnl_scratchpad_mode_user);
    if (status == dnnl_success && finish)
        status = append_finish(attr, finish);
    if (status == dnnl_success)
        status = onednn_conv_describe(&pd, &conv, attr, engine, *forward_pd);
    if (status == dnnl_success && options->has[direction])
        status = create_primitive(&d->primitive[direction], pd);
    if (status == dnnl_success) {
        dnnl_query_t what =
            direction == BACKWARD_WEIGHTS ? dnnl_query_diff_weights_md : dnnl_query_weights_md;
        status =
            onednn_layout_copy(&d->weights[direction], dnnl_primitive_desc_query_md(pd, what, 0));
    }
    if (status == dnnl_success)
        status = onednn_layout_copy(&d->scratch[direction],
                                    dnnl_primitive_desc_query_md(pd, dnnl_query_scratchpad_md, 0));
    if (status == dnnl_success) {
        size_t size = dnnl_memory_desc_get_size(d->scratch[direction]);
        d->base.scratch_size = NAX_MAX(d->base.scratch_size, size);
    }
    onednn_layout_destroy(conv.weights);
    if (attr)
        dnnl_primitive_attr_destroy(attr);
    if (direction == FORWARD)
        *forward_pd = pd;
    else if (pd)
        dnnl_primitive_desc_destroy(pd);
    return status;
}

static dnnl_status_t create_all(struct dnnl_conv *d, const struct conv_options *options)
{
    const struct nax_layer *l = &d->base.layer;
    dnnl_dims_t src = {(dnnl_dim_t)d->base.n, (dnnl_dim_t)l->c_in, (dnnl_dim_t)l->h_in,
                       (dnnl_dim_t)l->w_in};
    dnnl_dims_t dst = {(dnnl_dim_t)d->base.n, (dnnl_dim_t)l->c_out, (dnnl_dim_t)l->h_out,
                       (dnnl_dim_t)l->w_out};
    dnnl_dims_t dims, channels = {(dnnl_dim_t)l->c_out};
    int n_dims = weight_dims(l, dims);
    dnnl_status_t status = onednn_layout_create(&d->src, 4, src, activation_type(d), dnnl_nhwc);
    if (status == dnnl_success)
        status = onednn_layout_create(&d->dst, 4, dst, activation_type(d), dnnl_nhwc);
    if (status == dnnl_success)
        status = onednn_layout_create(&d->plain, n_dims, dims, dnnl_f32,
                                      n_dims > 4 ? dnnl_hwigo : dnnl_hwio);
    if (status == dnnl_success)
        status = onednn_layout_create(&d->bias, 1, channels, dnnl_f32, dnnl_x);

    dnnl_primitive_desc_t forward_pd = NULL;
    for (int i = 0; status == dnnl_success && i < N_DIRECTIONS; i++)
        if (i == FORWARD || options->has[i])
            status = create_direction(d, (enum onednn_direction)i, options, &forward_pd);
    if (forward_pd)
        dnnl_primitive_desc_destroy(forward_pd);

    for (int i = 0; status == dnnl_success && i < 2; i++) {
        if (!options->has[i])
            continue;
        size_t size = dnnl_memory_desc_get_size(d->weights[i]);
        d->weight[i] = nax_aligned_calloc(size, 1);
        status = d->weight[i] ? create_reorder(&d->reorder_in[i], d->plain, d->weights[i])
                              : dnnl_out_of_memory;
    }
    if (status == dnnl_success && options->has[BACKWARD_WEIGHTS]) {
        size_t size = dnnl_memory_desc_get_size(d->weights[BACKWARD_WEIGHTS]);
        d->base.gradient_size = (size + sizeof(float) - 1) / sizeof(float);
        status = create_reorder(&d->reorder_out, d->weights[BACKWARD_WEIGHTS], d->plain);
    }
    return status;
}

/* Scale and offset outlive the options. */
static dnnl_status_t keep_finish(struct dnnl_conv *d, const struct conv_finish *finish)
{
    size_t c = d->base.layer.c_out, n = n_weights(&d->base);
    d->scaled = nax_aligned_calloc(n + 2 * c, sizeof *d->scaled);
    if (!d->scaled)
        return dnnl_out_of_memory;
    d->scale = memcpy(d->scaled + n, finish->scale, c * sizeof *d->scale);
    d->offset = memcpy(d->scale + c, finish->offset, c * sizeof *d->offset);
    return dnnl_success;
}

static bool can(const struct nax_layer *layer, bool is_bf16, enum nax_isa isa)
{
    /* of channels that its vectors do not divide, its depthwise ones write beyond them on SSE 4.1
     */
    bool is_depthwise = layer->groups > 1 && layer->groups == layer->c_in;
    /* its gradients by weights of dilated groups in bf16 read what nobody wrote */
    if (is_bf16 && layer->groups > 1 && NAX_MAX(layer->dilation[0], layer->dilation[1]) > 1)
        return false;
    return isa >= (is_bf16 ? NAX_ISA_AVX512_BF16 : is_depthwise ? NAX_ISA_AVX2 : NAX_ISA_BASELINE);
}

static int alloc(struct conv **conv, const struct nax_layer *layer, size_t n,
                 const struct conv_options *options, struct nax_err *err)
{
    pthread_once(&engine_once, engine_create);
    struct dnnl_conv *d = nax_calloc(1, sizeof *d);
    if (!d)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'layer %s'", layer->name);
    d->base = (struct conv){.engine = &nax_conv_engine_dnnl,
                            .layer = *layer,
                            .n = n,
                            .is_bf16 = options->is_bf16,
                            .is_finished = options->finish};
    int n_threads = omp_get_max_threads();
    work_alone(); /* primitives are made for the threads that will run them: one */
    dnnl_status_t status = engine ? create_all(d, options) : dnnl_runtime_error;
    if (status == dnnl_success && options->finish)
        status = keep_finish(d, options->finish);
    omp_set_num_threads(n_threads);
    if (status != dnnl_success) {
        release(&d->base);
        return status == dnnl_out_of_memory || !nax_has_memory(code_size)
                   ? nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'layer %s'", layer->name)
                   : nax_err_set(err, NAX_ERR_MEMORY,
                                 "oneDNN has no convolution (status %d): 'layer %s'", (int)status,
                                 layer->name);
    }
    *conv = &d->base;
    return 0;
}

static void set_weights(struct conv *conv, const float *weight)
{
    struct dnnl_conv *d = (struct dnnl_conv *)conv;
    size_t c = conv->layer.c_out, n = d->scaled ? n_weights(conv) : 0;
    for (size_t i = 0; i < n; i++)
        d->scaled[i] = weight[i] * d->scale[i % c];
    if (d->scaled)
        weight = d->scaled;
    work_alone();
    for (int i = 0; i < 2; i++) {
        if (!d->reorder_in[i])
            continue;
        const struct argument arguments[] = {{DNNL_ARG_FROM, d->plain, weight},
                                             {DNNL_ARG_TO, d->weights[i], d->weight[i]}};
        execute(d->reorder_in[i], arguments, 2);
    }
}

static int forward(const struct conv *conv, const void *x, void *y, void *scratch)
{
    const struct dnnl_conv *d = (const struct dnnl_conv *)conv;
    const struct argument arguments[] = {
        {DNNL_ARG_SRC, d->src, x},
        {DNNL_ARG_WEIGHTS, d->weights[FORWARD], d->weight[FORWARD]},
        {DNNL_ARG_DST, d->dst, y},
        {DNNL_ARG_SCRATCHPAD, d->scratch[FORWARD], scratch},
        {DNNL_ARG_BIAS, d->bias, d->offset}};
    work_alone();
    return execute(d->primitive[FORWARD], arguments, conv->is_finished ? 5 : 4);
}

static int backward_data(const struct conv *conv, const void *dy, void *dx, void *scratch)
{
    const struct dnnl_conv *d = (const struct dnnl_conv *)conv;
    const struct argument arguments[] = {
        {DNNL_ARG_DIFF_DST, d->dst, dy},
        {DNNL_ARG_WEIGHTS, d->weights[BACKWARD_DATA], d->weight[BACKWARD_DATA]},
        {DNNL_ARG_DIFF_SRC, d->src, dx},
        {DNNL_ARG_SCRATCHPAD, d->scratch[BACKWARD_DATA], scratch}};
    work_alone();
    return execute(d->primitive[BACKWARD_DATA], arguments, 4);
}

static int backward_weights(const struct conv *conv, const void *x, const void *dy, float *dw,
                            void *scratch)
{
    const struct dnnl_conv *d = (const struct dnnl_conv *)conv;
    const struct argument arguments[] = {
        {DNNL_ARG_SRC, d->src, x},
        {DNNL_ARG_DIFF_DST, d->dst, dy},
        {DNNL_ARG_DIFF_WEIGHTS, d->weights[BACKWARD_WEIGHTS], dw},
        {DNNL_ARG_SCRATCHPAD, d->scratch[BACKWARD_WEIGHTS], scratch}};
    work_alone();
    return execute(d->primitive[BACKWARD_WEIGHTS], arguments, 4);
}

static void plain_gradient(const struct conv *conv, const float *dw, float *weight)
{
    const struct dnnl_conv *d = (const struct dnnl_conv *)conv;
    const struct argument arguments[] = {{DNNL_ARG_FROM, d->weights[BACKWARD_WEIGHTS], dw},
                                         {DNNL_ARG_TO, d->plain, weight}};
    work_alone();
    execute(d->reorder_out, arguments, 2);
}

const struct conv_engine nax_conv_engine_dnnl = {
    .name = "onednn",
    .can = can,
    .alloc = alloc,
    .release = release,
    .set_weights = set_weights,
    .forward = forward,
    .backward_data = backward_data,
    .backward_weights = backward_weights,
    .plain_gradient = plain_gradient,
};

#endif
