/* Writing safetensors files: all or nothing, through a temporary file in the same folder. */
#include "nax/tensor.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "dtype.h"

enum { PREFIX = 8, ALIGN = 64 }; /* bytes of the header's length; where data starts */

static json_t *json_entry(const struct nax_tensor *tensor, size_t begin, size_t end)
{
    json_t *shape = json_array();
    for (size_t i = 0; shape && i < tensor->n_dims; i++)
        if (json_array_append_new(shape, json_integer((json_int_t)tensor->dims[i]))) {
            json_decref(shape);
            return NULL;
        }
    return json_pack("{s:s, s:o, s:[I, I]}", "dtype", nax_dtype_name(tensor->dtype), "shape", shape,
                     "data_offsets", (json_int_t)begin, (json_int_t)end);
}

static uint64_t content_of(const struct nax_tensor *const *order, size_t n)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        size_t bytes;
        if (nax_tensor_bytes(order[i], &bytes))
            sum = nax_checksum(sum, order[i]->data, bytes);
    }
    return sum;
}

/* Prefix and header, padded so that data starts aligned. order: [n], tensors by place in the file.
 */
static int make_header(char **header, size_t *size, const struct nax_tensor *const *order, size_t n,
                       const struct nax_meta *meta, size_t n_meta, const char *path,
                       struct nax_err *err)
{
    char *text = NULL;
    char checksum[17];
    json_t *root = json_object(), *pairs = json_object();
    int status = NAX_ERR_MEMORY;

    snprintf(checksum, sizeof checksum, "%016" PRIx64, content_of(order, n));
    if (json_object_set_new(pairs, "checksum", json_string(checksum)))
        goto out;
    for (size_t i = 0; i < n_meta; i++)
        if (json_object_set_new(pairs, meta[i].key, json_string(meta[i].value))) {
            status = nax_err_set(err, NAX_ERR_VALUE, "%s: metadata is not UTF-8: '%s'", path,
                                 meta[i].key);
            goto out;
        }
    if (json_object_set(root, "__metadata__", pairs))
        goto out;
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        const struct nax_tensor *t = order[i];
        size_t bytes, end;
        if (t->n_dims > NAX_TENSOR_DIMS || !nax_tensor_bytes(t, &bytes) ||
            __builtin_add_overflow(at, bytes, &end) || end > INT64_MAX) {
            status = nax_err_set(err, NAX_ERR_VALUE, "%s: too large a tensor: '%s'", path, t->name);
            goto out;
        }
        if (!strcmp(t->name, "__metadata__") || json_object_get(root, t->name)) {
            status = nax_err_set(err, NAX_ERR_VALUE, "%s: tensor name taken: '%s'", path, t->name);
            goto out;
        }
        if (json_object_set_new(root, t->name, json_entry(t, at, end))) {
            status = nax_err_set(err, NAX_ERR_VALUE, "%s: tensor name is not UTF-8: '%s'", path,
                                 t->name);
            goto out;
        }
        at = end;
    }
    text = json_dumps(root, JSON_COMPACT);
    if (!text)
        goto out;
    size_t length = strlen(text);
    *size = NAX_ROUND_UP(PREFIX + length, ALIGN);
    *header = nax_calloc(*size, 1);
    if (!*header)
        goto out;
    uint64_t prefix = *size - PREFIX;
    memcpy(*header, &prefix, sizeof prefix);
    memset(*header + PREFIX, ' ', *size - PREFIX);
    memcpy(*header + PREFIX, text, length);
    status = 0;
out:
    if (status == NAX_ERR_MEMORY)
        nax_err_set(err, status, "out of memory: '%s'", path);
    free(text);
    json_decref(root);
    json_decref(pairs);
    return status;
}

/* Larger elements first: behind an aligned start every tensor is aligned to its element. */
static void sort_by_element(const struct nax_tensor **order, const struct nax_tensor *tensors,
                            size_t n)
{
    size_t at = 0;
    for (size_t size = 8; size; size /= 2)
        for (size_t i = 0; i < n; i++)
            if (nax_dtype_size(tensors[i].dtype) == size)
                order[at++] = &tensors[i];
}

int nax_tensors_write(const char *path, const struct nax_tensor *tensors, size_t n,
                      const struct nax_meta *meta, size_t n_meta, struct nax_err *err)
{
    struct nax_file *file = NULL;
    char *header = NULL;
    size_t size = 0;
    int status = 0;
    const struct nax_tensor **order = nax_calloc(n, sizeof *order);
    if (!order)
        status = nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", path);
    else
        sort_by_element(order, tensors, n);
    if (!status)
        status = make_header(&header, &size, order, n, meta, n_meta, path, err);
    if (!status)
        status = nax_file_begin(&file, path, err);
    if (!status) {
        fwrite(header, 1, size, nax_file_stream(file));
        for (size_t i = 0; i < n; i++) {
            size_t bytes = 0; /* which the header has found to be a size */
            if (nax_tensor_bytes(order[i], &bytes) && bytes)
                fwrite(order[i]->data, 1, bytes, nax_file_stream(file));
        }
        status = nax_file_commit(file, err);
    }
    free(header);
    free(order);
    return status;
}
