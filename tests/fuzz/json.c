/* Streams in JSON: what is taken of any bytes reads back as the same records, and as the same text.
 */
#include "records.h"

bool fuzz_input(const uint8_t *bytes, size_t n)
{
    struct written w = convert(bytes, n);
    bool is_taken = !w.status;
    must_read_back(&w, MSGPACK, JSON);
    if (w.n[JSON])
        must_read_back(&w, JSON, JSON);
    written_free(&w);
    return is_taken;
}
