/* Streams in msgpack: what is taken of any bytes reads back as the same records. */
#include "records.h"

bool fuzz_input(const uint8_t *bytes, size_t n)
{
    struct written w = convert(bytes, n);
    bool is_taken = !w.status;
    must_read_back(&w, MSGPACK, JSON);
    written_free(&w);
    return is_taken;
}
