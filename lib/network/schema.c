/* The YAML schema of network files. */
#include "schema.h"

#include "file.h"

enum { LAYER_ENTRIES_MAX = NAX_NETWORK_LAYERS_MAX, ONE = CYAML_FLAG_DEFAULT };
enum { OPTIONAL = CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, WORD = OPTIONAL | CYAML_FLAG_STRICT };

/* not CYAML_BOOL, which takes any unknown word for true */
static const cyaml_strval_t bool_words[] = {{"false", 0}, {"true", 1}};
static const cyaml_strval_t conv_roles[] = {{"stem", YAML_ROLE_STEM}, {"body", YAML_ROLE_BODY}};
static const cyaml_strval_t linear_roles[] = {{"body", YAML_ROLE_BODY},
                                              {"classifier", YAML_ROLE_CLASSIFIER}};
static const cyaml_strval_t shortcuts[] = {{"pad", 0}, {"conv", 1}};
static const cyaml_strval_t added_shortcuts[] = {{"pad", 1}};
static const cyaml_strval_t pool_kinds[] = {{"mean", NAX_LAYER_POOL_MEAN},
                                            {"max", NAX_LAYER_POOL_MAX}};

static const cyaml_strval_t blocks[] = {
    {"basic", BLOCK_BASIC}, {"bottleneck", BLOCK_BOTTLENECK}, {"inverted", BLOCK_INVERTED}};
static const cyaml_strval_t activations[] = {{"none", NAX_ACTIVATION_NONE},
                                             {"relu", NAX_ACTIVATION_RELU},
                                             {"relu6", NAX_ACTIVATION_RELU6},
                                             {"leaky-relu", NAX_ACTIVATION_LEAKY_RELU},
                                             {"silu", NAX_ACTIVATION_SILU},
                                             {"hard-swish", NAX_ACTIVATION_HARD_SWISH},
                                             {"hard-sigmoid", NAX_ACTIVATION_HARD_SIGMOID},
                                             {"sigmoid", NAX_ACTIVATION_SIGMOID},
                                             {"tanh", NAX_ACTIVATION_TANH}};
_Static_assert(CYAML_ARRAY_LEN(activations) == NAX_ACTIVATION_COUNT, "a word for every activation");

/* Of struct yaml_common. */
#define NAME_FIELD(structure)                                                                      \
    CYAML_FIELD_STRING_PTR("name", OPTIONAL, structure, common.name, 1, NAX_LAYER_NAME_MAX)
#define NAME_FIELDS(structure)                                                                     \
    NAME_FIELD(structure),                                                                         \
        CYAML_FIELD_STRING_PTR("from", OPTIONAL, structure, common.from, 1, NAX_LAYER_NAME_MAX)
#define SLOPE_FIELD(structure) CYAML_FIELD_FLOAT_PTR("slope", OPTIONAL, structure, common.slope)
#define ACTIVATION_FIELDS(structure)                                                               \
    CYAML_FIELD_ENUM_PTR("relu", WORD, structure, common.relu, bool_words, 2),                     \
        CYAML_FIELD_ENUM_PTR("activation", WORD, structure, common.activation, activations,        \
                             NAX_ACTIVATION_COUNT),                                                \
        SLOPE_FIELD(structure)
#define NORM_FIELDS(structure)                                                                     \
    CYAML_FIELD_ENUM_PTR("bias", WORD, structure, norm.bias, bool_words, 2),                       \
        CYAML_FIELD_ENUM_PTR("batch_norm", WORD, structure, norm.batch_norm, bool_words, 2),       \
        CYAML_FIELD_FLOAT_PTR("epsilon", OPTIONAL, structure, norm.epsilon)

const char *const nax_network_listed_keys[] = {"kernel", "stride", "dilation", "pad", NULL};
static const cyaml_schema_value_t size_value = {CYAML_VALUE_INT(CYAML_FLAG_DEFAULT, int64_t)};
enum { MAYBE = CYAML_FLAG_OPTIONAL, EACH = 2, SIDES = 4 };
#define SIZES(key, flags, structure, member, most)                                                 \
    CYAML_FIELD_SEQUENCE_COUNT(key, flags, structure, member.at, member.n, &size_value, 1, most)

static const cyaml_schema_field_t conv_fields[] = {
    CYAML_FIELD_INT_PTR("out", OPTIONAL, struct yaml_conv, out),
    SIZES("kernel", ONE, struct yaml_conv, kernel, EACH),
    SIZES("stride", MAYBE, struct yaml_conv, stride, EACH),
    SIZES("dilation", MAYBE, struct yaml_conv, dilation, EACH),
    SIZES("pad", MAYBE, struct yaml_conv, pad, SIDES),
    CYAML_FIELD_INT_PTR("groups", OPTIONAL, struct yaml_conv, groups),
    NORM_FIELDS(struct yaml_conv),
    CYAML_FIELD_STRING_PTR("add", OPTIONAL, struct yaml_conv, add, 1, NAX_LAYER_NAME_MAX),
    CYAML_FIELD_ENUM_PTR("shortcut", WORD, struct yaml_conv, shortcut, added_shortcuts, 1),
    CYAML_FIELD_ENUM_PTR("role", WORD, struct yaml_conv, role, conv_roles, 2),
    CYAML_FIELD_ENUM_PTR("search", WORD, struct yaml_conv, search, bool_words, 2),
    NAME_FIELDS(struct yaml_conv),
    ACTIVATION_FIELDS(struct yaml_conv),
    CYAML_FIELD_END};

static const cyaml_schema_field_t stage_fields[] = {
    CYAML_FIELD_INT("blocks", ONE, struct yaml_stage, blocks),
    CYAML_FIELD_INT("out", ONE, struct yaml_stage, out),
    SIZES("kernel", ONE, struct yaml_stage, kernel, 1),
    SIZES("stride", MAYBE, struct yaml_stage, stride, 1),
    CYAML_FIELD_ENUM_PTR("shortcut", WORD, struct yaml_stage, shortcut, shortcuts, 2),
    CYAML_FIELD_ENUM_PTR("block", WORD, struct yaml_stage, block, blocks, CYAML_ARRAY_LEN(blocks)),
    CYAML_FIELD_INT_PTR("expand", OPTIONAL, struct yaml_stage, expand),
    NAME_FIELDS(struct yaml_stage),
    CYAML_FIELD_END};

static const cyaml_schema_field_t pool_fields[] = {
    CYAML_FIELD_ENUM("kind", CYAML_FLAG_STRICT, struct yaml_pool, kind, pool_kinds,
                     CYAML_ARRAY_LEN(pool_kinds)),
    SIZES("kernel", MAYBE, struct yaml_pool, kernel, EACH),
    SIZES("stride", MAYBE, struct yaml_pool, stride, EACH),
    SIZES("pad", MAYBE, struct yaml_pool, pad, SIDES),
    CYAML_FIELD_ENUM_PTR("ceil", WORD, struct yaml_pool, is_ceil, bool_words, 2),
    CYAML_FIELD_ENUM_PTR("count_pad", WORD, struct yaml_pool, counts_pad, bool_words, 2),
    NAME_FIELDS(struct yaml_pool),
    CYAML_FIELD_END};

static const cyaml_schema_field_t linear_fields[] = {
    CYAML_FIELD_INT_PTR("out", OPTIONAL, struct yaml_linear, out),
    CYAML_FIELD_ENUM_PTR("role", WORD, struct yaml_linear, role, linear_roles, 2),
    CYAML_FIELD_ENUM_PTR("search", WORD, struct yaml_linear, search, bool_words, 2),
    NORM_FIELDS(struct yaml_linear),
    NAME_FIELDS(struct yaml_linear),
    ACTIVATION_FIELDS(struct yaml_linear),
    CYAML_FIELD_END};

static const cyaml_schema_value_t source_value = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, NAX_LAYER_NAME_MAX)};

static const cyaml_schema_field_t join_fields[] = {
    CYAML_FIELD_SEQUENCE_COUNT("from", CYAML_FLAG_POINTER, struct yaml_join, sources, n_sources,
                               &source_value, 2, LAYER_ENTRIES_MAX),
    NAME_FIELD(struct yaml_join), ACTIVATION_FIELDS(struct yaml_join), CYAML_FIELD_END};

static const cyaml_schema_field_t concat_fields[] = {
    CYAML_FIELD_SEQUENCE_COUNT("from", CYAML_FLAG_POINTER, struct yaml_join, sources, n_sources,
                               &source_value, 2, LAYER_ENTRIES_MAX),
    NAME_FIELD(struct yaml_join), CYAML_FIELD_END};

static const cyaml_schema_field_t batch_norm_fields[] = {
    CYAML_FIELD_FLOAT_PTR("epsilon", OPTIONAL, struct yaml_batch_norm, epsilon),
    NAME_FIELDS(struct yaml_batch_norm), ACTIVATION_FIELDS(struct yaml_batch_norm),
    CYAML_FIELD_END};

static const cyaml_schema_field_t activation_fields[] = {
    CYAML_FIELD_ENUM("kind", CYAML_FLAG_STRICT, struct yaml_activation, kind, activations,
                     NAX_ACTIVATION_COUNT),
    NAME_FIELDS(struct yaml_activation), SLOPE_FIELD(struct yaml_activation), CYAML_FIELD_END};

static const cyaml_schema_field_t layer_fields[] = {
    CYAML_FIELD_MAPPING_PTR("conv", OPTIONAL, struct yaml_layer, conv, conv_fields),
    CYAML_FIELD_MAPPING_PTR("stage", OPTIONAL, struct yaml_layer, stage, stage_fields),
    CYAML_FIELD_MAPPING_PTR("pool", OPTIONAL, struct yaml_layer, pool, pool_fields),
    CYAML_FIELD_MAPPING_PTR("linear", OPTIONAL, struct yaml_layer, linear, linear_fields),
    CYAML_FIELD_MAPPING_PTR("add", OPTIONAL, struct yaml_layer, add, join_fields),
    CYAML_FIELD_MAPPING_PTR("concat", OPTIONAL, struct yaml_layer, concat, concat_fields),
    CYAML_FIELD_MAPPING_PTR("batch_norm", OPTIONAL, struct yaml_layer, batch_norm,
                            batch_norm_fields),
    CYAML_FIELD_MAPPING_PTR("activation", OPTIONAL, struct yaml_layer, activation,
                            activation_fields),
    CYAML_FIELD_END};

static const cyaml_schema_value_t layer_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct yaml_layer, layer_fields)};

static const cyaml_schema_field_t input_fields[] = {
    CYAML_FIELD_INT("height", ONE, struct yaml_input, height),
    CYAML_FIELD_INT("width", ONE, struct yaml_input, width),
    CYAML_FIELD_INT("channels", ONE, struct yaml_input, channels), CYAML_FIELD_END};

static const cyaml_schema_field_t network_fields[] = {
    CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct yaml_network, name, 1, 63),
    CYAML_FIELD_MAPPING("input", ONE, struct yaml_network, input, input_fields),
    CYAML_FIELD_INT("classes", ONE, struct yaml_network, classes),
    CYAML_FIELD_SEQUENCE_COUNT("layers", CYAML_FLAG_POINTER, struct yaml_network, layers, n_layers,
                               &layer_value, 1, LAYER_ENTRIES_MAX),
    CYAML_FIELD_END};

const cyaml_schema_value_t nax_network_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct yaml_network, network_fields)};
