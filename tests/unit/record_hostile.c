/* Unit tests of lib/record: streams that are cut, too large, slow, or broken at random. */
#include "record.h"

/* Bytes that come one, two, seven at a time, cut anywhere: packets keep the cuts. */
static void slow_input_is_the_same_input(void **state)
{
    (void)state;
    struct nax_record *r = nax_record_alloc(), *back = nax_record_alloc();
    int64_t kernel[] = {3, 300, 70000};
    assert_int_equal(nax_record_set_ints(r, "kernel", kernel, 3), 0);
    assert_int_equal(nax_record_set_float(r, "accuracy", 0.6125), 0);
    assert_int_equal(nax_record_set_string(r, "network", "a\nb"), 0);
    struct nax_record *two[] = {r, r};
    int saved = dup(STDIN_FILENO);
    for (int format = NAX_FORMAT_MSGPACK; format <= NAX_FORMAT_JSON; format++)
        for (size_t step = 1; step <= 7; step += step) {
            struct text t = write_all(two, 2, (enum nax_format)format);
            int ends[2];
            assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
            for (size_t i = 0; i < t.n; i += step) {
                size_t n = NAX_MIN(step, t.n - i);
                assert_int_equal(send(ends[0], t.p + i, n, MSG_DONTWAIT), n);
            }
            shutdown(ends[0], SHUT_WR);
            dup2(ends[1], STDIN_FILENO);
            struct nax_reader *reader;
            struct nax_err err;
            assert_int_equal(nax_reader_open(&reader, NULL, 0, 0, &err), 0);
            for (int i = 0; i < 2; i++) {
                assert_int_equal(nax_reader_next(reader, back, &err), 1);
                assert_true(record_equal(r, back));
            }
            assert_string_equal(nax_reader_where(reader), "standard input: record 2");
            assert_int_equal(nax_reader_next(reader, back, &err), 0);
            nax_reader_close(reader);
            close(ends[0]);
            close(ends[1]);
            free(t.p);
        }
    dup2(saved, STDIN_FILENO);
    close(saved);
    nax_record_free(r);
    nax_record_free(back);
}

static void records_larger_than_the_limit_are_refused(void **state)
{
    (void)state;
    struct nax_err err;
    char *s = nax_calloc(3 << 20, 1);
    memset(s, 'x', 3 << 20);
    struct nax_record *r = nax_record_alloc();
    for (int k = 0; k < 2; k++) { /* a string; an array of one byte an item, of eight in memory */
        struct nax_value v = {.type = NAX_STRING, .string = {s, (2 << 20) - 1}};
        int64_t *ints = nax_calloc(200000, sizeof *ints);
        nax_record_clear(r);
        assert_int_equal(k ? nax_record_set_ints(r, "a", ints, 200000) : nax_record_set(r, "a", &v),
                         0);
        for (int format = NAX_FORMAT_MSGPACK; format <= NAX_FORMAT_JSON; format++) {
            struct text t = write_all(&r, 1, (enum nax_format)format);
            assert_int_equal(read_all(t.p, t.n, 0, &err, NULL), 1);
            assert_int_equal(err.status, NAX_OK);
            assert_int_equal(read_all(t.p, t.n, 1 << 20, &err, NULL), 0);
            assert_non_null(strstr(err.text, "a record larger than the limit of 1 MiB"));
            free(t.p);
        }
        free(ints);
    }
    s[0] = '"'; /* quotes that never end */
    assert_int_equal(read_all(s, 3 << 20, 1 << 20, &err, NULL), 0);
    assert_string_equal(place(&err), "record 1: line 1: a record larger than the limit of 1 MiB");
    nax_record_free(r);
    free(s);
}

static void every_truncation_is_seen(void **state)
{
    (void)state;
    struct nax_record *r[3];
    for (int i = 0; i < 3; i++) {
        r[i] = nax_record_alloc();
        fill_known(r[i], i);
    }
    struct text t = write_all(r, 3, NAX_FORMAT_MSGPACK);
    struct nax_err err;
    size_t n_before = 0;
    for (size_t n = 1; n <= t.n; n++) {
        size_t n_records = read_all(t.p, n, 0, &err, NULL);
        assert_true(n_records >= n_before && n_records <= 3);
        assert_int_equal(err.status, n < t.n ? NAX_ERR_CUT : NAX_OK);
        n_before = n_records;
    }
    assert_int_equal(n_before, 3);
    free(t.p);
    for (int i = 0; i < 3; i++)
        nax_record_free(r[i]);
}

/* Streams with bytes changed, cut out, doubled: an error or fewer or other records, never more. */
static void mutated_streams_do_no_harm(void **state)
{
    (void)state;
    enum { n_rounds = 4000 };
    struct nax_record *r[3];
    for (int i = 0; i < 3; i++) {
        r[i] = nax_record_alloc();
        fill_known(r[i], i);
    }
    size_t n_broken = 0, n_whole = 0;
    for (int format = NAX_FORMAT_MSGPACK; format <= NAX_FORMAT_JSON; format++) {
        struct text t = write_all(r, 3, (enum nax_format)format);
        unsigned char *bytes = nax_calloc(2 * t.n, 1);
        for (uint64_t round = 0; round < n_rounds; round++) {
            struct nax_rng rng = nax_rng_at(13, NAX_RNG_TEST, round, (uint64_t)format, 0);
            size_t n = t.n;
            memcpy(bytes, t.p, n);
            for (uint64_t k = 0; k <= nax_rng_below(&rng, 4); k++) {
                size_t at = nax_rng_below(&rng, n), some = nax_rng_below(&rng, n - at);
                switch (nax_rng_below(&rng, 5)) {
                case 0:
                    bytes[at] = (unsigned char)nax_rng_below(&rng, 256);
                    break;
                case 1: /* msgpack's types, CSV's marks and JSON's */
                    bytes[at] =
                        (unsigned char)"\xc0\xc4\xc6\xc9\xca\xcb\xcf\xd8\xdb\xdc\xdd\xde\xdf"
                                       "\x80\x8f\x90\x9f\xff,\"\r\n 0{}[]\\:-"[nax_rng_below(&rng,
                                                                                             31)];
                    break;
                case 2:
                    memmove(bytes + at, bytes + at + some, n - at - some);
                    n -= some;
                    break;
                case 3:
                    if (n + some <= 2 * t.n) {
                        memmove(bytes + at + some, bytes + at, n - at);
                        n += some;
                    }
                    break;
                default:
                    bytes[at] ^= (unsigned char)(1u << nax_rng_below(&rng, 8));
                }
            }
            struct nax_err err;
            struct text json;
            size_t n_records = read_all(bytes, n, 1 << 16, &err, &json);
            assert_true(n_records <= n);
            n_whole += !err.status;
            n_broken += err.status != 0;
            assert_true(!err.status || err.text[0]);
            free(json.p);
        }
        free(bytes);
        free(t.p);
    }
    assert_true(n_broken > n_rounds && n_whole > 0); /* the mutations reach both outcomes */
    for (int i = 0; i < 3; i++)
        nax_record_free(r[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slow_input_is_the_same_input),
        cmocka_unit_test(records_larger_than_the_limit_are_refused),
        cmocka_unit_test(every_truncation_is_seen),
        cmocka_unit_test(mutated_streams_do_no_harm),
    };
    return cmocka_run_group_tests_name("record_hostile", tests, NULL, NULL);
}
