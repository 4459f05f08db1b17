/* Unit tests of lib/record: msgpack, segments and provenance. */
#include "record.h"

static const unsigned char golden[] =
    "\x83\xa3nax\x01\xa4kind\xa9"
    "candidate\xa4prog\x91\x85\xa4name\xa8nax-test\xa7version\xa3"
    "0.1\xa4"
    "argv\xaenax-test 'a b'\xa4seed\xcf\xff\xff\xff\xff\xff\xff\xff\xff\xa6inputs\xa3- -"
    "\x83\xa1"
    "a\x93\x01\xd0\x80\xcd\x01\x2c\xa1"
    "b\xcb\x40\x03\x14\x7a\xe1\x47\xae\x14\xa1"
    "c\xc3"
    "\x82\xa3"
    "end\xc3\xa1n\x01";

static void msgpack_bytes_are_as_documented(void **state)
{
    (void)state;
    struct nax_record *r = nax_record_alloc();
    int64_t a[] = {1, -128, 300};
    assert_int_equal(nax_record_set_ints(r, "a", a, 3), 0);
    assert_int_equal(nax_record_set_float(r, "b", 2.385), 0);
    assert_int_equal(nax_record_set_bool(r, "c", true), 0);
    struct text t = write_all(&r, 1, NAX_FORMAT_MSGPACK);
    assert_int_equal(t.n, sizeof golden - 1);
    assert_memory_equal(t.p, golden, t.n);
    free(t.p);
    nax_record_free(r);
}

static void msgpack_round_trip_is_exact(void **state)
{
    (void)state;
    enum { n = 40 };
    struct nax_record *r[n], *back = nax_record_alloc();
    struct nax_err err;
    struct nax_rng rng = nax_rng_at(5, NAX_RNG_TEST, 0, 0, 0);
    for (int i = 0; i < n; i++) {
        r[i] = nax_record_alloc();
        fill_known(r[i], i);
        uint64_t bits = nax_rng_u64(&rng); /* any bits: payloads of NaN survive in msgpack */
        double f, *many = nax_calloc(1u << 14, sizeof *many);
        memcpy(&f, &bits, sizeof f);
        int status = nax_record_set_float(r[i], "unknown", f);
        status |= nax_record_set_int(r[i], "shifted", (int64_t)(bits >> i));
        status |= nax_record_set_int(r[i], "negative", -(int64_t)(bits >> (i + 24)));
        status |= nax_record_set_floats(r[i], "many", many, (size_t)1 << (i % 15));
        status |= nax_record_set_bool(r[i], "flag", i & 1);
        assert_int_equal(status, 0);
        free(many);
    }
    struct text t = write_all(r, n, NAX_FORMAT_MSGPACK);
    struct file file = file_of(t.p, t.n);
    const char *paths[] = {file.path};
    struct nax_reader *reader;
    assert_int_equal(nax_reader_open(&reader, paths, 1, 0, &err), 0);
    for (int i = 0; i < n; i++) {
        assert_int_equal(nax_reader_next(reader, back, &err), 1);
        nax_record_remove(r[i], "crossbar"); /* an empty array has no type of items */
        nax_record_remove(back, "crossbar");
        assert_true(record_equal(r[i], back));
        nax_record_free(r[i]);
    }
    assert_int_equal(nax_reader_next(reader, back, &err), 0);
    assert_int_equal(nax_reader_format(reader), NAX_FORMAT_MSGPACK);
    assert_string_equal(nax_reader_kind(reader), "candidate");
    assert_int_equal(nax_reader_n_prog(reader), 1);
    assert_string_equal(nax_reader_prog(reader, 0)->argv, "nax-test 'a b'");
    assert_true(nax_reader_prog(reader, 0)->seed == UINT64_MAX);
    char where[64];
    snprintf(where, sizeof where, "%s: record 40", file.path);
    assert_string_equal(nax_reader_where(reader), where);
    nax_reader_close(reader);
    nax_record_free(back);
    free(t.p);
    close(file.fd);
}

#define HEADER "\x81\xa3nax\x01"
#define TRAILER(n)                                                                                 \
    "\x82\xa3"                                                                                     \
    "end\xc3\xa1n" n

static void msgpack_of_other_writers_is_read(void **state)
{
    (void)state;
    struct nax_err err;
    struct text json;
    /* maps and arrays of 16 and 32, str 8, float 32, all widths of integers, an unknown key in the
     * header */
    static const char other[] =
        "\x82\xa3new\x92\x01\x81\xa1x\xc0\xa3nax\xd3\0\0\0\0\0\0\0\x01"
        "\xde\0\x06\xd9\x01"
        "a\xca\x3f\xc0\0\0\xda\0\x01"
        "b\xd1\xff\0\xdb\0\0\0\x01"
        "c\xce\xff\xff\xff\xff"
        "\xa1"
        "d\xd2\x80\0\0\0\xa1"
        "e\xdd\0\0\0\x02\xcd\x10\0\xcb\x7f\xf0\0\0\0\0\0\0\xa1"
        "f\xc2"
        "\xdf\0\0\0\x03\xa1"
        "g\xcc\xff\xa1"
        "h\xcf\x7f\xff\xff\xff\xff\xff\xff\xff\xa1"
        "i\xdc\0\x02\xd0\xff\xd3\xff\xff\xff\xff\xff\xff\xff\xfd" TRAILER("\xce\0\0\0\x02");
    assert_int_equal(read_all(other, sizeof other - 1, 0, &err, &json), 2);
    assert_string_equal(err.text, "");
    assert_string_equal(json.p, "{\"a\":1.5,\"b\":-256,\"c\":4294967295,\"d\":-2147483648,"
                                "\"e\":[4096.0,\"inf\"],\"f\":false}\n"
                                "{\"g\":255,\"h\":9223372036854775807,\"i\":[-1,-3]}\n");
    free(json.p);
}

static void msgpack_errors_name_their_place(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t n, n_records;
        const char *text;
    } cases[] = {
#define CASE(bytes, n_records, text) {bytes, sizeof bytes - 1, n_records, text}
        CASE(HEADER, 0, "record 1: byte 6: the file ends without a trailer"),
        CASE(HEADER "\x81\xa1"
                    "a\x01",
             1, "record 2: byte 10: the file ends without a trailer"),
        CASE(HEADER "\x81\xa1"
                    "a\xcd",
             0, "record 1: byte 10: the file ends inside a record"),
        CASE("\x81\xa3na", 0, "record 1: byte 4: the file ends inside a header"),
        CASE("\x81\xa3nay\x01", 0, "record 1: byte 0: no header of a nax stream"),
        CASE("\x81\xa3nax\x02", 0, "record 1: byte 0: a stream of another version than 1"),
        CASE("\x82\xa3nax\x01\xa4kind\x05", 0, "record 1: byte 11: a kind that is no short string"),
        CASE("\x82\xa3nax\x01\xa4prog\x05", 0, "record 1: byte 11: provenance that is no list"),
        CASE("\x82\xa3nax\x01\xa4prog\x91\x91\x01", 0,
             "record 1: byte 12: a header nested too deeply"),
        CASE("\x82\xa3nax\x01\xa4prog\x91\x81\xa4name\x01", 0,
             "record 1: byte 18: provenance that is no string"),
        CASE("\x82\xa3nax\x01\xa4prog\x91\x81\xa4seed\xca\0\0\0\0", 0,
             "record 1: byte 22: a seed that is no integer"),
        CASE(HEADER TRAILER("\x01"), 0,
             "record 1: byte 6: the trailer counts 1 records, the segment has 0"),
        CASE(HEADER "\x80" TRAILER("\x00"), 1,
             "record 2: byte 7: the trailer counts 0 records, the segment has 1"),
        CASE(HEADER "\x82\xa3"
                    "end\xc2\xa1n\x00",
             0, "record 1: byte 6: a broken trailer"),
        CASE(HEADER "\x81\xa3"
                    "end\xc3",
             0, "record 1: byte 6: a broken trailer"),
        CASE(HEADER HEADER, 0, "record 1: byte 6: a new header before the trailer"),
        CASE(HEADER TRAILER("\x00") "x", 0, "record 1: byte 15: no map where a header should be"),
        CASE(HEADER "\x80" TRAILER("\x01") "\x81\xa1"
                                           "a\x01",
             1, "record 2: byte 16: no header of a nax stream"),
        CASE(HEADER "\x01", 0, "record 1: byte 6: no map where a record should be"),
        CASE(HEADER "\x81\xa1"
                    "a\xc1",
             0, "record 1: byte 9: not msgpack"),
        CASE(HEADER "\x81\x01\x01", 0, "record 1: byte 7: a field whose name is no string"),
        CASE(HEADER "\x81\xa0\x01", 0, "record 1: byte 7: an empty name"),
        CASE(HEADER "\x81\xa2"
                    "1a\x01",
             0, "record 1: byte 9: a name that does not begin with a letter or underscore"),
        CASE(HEADER "\x81\xa2"
                    "a\n\x01",
             0, "record 1: byte 9: a control character in a name"),
        CASE(HEADER "\x81\xa2"
                    "a\xff\x01",
             0, "record 1: byte 9: a name that is not UTF-8"),
        CASE(HEADER "\x82\xa1"
                    "a\x01\xa1"
                    "a\x02",
             0, "record 1: byte 11: a field that is there twice"),
        CASE(HEADER "\x81\xa1"
                    "a\xa2\xc0\x80",
             0, "record 1: byte 11: field 'a': a string that is not UTF-8, or with a zero byte"),
        CASE(HEADER "\x81\xa1"
                    "a\xa1\0",
             0, "record 1: byte 10: field 'a': a string that is not UTF-8, or with a zero byte"),
        CASE(HEADER "\x81\xa1"
                    "a\xcf\x80\0\0\0\0\0\0\0",
             0, "record 1: byte 17: field 'a': an integer beyond 64 bits with sign"),
        CASE(HEADER "\x81\xa1"
                    "a\x81\xa1"
                    "b\x01",
             0, "record 1: byte 9: a map inside a record"),
        CASE(HEADER "\x81\xa1"
                    "a\x91\x90",
             0, "record 1: byte 10: an array inside an array"),
        CASE(HEADER "\x81\xa1"
                    "a\x91\xa1x",
             0, "record 1: byte 10: an array of other things than numbers"),
        CASE(HEADER "\x81\xa1"
                    "a\xc4\x01x",
             0, "record 1: byte 9: a value of binary type"),
        CASE(HEADER "\x81\xa1"
                    "a\xd4\x01x",
             0, "record 1: byte 9: a value of an extension type"),
        CASE(HEADER "\xde\x04\x01", 0, "record 1: byte 8: more than 1024 fields"),
        /* prefixes of 1 GB and more: refused before any memory is taken */
        CASE(HEADER "\x81\xa1"
                    "a\xdb\x40\0\0\0xyz",
             0, "record 1: byte 13: a record larger than the limit of 1 MiB"),
        CASE(HEADER "\x81\xa1"
                    "a\xc6\xff\xff\xff\xff",
             0, "record 1: byte 9: a value of binary type"),
        CASE(HEADER "\x81\xa1"
                    "a\xc9\xff\xff\xff\xff\x01",
             0, "record 1: byte 9: a value of an extension type"),
        CASE(HEADER "\x81\xa1"
                    "a\xdd\x40\0\0\0\x01",
             0, "record 1: byte 13: a record larger than the limit of 1 MiB"),
        CASE(HEADER "\xdf\x40\0\0\0", 0, "record 1: byte 10: more than 1024 fields"),
#undef CASE
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct nax_err err;
        assert_int_equal(read_all(cases[i].bytes, cases[i].n, 1 << 20, &err, NULL),
                         cases[i].n_records);
        assert_string_equal(place(&err), cases[i].text);
        bool is_cut = strstr(cases[i].text, "the file ends") != NULL;
        assert_int_equal(err.status, is_cut ? NAX_ERR_CUT : NAX_ERR_FORMAT);
    }
}

static void segments_join_and_provenance_merges(void **state)
{
    (void)state;
    struct text out;
    FILE *f = open_memstream(&out.p, &out.n);
    struct nax_writer *w;
    struct nax_err err;
    struct nax_record *r = nax_record_alloc();
    struct nax_prog progs[] = {
        {"a", "1", "a x", 1, NULL}, {"b", "1", "b", 1, ""}, {"a", "1", "a x", 2, "- 'a b'"}};
    assert_int_equal(nax_writer_open(&w, f, "memory", NAX_FORMAT_MSGPACK, "layer", &err), 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(nax_writer_add_prog(w, &progs[i], &err), 0);
        assert_int_equal(nax_writer_add_prog(w, &progs[0], &err), 0);
        assert_int_equal(nax_record_set_int(r, "seed", i), 0);
        assert_int_equal(nax_writer_put(w, r, &err), 0);
        if (i < 2)
            assert_int_equal(nax_writer_restart(w, &err), 0);
    }
    assert_int_equal(nax_writer_close(w, false, &err), 0);
    fclose(f);

    struct file msgpack = file_of(out.p, out.n), csv = file_of("seed\n3\nseed\n4\n\nrank\n5\n", 22),
                empty = file_of("", 0);
    const char *paths[] = {msgpack.path, csv.path, msgpack.path, empty.path};
    static const size_t n_progs[] = {1, 2, 3, 3, 3, 3, 3, 3, 3};
    struct nax_reader *reader;
    assert_int_equal(nax_reader_open(&reader, paths, 4, 0, &err), 0);
    for (int i = 0; i < 9; i++) {
        assert_int_equal(nax_reader_next(reader, r, &err), 1);
        assert_int_equal(nax_reader_n_prog(reader), n_progs[i]);
        bool is_csv = i >= 3 && i < 6;
        assert_true(nax_reader_maker(reader) == (is_csv ? 0 : nax_prog_id(&progs[0])));
        assert_int_equal(nax_record_value(r, 0)->i, i < 6 ? i : i - 6);
        assert_string_equal(nax_record_name(r, 0), i == 5 ? "rank" : "seed");
    }
    assert_string_equal(nax_reader_prog(reader, 1)->name, "b");
    assert_int_equal(nax_reader_prog(reader, 2)->seed, 2);
    assert_int_equal(nax_reader_n_sources(reader), 1);
    assert_true(nax_reader_source(reader, 0)->maker == nax_prog_id(&progs[0]));
    assert_string_equal(nax_reader_source(reader, 0)->path, msgpack.path);
    assert_null(nax_reader_prog(reader, 0)->inputs);
    assert_string_equal(nax_reader_prog(reader, 1)->inputs, "");
    assert_string_equal(nax_reader_prog(reader, 2)->inputs, "- 'a b'");
    assert_string_equal(nax_reader_kind(reader), "layer");
    assert_int_equal(nax_reader_format(reader), NAX_FORMAT_MSGPACK);
    assert_int_equal(nax_reader_next(reader, r, &err), NAX_ERR_EMPTY);
    char text[64];
    snprintf(text, sizeof text, "%s: empty input", empty.path);
    assert_string_equal(err.text, text);
    nax_reader_close(reader);
    const char *none[] = {"/no such"}, *folder[] = {"/"};
    assert_int_equal(nax_reader_open(&reader, none, 1, 0, &err), NAX_ERR_IO);
    assert_string_equal(err.text, "cannot open: '/no such': No such file or directory");
    assert_int_equal(nax_reader_open(&reader, folder, 1, 0, &err), 0);
    assert_int_equal(nax_reader_next(reader, r, &err), NAX_ERR_IO);
    assert_string_equal(err.text, "cannot read: '/': Is a directory");
    nax_reader_close(reader);
    nax_record_free(r);
    free(out.p);
    close(msgpack.fd);
    close(csv.fd);
    close(empty.fd);
}

static void what_ends_too_early_is_passed(void **state)
{
    (void)state;
    static const char whole[] = HEADER "\x81\xa4seed\x01\x81\xa4seed\x02" TRAILER("\x02");
    static const char csv[] = "seed\n3\n4", json[] = "{\"seed\":5}\n{\"se", wrong[] = "seed\nx\n";
    static const int left[] = {1, NAX_ERR_CUT,    3, NAX_ERR_CUT, 5, NAX_ERR_CUT, NAX_ERR_EMPTY, 1,
                               2, NAX_ERR_FORMAT, 1, NAX_ERR_CUT, 0};
    struct file files[] = {file_of(whole, sizeof whole - 1 - 12), file_of(csv, sizeof csv - 1),
                           file_of(json, sizeof json - 1),        file_of("", 0),
                           file_of(whole, sizeof whole - 1),      file_of(wrong, sizeof wrong - 1)};
    const char *paths[] = {files[0].path, files[1].path, files[2].path, files[3].path,
                           files[4].path, files[5].path, files[0].path};
    struct nax_reader *reader;
    struct nax_err err;
    struct nax_record *r = nax_record_alloc();
    assert_int_equal(nax_reader_open(&reader, paths, 7, 0, &err), 0);
    for (size_t i = 0; i < sizeof left / sizeof *left; i++) {
        int status = nax_reader_next(reader, r, &err);
        assert_int_equal(status > 0 ? (int)nax_record_value(r, 0)->i : status, left[i]);
        if (status < 0) {
            assert_int_equal(nax_reader_next(reader, r, &err), status); /* it stays there */
            assert_int_equal(err.status, status);
            nax_reader_pass(reader);
        }
    }
    nax_reader_close(reader);
    nax_record_free(r);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        close(files[i].fd);
}

static void provenance_is_bounded(void **state)
{
    (void)state;
    struct text out;
    FILE *f = open_memstream(&out.p, &out.n);
    struct nax_writer *w;
    struct nax_err err;
    assert_int_equal(nax_writer_open(&w, f, "memory", NAX_FORMAT_MSGPACK, "", &err), 0);
    for (uint64_t seed = 0; seed < 2000; seed++) {
        struct nax_prog prog = {"p\xff", "1", "p", seed, NULL};
        assert_int_equal(nax_writer_add_prog(w, &prog, &err), 0);
    }
    assert_int_equal(nax_writer_close(w, false, &err), 0);
    fclose(f);
    struct file file = file_of(out.p, out.n);
    const char *paths[] = {file.path};
    struct nax_reader *reader;
    struct nax_record *r = nax_record_alloc();
    assert_int_equal(nax_reader_open(&reader, paths, 1, 0, &err), 0);
    assert_int_equal(nax_reader_next(reader, r, &err), 0);
    assert_int_equal(nax_reader_n_prog(reader), 1024);
    assert_string_equal(nax_reader_prog(reader, 9)->name, "p?"); /* what is no UTF-8 */
    nax_reader_close(reader);
    nax_record_free(r);
    close(file.fd);
    free(out.p);

    unsigned char many[2011] = "\x82\xa3nax\x01\xa4prog\xdc\x07\xd0"; /* 2000 empty maps */
    memset(many + 14, 0x80, sizeof many - 14);
    assert_int_equal(read_all(many, sizeof many, 0, &err, NULL), 0);
    assert_string_equal(place(&err), "record 1: byte 1038: more than 1024 programs");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(msgpack_bytes_are_as_documented),
        cmocka_unit_test(msgpack_round_trip_is_exact),
        cmocka_unit_test(msgpack_of_other_writers_is_read),
        cmocka_unit_test(msgpack_errors_name_their_place),
        cmocka_unit_test(segments_join_and_provenance_merges),
        cmocka_unit_test(what_ends_too_early_is_passed),
        cmocka_unit_test(provenance_is_bounded),
    };
    return cmocka_run_group_tests_name("record_msgpack", tests, NULL, NULL);
}
