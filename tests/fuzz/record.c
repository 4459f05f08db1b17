/* Fuzzing the reader of record streams: whatever it takes from any bytes is written in all three
 * formats, and the msgpack of it must read back as the same records. */
#include "nax/record.h"

#include <string.h>

#include "input.h"

static const size_t max_record = (size_t)1 << 20;

struct text {
    char *p;
    size_t n;
};

static struct nax_writer *writer_to(FILE *file, enum nax_format format)
{
    struct nax_writer *w;
    struct nax_err err;
    if (nax_writer_open(&w, file, "memory", format, "fuzz", &err))
        abort();
    return w;
}

/* Reads the bytes and writes their records; the status that reading ended with. CSV may refuse. */
static int convert(const void *bytes, size_t n, struct text out[3])
{
    static const enum nax_format formats[] = {NAX_FORMAT_MSGPACK, NAX_FORMAT_JSON, NAX_FORMAT_CSV};
    struct nax_err err;
    FILE *files[3];
    struct nax_writer *w[3];
    for (int i = 0; i < 3; i++) {
        files[i] = open_memstream(&out[i].p, &out[i].n);
        if (!files[i])
            abort();
        w[i] = writer_to(files[i], formats[i]);
    }
    const char *path = input_path(bytes, n);
    struct nax_reader *reader;
    struct nax_record *r = nax_record_alloc();
    if (!r || nax_reader_open(&reader, &path, 1, max_record, &err))
        abort();
    int status;
    while ((status = nax_reader_next(reader, r, &err)) > 0)
        for (int i = 0; i < 3; i++)
            if (nax_writer_put(w[i], r, &err) && i < 2)
                abort();
    for (int i = 0; i < 3; i++) {
        if (nax_writer_close(w[i], false, &err))
            abort();
        fclose(files[i]);
    }
    nax_reader_close(reader);
    nax_record_free(r);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct text first[3], second[3];
    convert(bytes, n, first);
    if (convert(first[0].p, first[0].n, second))
        abort(); /* what was written is whole */
    if (first[1].n != second[1].n || memcmp(first[1].p, second[1].p, first[1].n))
        abort();
    for (int i = 0; i < 3; i++) {
        free(first[i].p);
        free(second[i].p);
    }
    return 0;
}
