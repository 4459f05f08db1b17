/* Operators that are read, and the attributes that each may have. */
#include "steps.h"

#include <string.h>

enum { RULES_MAX = 7 };

struct rule {
    const char *name;
    enum import_attribute_kind kind;
    bool is_flag; /* 0 or 1 */
};

/* As the versions 7 to 20 of ONNX' operators have them. */
static const struct {
    const char *op;
    struct rule rules[RULES_MAX];
} operators[] = {
    {"Add", {{.name = NULL}}},
    {"AveragePool",
     {{"auto_pad", IMPORT_S, false},
      {"dilations", IMPORT_IS, false},
      {"kernel_shape", IMPORT_IS, false},
      {"pads", IMPORT_IS, false},
      {"strides", IMPORT_IS, false},
      {"ceil_mode", IMPORT_I, true},
      {"count_include_pad", IMPORT_I, true}}},
    {"BatchNormalization",
     {{"epsilon", IMPORT_F, false},
      {"momentum", IMPORT_F, false},
      {"spatial", IMPORT_I, true},
      {"training_mode", IMPORT_I, true}}},
    {"Cast", {{"saturate", IMPORT_I, true}, {"to", IMPORT_I, false}}},
    {"Clip", {{"max", IMPORT_F, false}, {"min", IMPORT_F, false}}},
    {"Concat", {{"axis", IMPORT_I, false}}},
    {"Constant",
     {{"value", IMPORT_T, false},
      {"value_float", IMPORT_F, false},
      {"value_int", IMPORT_I, false},
      {"value_ints", IMPORT_IS, false}}},
    {"Conv",
     {{"auto_pad", IMPORT_S, false},
      {"dilations", IMPORT_IS, false},
      {"kernel_shape", IMPORT_IS, false},
      {"pads", IMPORT_IS, false},
      {"strides", IMPORT_IS, false},
      {"group", IMPORT_I, false}}},
    {"Div", {{.name = NULL}}},
    {"Dropout", {{"ratio", IMPORT_F, false}, {"seed", IMPORT_I, false}}},
    {"Flatten", {{"axis", IMPORT_I, false}}},
    {"Gather", {{"axis", IMPORT_I, false}}},
    {"Gemm",
     {{"alpha", IMPORT_F, false},
      {"beta", IMPORT_F, false},
      {"transA", IMPORT_I, true},
      {"transB", IMPORT_I, true}}},
    {"GlobalAveragePool", {{.name = NULL}}},
    {"GlobalMaxPool", {{.name = NULL}}},
    {"HardSigmoid", {{"alpha", IMPORT_F, false}, {"beta", IMPORT_F, false}}},
    {"HardSwish", {{.name = NULL}}},
    {"Identity", {{.name = NULL}}},
    {"LeakyRelu", {{"alpha", IMPORT_F, false}}},
    {"LogSoftmax", {{"axis", IMPORT_I, false}}},
    {"MatMul", {{.name = NULL}}},
    {"MaxPool",
     {{"auto_pad", IMPORT_S, false},
      {"dilations", IMPORT_IS, false},
      {"kernel_shape", IMPORT_IS, false},
      {"pads", IMPORT_IS, false},
      {"strides", IMPORT_IS, false},
      {"ceil_mode", IMPORT_I, true},
      {"storage_order", IMPORT_I, true}}},
    {"Mul", {{.name = NULL}}},
    {"Pad", {{"mode", IMPORT_S, false}, {"pads", IMPORT_IS, false}, {"value", IMPORT_F, false}}},
    {"ReduceMean",
     {{"axes", IMPORT_IS, false},
      {"keepdims", IMPORT_I, true},
      {"noop_with_empty_axes", IMPORT_I, true}}},
    {"Relu", {{.name = NULL}}},
    {"Reshape", {{"allowzero", IMPORT_I, true}}},
    {"Shape", {{"end", IMPORT_I, false}, {"start", IMPORT_I, false}}},
    {"Sigmoid", {{.name = NULL}}},
    {"Slice",
     {{"axes", IMPORT_IS, false}, {"ends", IMPORT_IS, false}, {"starts", IMPORT_IS, false}}},
    {"Softmax", {{"axis", IMPORT_I, false}}},
    {"Squeeze", {{"axes", IMPORT_IS, false}}},
    {"Sub", {{.name = NULL}}},
    {"Tanh", {{.name = NULL}}},
    {"Transpose", {{"perm", IMPORT_IS, false}}},
    {"Unsqueeze", {{"axes", IMPORT_IS, false}}},
};

static const char *const kind_words[] = {
    [IMPORT_OTHER] = "of another type",
    [IMPORT_F] = "a float",
    [IMPORT_I] = "an int",
    [IMPORT_S] = "a string",
    [IMPORT_T] = "a tensor",
    [IMPORT_IS] = "ints",
};

static const struct rule *find_rule(const struct rule *rules, const char *name)
{
    for (size_t i = 0; i < RULES_MAX && rules[i].name; i++)
        if (!strcmp(rules[i].name, name))
            return &rules[i];
    return NULL;
}

static int check_attribute(const struct importer *imp, const struct import_node *node,
                           const struct import_attribute *a, const struct rule *rule)
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

static int check_node(const struct importer *imp, const struct import_node *node)
{
    size_t o = 0;
    const size_t n = sizeof operators / sizeof *operators;
    const bool is_standard = !*node->domain || !strcmp(node->domain, "ai.onnx");
    while (o < n && strcmp(operators[o].op, node->op))
        o++;
    if (o == n || !is_standard)
        return nax_import_fail(imp, node, "no layer computes this operator%s%.32s",
                               is_standard ? "" : " of ", node->domain);
    int status = 0;
    for (size_t i = 0; i < node->n_attributes && !status; i++)
        status = check_attribute(imp, node, &node->attributes[i],
                                 find_rule(operators[o].rules, node->attributes[i].name));
    return status;
}

int nax_import_check_nodes(const struct importer *imp)
{
    int status = 0;
    for (size_t i = 0; i < imp->graph->n_nodes && !status; i++)
        status = check_node(imp, &imp->graph->nodes[i]);
    return status;
}
