/* Files that gzip compressed, and its checksum, through zlib. */
#include "files.h"

#include <zlib.h>

static int inflate_all(struct nax_buffer *out, const struct nax_buffer *in, const char *path,
                       struct nax_err *err)
{
    enum { GZIP = 16, STEP = 1 << 20 };
    z_stream z = {.next_in = in->bytes, .avail_in = (uInt)in->size};
    if (inflateInit2(&z, MAX_WBITS + GZIP) != Z_OK)
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: '%s'", path);
    int status = 0, done = Z_OK;
    out->size = 0;
    while (status == 0 && done == Z_OK) {
        status = nax_buffer_grow(out, out->size + STEP, path, err);
        if (status)
            break;
        z.next_out = out->bytes + out->size;
        z.avail_out = STEP;
        done = inflate(&z, Z_NO_FLUSH);
        out->size += STEP - z.avail_out;
        out->bytes[out->size] = 0;
    }
    inflateEnd(&z);
    if (status == 0 && (done != Z_STREAM_END || z.avail_in))
        status =
            nax_err_set(err, NAX_ERR_FORMAT, "damaged or truncated, by gzip's checks: '%s'", path);
    return status;
}

int nax_buffer_read_gzip(struct nax_buffer *buffer, const char *path, struct nax_err *err)
{
    struct nax_buffer packed = {0};
    int status = nax_buffer_read(buffer, path, err);
    if (status || buffer->size < 2 || buffer->bytes[0] != 0x1f || buffer->bytes[1] != 0x8b)
        return status;
    packed = *buffer;
    *buffer = (struct nax_buffer){0};
    status = inflate_all(buffer, &packed, path, err);
    nax_buffer_free(&packed);
    return status;
}

uint32_t nax_crc32(const uint8_t *bytes, size_t n)
{
    return (uint32_t)crc32_z(0, bytes, n);
}
