/* Reading safetensors files: the header is checked whole before any tensor is handed out. */
#include "nax/tensor.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "dtype.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the file's arrays are used as they are");

/* The parser needs about 20 bytes for one of the header: a bound keeps a hostile header cheap. */
static const uint64_t max_header = (uint64_t)16 << 20;

enum { PREFIX = 8 }; /* bytes of the header's length */

struct nax_tensors {
    unsigned char *map; /* [map_size] */
    size_t map_size;
    json_t *header; /* owns names and metadata */
    size_t n;
    struct nax_tensor *tensors; /* [n], in the order of their data */
    void **copies;              /* [n], of data that is not aligned in the file, else NULL */
};

static const struct {
    const char *name;
    size_t size;
} dtypes[] = {
    [NAX_U8] = {"U8", 1},     [NAX_I32] = {"I32", 4}, [NAX_I64] = {"I64", 8},
    [NAX_F32] = {"F32", 4},   [NAX_F64] = {"F64", 8}, [NAX_F16] = {"F16", 2},
    [NAX_BF16] = {"BF16", 2},
};
enum { N_DTYPES = sizeof dtypes / sizeof dtypes[0] };

size_t nax_dtype_size(enum nax_dtype dtype)
{
    return dtypes[dtype].size;
}

const char *nax_dtype_name(enum nax_dtype dtype)
{
    return dtypes[dtype].name;
}

bool nax_tensor_bytes(const struct nax_tensor *tensor, size_t *bytes)
{
    *bytes = nax_dtype_size(tensor->dtype);
    for (size_t i = 0; i < tensor->n_dims; i++)
        if (__builtin_mul_overflow(*bytes, tensor->dims[i], bytes))
            return false;
    return true;
}

static int map_file(struct nax_tensors *file, const char *path, struct nax_err *err)
{
    void *map;
    int status = nax_file_map(path, &map, &file->map_size, err);
    if (status)
        return status;
    file->map = map;
    if (file->map_size >= PREFIX)
        return 0;
    return nax_err_set(err, NAX_ERR_FORMAT, "not a tensor file, %zu bytes long: '%s'",
                       file->map_size, path);
}

/* A JSON integer that is not negative. */
static bool get_size(const json_t *value, size_t *out)
{
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return false;
    *out = (size_t)json_integer_value(value);
    return true;
}

/* One entry of the header; data_size bytes follow the header at data. */
static int parse_tensor(struct nax_tensor *tensor, const char *path, const char *name,
                        const json_t *entry, const unsigned char *data, size_t data_size,
                        struct nax_err *err)
{
    const char *dtype = json_string_value(json_object_get(entry, "dtype"));
    const json_t *shape = json_object_get(entry, "shape");
    const json_t *offsets = json_object_get(entry, "data_offsets");
    size_t begin, end, bytes;

    tensor->name = name;
    if (!dtype || !json_is_array(shape) || json_array_size(offsets) != 2 ||
        !get_size(json_array_get(offsets, 0), &begin) ||
        !get_size(json_array_get(offsets, 1), &end))
        return nax_err_set(err, NAX_ERR_FORMAT,
                           "%s: a tensor needs dtype, shape and data_offsets: '%s'", path, name);
    size_t d = 0;
    while (d < N_DTYPES && strcmp(dtype, dtypes[d].name))
        d++;
    if (d == N_DTYPES)
        return nax_err_set(err, NAX_ERR_FORMAT, "%s: unknown dtype %.16s of tensor: '%s'", path,
                           dtype, name);
    tensor->dtype = (enum nax_dtype)d;
    tensor->n_dims = json_array_size(shape);
    if (tensor->n_dims > NAX_TENSOR_DIMS)
        return nax_err_set(err, NAX_ERR_FORMAT, "%s: more than %d dimensions in tensor: '%s'", path,
                           NAX_TENSOR_DIMS, name);
    for (size_t i = 0; i < tensor->n_dims; i++)
        if (!get_size(json_array_get(shape, i), &tensor->dims[i]))
            return nax_err_set(err, NAX_ERR_FORMAT,
                               "%s: a dimension is not a whole number in tensor: '%s'", path, name);
    if (begin > end || end > data_size)
        return nax_err_set(err, NAX_ERR_FORMAT, "%s: data outside the file of tensor: '%s'", path,
                           name);
    if (!nax_tensor_bytes(tensor, &bytes) || bytes != end - begin)
        return nax_err_set(err, NAX_ERR_FORMAT, "%s: shape and data differ in size of tensor: '%s'",
                           path, name);
    tensor->data = data + begin;
    return 0;
}

static int compare_data(const void *a, const void *b)
{
    const struct nax_tensor *t = a, *u = b;
    size_t bytes_t, bytes_u;
    if (t->data != u->data)
        return (const char *)t->data < (const char *)u->data ? -1 : 1;
    if (!nax_tensor_bytes(t, &bytes_t) || !nax_tensor_bytes(u, &bytes_u) || bytes_t == bytes_u)
        return strcmp(t->name, u->name);
    return bytes_t < bytes_u ? -1 : 1; /* an empty one lies before what starts there */
}

/* The format's rule: the tensors fill the data exactly, without overlap or holes. */
static int check_layout(struct nax_tensors *file, const char *path, const unsigned char *data,
                        struct nax_err *err)
{
    const unsigned char *at = data;
    for (size_t i = 0; i < file->n; i++) {
        const struct nax_tensor *t = &file->tensors[i];
        const unsigned char *begin = t->data;
        if (begin != at)
            return nax_err_set(err, NAX_ERR_FORMAT, "%s: %s tensor: '%s'", path,
                               begin < at ? "overlapping data of" : "unused bytes before", t->name);
        size_t bytes;
        at = begin + (nax_tensor_bytes(t, &bytes) ? bytes : 0);
    }
    if (at != file->map + file->map_size)
        return nax_err_set(err, NAX_ERR_FORMAT, "unused bytes at the end: '%s'", path);
    return 0;
}

/* The format asks for no alignment: what has none gets memory of its own. */
static int align(struct nax_tensors *file, const char *path, struct nax_err *err)
{
    file->copies = nax_calloc(file->n, sizeof *file->copies);
    if (!file->copies)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", path);
    for (size_t i = 0; i < file->n; i++) {
        struct nax_tensor *t = &file->tensors[i];
        size_t bytes;
        if ((uintptr_t)t->data % nax_dtype_size(t->dtype) == 0 || !nax_tensor_bytes(t, &bytes))
            continue;
        void *copy = file->copies[i] = nax_calloc(bytes, 1);
        if (!copy)
            return nax_err_set(err, NAX_ERR_MEMORY, "%s: out of memory: '%s'", path, t->name);
        t->data = memcpy(copy, t->data, bytes);
    }
    return 0;
}

static int parse_header(struct nax_tensors *file, const char *path, struct nax_err *err)
{
    uint64_t size;
    memcpy(&size, file->map, sizeof size);
    if (size > file->map_size - PREFIX)
        return nax_err_set(err, NAX_ERR_FORMAT,
                           "truncated, or not a tensor file (header of %" PRIu64 " bytes): '%s'",
                           size, path);
    if (size > max_header)
        return nax_err_set(err, NAX_ERR_FORMAT, "header larger than %" PRIu64 " MiB: '%s'",
                           max_header >> 20, path);
    json_error_t at;
    file->header =
        json_loadb((const char *)file->map + PREFIX, (size_t)size, JSON_REJECT_DUPLICATES, &at);
    if (!json_is_object(file->header))
        return nax_err_set(err, NAX_ERR_FORMAT, "header is not a JSON object (byte %d: %s): '%s'",
                           at.position, file->header ? "another type" : at.text, path);

    const unsigned char *data = file->map + PREFIX + size;
    size_t data_size = file->map_size - PREFIX - (size_t)size;
    file->tensors = nax_calloc(json_object_size(file->header), sizeof *file->tensors);
    if (!file->tensors)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", path);
    const char *key;
    json_t *value;
    json_object_foreach(file->header, key, value)
    {
        if (!strcmp(key, "__metadata__")) {
            const char *name;
            json_t *text;
            json_object_foreach(value, name, text)
            {
                if (!json_is_string(text))
                    return nax_err_set(err, NAX_ERR_FORMAT, "%s: metadata is not a string: '%s'",
                                       path, name);
            }
            continue;
        }
        int status = parse_tensor(&file->tensors[file->n], path, key, value, data, data_size, err);
        if (status)
            return status;
        file->n++;
    }
    qsort(file->tensors, file->n, sizeof *file->tensors, compare_data);
    int status = check_layout(file, path, data, err);
    return status ? status : align(file, path, err);
}

int nax_tensors_open(struct nax_tensors **out, const char *path, struct nax_err *err)
{
    struct nax_tensors *file = nax_calloc(1, sizeof *file);
    if (!file)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", path);
    int status = map_file(file, path, err);
    if (status == 0)
        status = parse_header(file, path, err);
    if (status) {
        nax_tensors_close(file);
        return status;
    }
    *out = file;
    return 0;
}

int nax_tensors_verify(const struct nax_tensors *file, const char *path, struct nax_err *err)
{
    const char *written = nax_tensors_meta(file, "checksum");
    char own[17];
    uint64_t sum = 0;
    for (size_t i = 0; written && i < file->n; i++) {
        size_t bytes;
        if (nax_tensor_bytes(&file->tensors[i], &bytes))
            sum = nax_checksum(sum, file->tensors[i].data, bytes);
    }
    snprintf(own, sizeof own, "%016" PRIx64, sum);
    if (!written || !strcmp(written, own))
        return 0;
    return nax_err_set(err, NAX_ERR_FORMAT,
                       "damaged, its content has another checksum than it was written with: '%s'",
                       path);
}

void nax_tensors_close(struct nax_tensors *file)
{
    if (!file)
        return;
    for (size_t i = 0; file->copies && i < file->n; i++)
        free(file->copies[i]);
    free(file->copies);
    free(file->tensors);
    json_decref(file->header);
    if (file->map)
        nax_file_unmap(file->map, file->map_size);
    free(file);
}

size_t nax_tensors_n(const struct nax_tensors *file)
{
    return file->n;
}

const struct nax_tensor *nax_tensors_at(const struct nax_tensors *file, size_t i)
{
    return &file->tensors[i];
}

const struct nax_tensor *nax_tensors_find(const struct nax_tensors *file, const char *name)
{
    for (size_t i = 0; i < file->n; i++)
        if (!strcmp(file->tensors[i].name, name))
            return &file->tensors[i];
    return NULL;
}

const char *nax_tensors_meta(const struct nax_tensors *file, const char *key)
{
    return json_string_value(json_object_get(json_object_get(file->header, "__metadata__"), key));
}

bool nax_tensors_meta_at(const struct nax_tensors *file, size_t i, const char **key,
                         const char **value)
{
    const json_t *text;
    json_object_foreach(json_object_get(file->header, "__metadata__"), *key, text)
    {
        *value = json_string_value(text);
        if (!i--)
            return true;
    }
    return false;
}

bool nax_tensors_is_file(const char *path)
{
    unsigned char begin[PREFIX + 1] = {0}; /* the length's last bytes are 0, and JSON follows */
    FILE *file;
    size_t size;
    if (nax_file_check_regular(path, NULL) || nax_file_open(path, &file, &size, NULL))
        return false;
    bool is_read = fread(begin, 1, sizeof begin, file) == sizeof begin;
    fclose(file);
    return is_read && !begin[PREFIX - 1] && !begin[PREFIX - 2] && begin[PREFIX] == '{';
}
