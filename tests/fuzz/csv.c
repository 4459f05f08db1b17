/* Tables in CSV: what is taken of any bytes reads back as the same records, and as the same table.
 */
#include "records.h"

bool fuzz_input(const uint8_t *bytes, size_t n)
{
    struct written w = convert(bytes, n);
    bool is_taken = !w.status;
    must_read_back(&w, MSGPACK, JSON);
    if (w.is_csv_whole && w.n[CSV]) /* a field that is missing may have become an empty cell */
        must_read_back(&w, CSV, CSV);
    written_free(&w);
    return is_taken;
}
