/* Operators that are read, a row each, and the nodes taken by them. */
#include "operators.h"

#include <string.h>

/* What makes a layer of it, or extends one; what works it out where all inputs are numbers; and its
 * attributes, as the versions 7 to 20 of ONNX' operators have them. */
static const struct import_operator operators[] = {
    {"Add", nax_import_step_add, nax_import_fold_arithmetic, {{.name = NULL}}},
    {"AveragePool",
     nax_import_pool,
     NULL,
     {{"auto_pad", IMPORT_S, false},
      {"dilations", IMPORT_IS, false},
      {"kernel_shape", IMPORT_IS, false},
      {"pads", IMPORT_IS, false},
      {"strides", IMPORT_IS, false},
      {"ceil_mode", IMPORT_I, true},
      {"count_include_pad", IMPORT_I, true}}},
    {"BatchNormalization",
     nax_import_step_batch_norm,
     NULL,
     {{"epsilon", IMPORT_F, false},
      {"momentum", IMPORT_F, false},
      {"spatial", IMPORT_I, true},
      {"training_mode", IMPORT_I, true}}},
    {"Cast",
     nax_import_step_cast,
     nax_import_fold_cast,
     {{"saturate", IMPORT_I, true}, {"to", IMPORT_I, false}}},
    {"Clip", nax_import_step_clip, NULL, {{"max", IMPORT_F, false}, {"min", IMPORT_F, false}}},
    {"Concat", nax_import_step_concat, nax_import_fold_concat, {{"axis", IMPORT_I, false}}},
    {"Constant",
     nax_import_step_constant,
     NULL,
     {{"value", IMPORT_T, false},
      {"value_float", IMPORT_F, false},
      {"value_int", IMPORT_I, false},
      {"value_ints", IMPORT_IS, false}}},
    {"Conv",
     nax_import_conv,
     NULL,
     {{"auto_pad", IMPORT_S, false},
      {"dilations", IMPORT_IS, false},
      {"kernel_shape", IMPORT_IS, false},
      {"pads", IMPORT_IS, false},
      {"strides", IMPORT_IS, false},
      {"group", IMPORT_I, false}}},
    {"Div", nax_import_normalise, nax_import_fold_arithmetic, {{.name = NULL}}},
    {"Dropout",
     nax_import_step_same,
     nax_import_fold_same,
     {{"ratio", IMPORT_F, false}, {"seed", IMPORT_I, false}}},
    {"Flatten", nax_import_step_flatten, NULL, {{"axis", IMPORT_I, false}}},
    {"Gather", NULL, nax_import_fold_gather, {{"axis", IMPORT_I, false}}},
    {"Gemm",
     nax_import_linear,
     NULL,
     {{"alpha", IMPORT_F, false},
      {"beta", IMPORT_F, false},
      {"transA", IMPORT_I, true},
      {"transB", IMPORT_I, true}}},
    {"GlobalAveragePool", nax_import_global_pool, NULL, {{.name = NULL}}},
    {"GlobalMaxPool", nax_import_global_pool, NULL, {{.name = NULL}}},
    {"HardSigmoid",
     nax_import_step_sigmoid,
     NULL,
     {{"alpha", IMPORT_F, false}, {"beta", IMPORT_F, false}}},
    {"HardSwish", nax_import_step_relu, NULL, {{.name = NULL}}},
    {"Identity", nax_import_step_same, nax_import_fold_same, {{.name = NULL}}},
    {"LeakyRelu", nax_import_step_relu, NULL, {{"alpha", IMPORT_F, false}}},
    {"LogSoftmax", nax_import_step_softmax, NULL, {{"axis", IMPORT_I, false}}},
    {"MatMul", nax_import_linear, NULL, {{.name = NULL}}},
    {"MaxPool",
     nax_import_pool,
     NULL,
     {{"auto_pad", IMPORT_S, false},
      {"dilations", IMPORT_IS, false},
      {"kernel_shape", IMPORT_IS, false},
      {"pads", IMPORT_IS, false},
      {"strides", IMPORT_IS, false},
      {"ceil_mode", IMPORT_I, true},
      {"storage_order", IMPORT_I, true}}},
    {"Mul", nax_import_normalise, nax_import_fold_arithmetic, {{.name = NULL}}},
    {"Pad",
     nax_import_pad,
     NULL,
     {{"mode", IMPORT_S, false}, {"pads", IMPORT_IS, false}, {"value", IMPORT_F, false}}},
    {"ReduceMean",
     nax_import_reduce_mean,
     NULL,
     {{"axes", IMPORT_IS, false},
      {"keepdims", IMPORT_I, true},
      {"noop_with_empty_axes", IMPORT_I, true}}},
    {"Relu", nax_import_step_relu, NULL, {{.name = NULL}}},
    {"Reshape", nax_import_step_reshape, nax_import_fold_reshape, {{"allowzero", IMPORT_I, true}}},
    {"Shape", nax_import_step_shape, NULL, {{"end", IMPORT_I, false}, {"start", IMPORT_I, false}}},
    {"Sigmoid", nax_import_step_sigmoid, NULL, {{.name = NULL}}},
    {"Slice",
     nax_import_slice,
     nax_import_fold_slice,
     {{"axes", IMPORT_IS, false}, {"ends", IMPORT_IS, false}, {"starts", IMPORT_IS, false}}},
    {"Softmax", nax_import_step_softmax, NULL, {{"axis", IMPORT_I, false}}},
    {"Squeeze", nax_import_step_squeeze, nax_import_fold_squeeze, {{"axes", IMPORT_IS, false}}},
    {"Sub", nax_import_normalise, nax_import_fold_arithmetic, {{.name = NULL}}},
    {"Tanh", nax_import_step_relu, NULL, {{.name = NULL}}},
    {"Transpose",
     nax_import_step_transpose,
     nax_import_fold_transpose,
     {{"perm", IMPORT_IS, false}}},
    {"Unsqueeze", nax_import_step_squeeze, nax_import_fold_squeeze, {{"axes", IMPORT_IS, false}}},
};

static const char *const kind_words[] = {
    [IMPORT_OTHER] = "of another type",
    [IMPORT_F] = "a float",
    [IMPORT_I] = "an int",
    [IMPORT_S] = "a string",
    [IMPORT_T] = "a tensor",
    [IMPORT_IS] = "ints",
};

static const struct import_rule *find_rule(const struct import_rule *rules, const char *name)
{
    for (size_t i = 0; i < IMPORT_RULES_MAX && rules[i].name; i++)
        if (!strcmp(rules[i].name, name))
            return &rules[i];
    return NULL;
}

static int check_attribute(const struct importer *imp, const struct import_node *node,
                           const struct import_attribute *a, const struct import_rule *rule)
{
    if (!rule)
        return nax_import_fail(imp, node, "attribute '%.32s' is none of this operator's", a->name);
    if (nax_import_attribute(node, a->name) != a)
        return nax_import_fail(imp, node, "attribute '%.32s' comes twice", a->name);
    if (a->kind != rule->kind)
        return nax_import_fail(imp, node, "attribute '%.32s' is %s, not %s", a->name,
                               kind_words[a->kind], kind_words[rule->kind]);
    if (a->has_none)
        return nax_import_fail(imp, node, "attribute '%.32s' says that it is %s, and has none",
                               a->name, kind_words[a->kind]);
    if (rule->is_flag && a->i != 0 && a->i != 1)
        return nax_import_fail(imp, node, "attribute '%.32s' is not 0 or 1: %lld", a->name,
                               (long long)a->i);
    return 0;
}

/* NULL: none that is read. */
static const struct import_operator *find_operator(const struct import_node *node)
{
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
        if (!strcmp(operators[i].op, node->op))
            return &operators[i];
    return NULL;
}

static int check_node(const struct importer *imp, const struct import_node *node)
{
    const struct import_operator *row = find_operator(node);
    const bool is_standard = !*node->domain || !strcmp(node->domain, "ai.onnx");
    if (!row || !is_standard)
        return nax_import_fail(imp, node, "no layer computes this operator%s%.32s",
                               is_standard ? "" : " of ", node->domain);
    int status = 0;
    for (size_t i = 0; i < node->n_attributes && !status; i++)
        status = check_attribute(imp, node, &node->attributes[i],
                                 find_rule(row->rules, node->attributes[i].name));
    return status;
}

int nax_import_check_nodes(const struct importer *imp)
{
    int status = 0;
    for (size_t i = 0; i < imp->graph->n_nodes && !status; i++)
        status = check_node(imp, &imp->graph->nodes[i]);
    return status;
}

/* Whether all that it reads is numbers. */
static bool is_known(const struct importer *imp, const struct import_node *node)
{
    for (size_t i = 0; i < node->n_in; i++) {
        const struct import_value *v = nax_import_find(imp, node->in[i]);
        if (*node->in[i] && (!v || !v->constant))
            return false;
    }
    return node->n_in;
}

int nax_import_steps(struct importer *imp)
{
    int status = 0;
    for (size_t i = 0; i < imp->graph->n_nodes && !status; i++) {
        const struct import_node *node = &imp->graph->nodes[i];
        const struct import_operator *row = find_operator(node);
        if (imp->is_done[i])
            continue;
        if (row->fold && is_known(imp, node))
            status = row->fold(imp, node);
        else if (row->take)
            status = row->take(imp, node);
        else
            status = nax_import_fail(imp, node, "no layer computes this operator of an image");
    }
    return status;
}
