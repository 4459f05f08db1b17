/* Streams of records: whatever the bytes, reading ends, and what was read can be written. */
#include "nax/record.h"

#include "input.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static FILE *null;
    if (!null)
        null = fopen("/dev/null", "w");
    const char *path = input_path(bytes, size);
    struct nax_err err;
    struct nax_reader *reader;
    if (nax_reader_open(&reader, &path, 1, (size_t)1 << 16, &err))
        return 0;
    struct nax_record *record = nax_record_alloc();
    struct nax_writer *writers[3] = {NULL};
    for (int k = 0; k < 3; k++)
        if (nax_writer_open(&writers[k], null, "null", (enum nax_format)(NAX_FORMAT_MSGPACK + k),
                            "candidate", &err))
            abort();
    while (record && nax_reader_next(reader, record, &err) > 0)
        for (int k = 0; k < 3; k++)
            if (nax_writer_put(writers[k], record, &err))
                break; /* what a format cannot hold is an error */
    for (int k = 0; k < 3; k++)
        if (nax_writer_close(writers[k], false, &err) && err.status == NAX_ERR_IO)
            abort();
    nax_record_free(record);
    nax_reader_close(reader);
    return 0;
}
