/* Unit tests of lib/record: values, writing, the table of known fields. */
#include "record.h"

static void fields_are_set_and_found(void **state)
{
    (void)state;
    struct nax_record *r = nax_record_alloc(), *again = nax_record_alloc();
    fill_known(r, 1);
    assert_int_equal(nax_record_n(r), 13);
    assert_string_equal(nax_record_name(r, 4), "kernel");
    assert_null(nax_record_get(r, "accuracy_"));
    assert_true(nax_record_has(r, "accuracy"));
    assert_false(nax_record_has(r, "checkpoint"));
    assert_int_equal(nax_record_set_int(r, "accuracy", -7), 0); /* keeps its place */
    assert_string_equal(nax_record_name(r, 7), "accuracy");
    assert_int_equal(nax_record_get(r, "accuracy")->i, -7);
    nax_record_remove(r, "accuracy");
    nax_record_remove(r, "no such");
    assert_int_equal(nax_record_n(r), 12);
    assert_null(nax_record_get(r, "accuracy"));
    /* names that share their first eight bytes, and more fields than the first allocation */
    char name[32];
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "a_long_name_%d", i);
        assert_int_equal(nax_record_set_int(again, name, i), 0);
    }
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "a_long_name_%d", i);
        assert_int_equal(nax_record_get(again, name)->i, i);
    }
    nax_record_free(r);
    nax_record_free(again);
    nax_record_free(NULL);
}

static void values_are_equal_by_type_and_bits(void **state)
{
    (void)state;
    int64_t ints[] = {1, 2, 3}, others[] = {1, 2, 4};
    double zeros[] = {0.0, 0.0}, signs[] = {0.0, -0.0};
    struct nax_value values[] = {
        {.type = NAX_NULL},
        {.type = NAX_BOOL, .b = true},
        {.type = NAX_BOOL, .b = false},
        {.type = NAX_INT, .i = 1},
        {.type = NAX_INT, .i = INT64_C(9007199254740993)},
        {.type = NAX_FLOAT, .f = 9007199254740992.0},
        {.type = NAX_FLOAT, .f = 1.0},
        {.type = NAX_FLOAT, .f = 0.0},
        {.type = NAX_FLOAT, .f = -0.0},
        {.type = NAX_FLOAT, .f = NAN},
        {.type = NAX_STRING, .string = {"ab", 2}},
        {.type = NAX_STRING, .string = {"ac", 2}},
        {.type = NAX_STRING, .string = {"abc", 3}},
        {.type = NAX_INTS, .ints = {ints, 3}},
        {.type = NAX_INTS, .ints = {ints, 2}},
        {.type = NAX_INTS, .ints = {others, 3}},
        {.type = NAX_FLOATS, .floats = {zeros, 2}},
        {.type = NAX_FLOATS, .floats = {signs, 2}},
    };
    size_t n = sizeof values / sizeof *values;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            assert_int_equal(nax_value_is_equal(&values[i], &values[j]), i == j);
    char text[] = "ab";
    struct nax_value copy = {.type = NAX_STRING, .string = {text, 2}};
    assert_true(nax_value_is_equal(&values[10], &copy));
}

/* Sets these fields, one letter a name, and checks that they are what the record has. */
static void fill_letters(struct nax_record *r, const char *letters)
{
    for (size_t i = 0; letters[i]; i++) {
        const char name[] = {letters[i], 0};
        assert_int_equal(nax_record_set_int(r, name, (int64_t)i), 0);
    }
    assert_int_equal(nax_record_n(r), strlen(letters));
    for (size_t i = 0; letters[i]; i++) {
        const char name[] = {letters[i], 0};
        assert_string_equal(nax_record_name(r, i), name);
        assert_int_equal(nax_record_get(r, name)->i, i);
    }
}

static void names_of_the_record_before_bind_nobody(void **state)
{
    (void)state;
    static const char *const records[] = {"abcd", "abcd", "abdc", "dcba", "ab",  "abc",
                                          "x",    "",     "abcd", "ybcd", "bcda"};
    struct nax_record *r = nax_record_alloc();
    for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
        nax_record_clear(r);
        fill_letters(r, records[i]);
    }
    /* removed and set again: it is not there twice */
    nax_record_remove(r, "c");
    assert_null(nax_record_get(r, "c"));
    assert_int_equal(nax_record_set_int(r, "a", 7), 0);
    assert_int_equal(nax_record_set_int(r, "c", 8), 0);
    assert_int_equal(nax_record_n(r), 4);
    assert_string_equal(nax_record_name(r, 3), "c");
    nax_record_clear(r);
    fill_letters(r, "bdac");
    /* values of the record before are gone */
    int64_t ints[] = {1, 2};
    const double *floats;
    size_t n;
    struct nax_err err;
    assert_int_equal(nax_record_set_ints(r, "b", ints, 2), 0);
    assert_int_equal(nax_record_floats(r, "b", &floats, &n, &err), 0);
    nax_record_clear(r);
    assert_false(nax_record_has(r, "b"));
    ints[0] = 5;
    assert_int_equal(nax_record_set_ints(r, "b", ints, 1), 0);
    assert_int_equal(nax_record_floats(r, "b", &floats, &n, &err), 0);
    assert_true(n == 1 && floats[0] == 5.0);
    /* names whose ends differ, or their middles alone */
    static const char *const names[] = {"abcdefgh",          "abcdefghi",        "abcdefghj",
                                        "xbcdefghj",         "abcdefghijklmnop", "abcdefghijklmnoq",
                                        "abcdefghXijklmnop", "abcdefghYijklmnop"};
    for (int k = 0; k < 2; k++) {
        nax_record_clear(r);
        for (int i = 0; i < 8; i++)
            assert_int_equal(nax_record_set_int(r, names[i ^ k], i), 0);
        assert_int_equal(nax_record_n(r), 8);
        for (int i = 0; i < 8; i++)
            assert_int_equal(nax_record_get(r, names[i ^ k])->i, i);
    }
    nax_record_free(r);
}

static void kept_records_come_back(void **state)
{
    (void)state;
    enum { n = 9000 };
    struct nax_store *store = nax_store_alloc();
    struct nax_record *r = nax_record_alloc(), *back = nax_record_alloc();
    struct nax_err err;
    double *many = nax_calloc(1 << 18, sizeof *many); /* of more bytes than a block */
    for (int i = 0; i < n; i++) {
        fill_known(r, i);
        nax_record_remove(r, "crossbar"); /* an empty array has no type of items */
        if (i % 4000 == 7)
            assert_int_equal(nax_record_set_floats(r, "many", many, 1 << 18), 0);
        assert_int_equal(nax_store_add(store, r, &err), 0);
    }
    assert_int_equal(nax_store_n(store), n);
    for (int i = n; i-- > 0;) {
        fill_known(r, i);
        nax_record_remove(r, "crossbar");
        if (i % 4000 == 7)
            assert_int_equal(nax_record_set_floats(r, "many", many, 1 << 18), 0);
        assert_int_equal(nax_store_get(store, (size_t)i, back, &err), 0);
        if (!record_equal(r, back))
            fail_msg("record %d differs", i);
    }
    nax_record_clear(r);
    assert_int_equal(nax_store_add(store, r, &err), 0); /* without fields */
    assert_int_equal(nax_store_get(store, n, back, &err), 0);
    assert_int_equal(nax_record_n(back), 0);
    free(many);
    nax_record_free(r);
    nax_record_free(back);
    nax_store_free(store);
    nax_store_free(NULL);
}

static void a_value_may_come_from_its_own_record(void **state)
{
    (void)state;
    struct nax_record *r = nax_record_alloc();
    char name[16];
    assert_int_equal(nax_record_set_string(r, "s", "0123456789"), 0);
    for (int i = 0; i < 200; i++) {
        snprintf(name, sizeof name, "s%d", i);
        assert_int_equal(nax_record_set(r, name, nax_record_get(r, "s")), 0);
    }
    assert_string_equal(nax_record_get(r, "s199")->string.s, "0123456789");
    struct nax_value tail = *nax_record_get(r, "s");
    tail.string.s += 3;
    tail.string.n -= 3;
    assert_int_equal(nax_record_set(r, "s", &tail), 0);
    assert_string_equal(nax_record_get(r, "s")->string.s, "3456789");
    assert_string_equal(nax_record_get(r, "s7")->string.s, "0123456789");
    int64_t growing[64] = {1};
    for (size_t n = 0; n <= 64; n++) {
        assert_int_equal(nax_record_set_ints(r, "a", growing, n), 0);
        assert_int_equal(nax_record_get(r, "a")->ints.n, n);
        assert_string_equal(nax_record_get(r, "s8")->string.s, "0123456789");
    }
    nax_record_free(r);
}

static void typed_reading_names_the_field(void **state)
{
    (void)state;
    struct nax_record *r = nax_record_alloc();
    struct nax_err err;
    const int64_t *ints;
    const double *floats;
    const char *s;
    int64_t i;
    double f;
    size_t n;
    fill_known(r, 1);
    assert_int_equal(nax_record_set_int(r, "i", 5), 0);
    assert_int_equal(nax_record_int(r, "i", &i, &err), 0);
    assert_int_equal(i, 5);
    assert_int_equal(nax_record_float(r, "i", &f, &err), 0);
    assert_true(f == 5.0);
    assert_int_equal(nax_record_ints(r, "i", &ints, &n, &err), 0);
    assert_true(n == 1 && ints[0] == 5);
    assert_int_equal(nax_record_floats(r, "i", &floats, &n, &err), 0);
    assert_true(n == 1 && floats[0] == 5.0);
    assert_int_equal(nax_record_floats(r, "accuracy", &floats, &n, &err), 0);
    assert_true(n == 1 && floats[0] == 1.0);
    assert_int_equal(nax_record_floats(r, "kernel", &floats, &n, &err), 0);
    assert_true(n == 3 && floats[0] == 3.0 && floats[1] == 0.0 && floats[2] == 7.0);
    assert_int_equal(nax_record_get(r, "kernel")->type, NAX_INTS); /* still integers */
    const double *same;
    assert_int_equal(nax_record_floats(r, "kernel", &same, &n, &err), 0);
    assert_ptr_equal(same, floats);
    int64_t other[] = {9, 9};
    assert_int_equal(nax_record_set_ints(r, "kernel", other, 2), 0);
    assert_int_equal(nax_record_floats(r, "kernel", &floats, &n, &err), 0);
    assert_true(n == 2 && floats[1] == 9.0); /* no stale copy */
    assert_int_equal(nax_record_string(r, "id", &s, &err), 0);
    assert_string_equal(s, "12345679");

    assert_int_equal(nax_record_int(r, "none", &i, &err), NAX_ERR_VALUE);
    assert_string_equal(err.text, "field 'none': missing");
    assert_int_equal(nax_record_string(r, "checkpoint", &s, &err), NAX_ERR_VALUE);
    assert_string_equal(err.text, "field 'checkpoint': missing");
    assert_int_equal(nax_record_int(r, "accuracy", &i, &err), NAX_ERR_VALUE);
    assert_string_equal(err.text, "field 'accuracy': not an integer");
    assert_int_equal(nax_record_float(r, "id", &f, &err), NAX_ERR_VALUE);
    assert_string_equal(err.text, "field 'id': not a number");
    assert_int_equal(nax_record_string(r, "seed", &s, &err), NAX_ERR_VALUE);
    assert_string_equal(err.text, "field 'seed': not a string");
    assert_int_equal(nax_record_ints(r, "g_siemens", &ints, &n, &err), NAX_ERR_VALUE);
    assert_string_equal(err.text, "field 'g_siemens': not an array of integers");
    assert_int_equal(nax_record_floats(r, "id", &floats, &n, &err), NAX_ERR_VALUE);
    assert_string_equal(err.text, "field 'id': not an array of numbers");
    nax_record_free(r);
}

static int put_one(struct nax_record *r, enum nax_format format, struct nax_err *err)
{
    struct text out;
    FILE *f = open_memstream(&out.p, &out.n);
    struct nax_writer *w;
    assert_int_equal(nax_writer_open(&w, f, "memory", format, "", err), 0);
    int status = nax_writer_put(w, r, err);
    struct nax_err ignored;
    assert_int_equal(nax_writer_close(w, true, &ignored), 0);
    fclose(f);
    free(out.p);
    return status;
}

static void writer_refuses_what_no_reader_takes(void **state)
{
    (void)state;
    static const char *const names[] = {"", "1st", "nax", "end", "a\tb", "a\xff"};
    static const char *const texts[] = {
        "an empty name: ''",
        "a name that does not begin with a letter or underscore: '1st'",
        "a reserved name: 'nax'",
        "a reserved name: 'end'",
        "a control character in a name: 'a?b'",
        "a name that is not UTF-8: 'a\xff'"};
    struct nax_record *r = nax_record_alloc();
    struct nax_err err;
    for (int i = 0; i < 6; i++) {
        nax_record_clear(r);
        assert_int_equal(nax_record_set_null(r, names[i]), 0);
        assert_int_equal(put_one(r, NAX_FORMAT_MSGPACK, &err), NAX_ERR_VALUE);
        assert_string_equal(err.text, texts[i]);
    }
    nax_record_clear(r);
    assert_int_equal(nax_record_set_string(r, "checkpoint", "\xed\xa0\x80"), 0);
    assert_int_equal(put_one(r, NAX_FORMAT_JSON, &err), NAX_ERR_VALUE);
    assert_string_equal(err.text, "field 'checkpoint': not UTF-8");
    nax_record_clear(r);
    char name[16];
    for (int i = 0; i <= 1024; i++) {
        snprintf(name, sizeof name, "f%d", i);
        assert_int_equal(nax_record_set_null(r, name), 0);
    }
    assert_int_equal(put_one(r, NAX_FORMAT_MSGPACK, &err), NAX_ERR_VALUE);
    assert_string_equal(err.text, "more than 1024 fields");
    nax_record_remove(r, "f7");
    assert_int_equal(put_one(r, NAX_FORMAT_MSGPACK, &err), 0);

    nax_record_clear(r);
    assert_int_equal(put_one(r, NAX_FORMAT_MSGPACK, &err), 0);
    assert_int_equal(put_one(r, NAX_FORMAT_CSV, &err), NAX_ERR_VALUE);
    assert_string_equal(err.text, "CSV cannot hold a record without fields");
    assert_int_equal(nax_record_set_null(r, "x"), 0);
    assert_int_equal(put_one(r, NAX_FORMAT_CSV, &err), NAX_ERR_VALUE);
    assert_string_equal(err.text, "CSV cannot hold a record whose only field is null: 'x'");
    assert_int_equal(nax_record_set_string(r, "x", "x"), 0);
    assert_int_equal(put_one(r, NAX_FORMAT_CSV, &err), NAX_ERR_VALUE);
    assert_string_equal(err.text, "CSV cannot hold a first field whose value is its name: 'x'");
    assert_int_equal(nax_record_set_string(r, "x", "seed"), 0);
    assert_int_equal(put_one(r, NAX_FORMAT_CSV, &err), 0);
    assert_int_equal(nax_record_set_string(r, "y", "x"), 0);
    assert_int_equal(put_one(r, NAX_FORMAT_CSV, &err), NAX_ERR_VALUE);
    assert_string_equal(err.text,
                        "CSV cannot hold a record whose values are all names of fields: 'x'");
    nax_record_free(r);
}

static void json_is_exact(void **state)
{
    (void)state;
    struct nax_record *r = nax_record_alloc();
    fill_known(r, 1);
    struct text t = write_all(&r, 1, NAX_FORMAT_JSON);
    assert_string_equal(
        t.p, "{\"id\":\"12345679\",\"space\":\"true\",\"network\":\"a, \\\"b\\\"\\u000d\\u000ac \","
             "\"status\":\" \xc3\xa4 "
             "\",\"kernel\":[3,0,7],\"crossbar\":[],\"seed\":-9223372036854775807,"
             "\"accuracy\":1.0,\"energy_pj\":8.988465674311579e+307,\"crowding\":\"-inf\","
             "\"latency_ns\":-0.0,\"g_siemens\":[1.3333333333333333,2.0,4.94065645841247e-324],"
             "\"checkpoint\":null}\n");
    free(t.p);
    nax_record_free(r);
}

static void write_errors_are_told(void **state)
{
    (void)state;
    struct nax_record *r = nax_record_alloc();
    struct nax_err err;
    fill_known(r, 1);
    for (int format = NAX_FORMAT_MSGPACK; format <= NAX_FORMAT_JSON; format++) {
        FILE *full = fopen("/dev/full", "w");
        struct nax_writer *w;
        assert_non_null(full);
        assert_int_equal(nax_writer_open(&w, full, "out", (enum nax_format)format, "", &err), 0);
        int status = 0;
        for (int i = 0; i < 10000 && !status; i++)
            status = nax_writer_put(w, r, &err);
        assert_int_equal(status, NAX_ERR_IO); /* once a block is full */
        assert_string_equal(err.text, "cannot write: 'out': No space left on device");
        assert_int_equal(nax_writer_put(w, r, &err), NAX_ERR_IO);
        assert_int_equal(nax_writer_flush(w, &err), NAX_ERR_IO);
        assert_int_equal(nax_writer_close(w, false, &err), NAX_ERR_IO);
        assert_int_equal(nax_writer_open(&w, full, "out", (enum nax_format)format, "", &err), 0);
        assert_int_equal(nax_writer_put(w, r, &err), 0);
        assert_int_equal(nax_writer_flush(w, &err), NAX_ERR_IO);
        err.text[0] = 0;
        assert_int_equal(nax_writer_close(w, false, &err), NAX_ERR_IO);
        assert_string_equal(err.text, "cannot write: 'out': No space left on device");
        fclose(full);
    }
    nax_record_free(r);
}

static void flush_shows_whole_records(void **state)
{
    (void)state;
    struct text out;
    FILE *f = open_memstream(&out.p, &out.n);
    struct nax_writer *w;
    struct nax_err err;
    struct nax_record *r = nax_record_alloc();
    fill_known(r, 2);
    assert_int_equal(nax_writer_open(&w, f, "memory", NAX_FORMAT_MSGPACK, "x", &err), 0);
    assert_int_equal(nax_writer_put(w, r, &err), 0);
    assert_int_equal(nax_writer_flush(w, &err), 0);
    assert_int_equal(read_all(out.p, out.n, 0, &err, NULL), 1);
    assert_non_null(strstr(err.text, "the file ends without a trailer"));
    assert_int_equal(nax_writer_put(w, r, &err), 0);
    assert_int_equal(nax_writer_close(w, true, &err), 0); /* broken: no trailer */
    fclose(f);
    assert_int_equal(read_all(out.p, out.n, 0, &err, NULL), 2);
    assert_non_null(strstr(err.text, "the file ends without a trailer"));
    free(out.p);
    nax_record_free(r);
}

static void manual_lists_the_known_fields(void **state)
{
    (void)state;
    static const char *const types[] = {"null",   "boolean",  "integer", "float",
                                        "string", "integers", "floats"};
    FILE *f = fopen("man/nax-record.5", "r");
    assert_non_null(f);
    char *page = nax_calloc(1 << 20, 1);
    page[fread(page, 1, (1 << 20) - 1, f)] = 0;
    fclose(f);
    const char *last = "";
    size_t n = 0, n_listed = 0;
    for (; nax_field_at(n); n++) {
        const struct nax_field *field = nax_field_at(n);
        char entry[512];
        snprintf(entry, sizeof entry, "\n.It Va %s No (%s%s%s)\n%s\n", field->name,
                 types[field->type], *field->unit ? ", " : "", field->unit, field->text);
        if (!strstr(page, entry))
            fail_msg("man/nax-record.5 lacks:%s", entry);
        if (strcmp(last, field->name) >= 0)
            fail_msg("not in the order of names: %s", field->name);
        last = field->name;
        assert_ptr_equal(nax_field_find(field->name), field);
    }
    for (const char *p = page; (p = strstr(p, "\n.It Va ")); p++)
        n_listed++;
    assert_int_equal(n_listed, n);
    assert_null(nax_field_find("no such field"));
    assert_int_equal(nax_field_find("kernel")->type, NAX_INTS);
    free(page);
}

static void formats_have_names(void **state)
{
    (void)state;
    assert_int_equal(nax_words_find(&nax_format_words, "msgpack")->value, NAX_FORMAT_MSGPACK);
    assert_int_equal(nax_words_find(&nax_format_words, "csv")->value, NAX_FORMAT_CSV);
    assert_int_equal(nax_words_find(&nax_format_words, "json")->value, NAX_FORMAT_JSON);
    assert_null(nax_words_find(&nax_format_words, "CSV"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_set_and_found),
        cmocka_unit_test(values_are_equal_by_type_and_bits),
        cmocka_unit_test(names_of_the_record_before_bind_nobody),
        cmocka_unit_test(kept_records_come_back),
        cmocka_unit_test(a_value_may_come_from_its_own_record),
        cmocka_unit_test(typed_reading_names_the_field),
        cmocka_unit_test(writer_refuses_what_no_reader_takes),
        cmocka_unit_test(json_is_exact),
        cmocka_unit_test(write_errors_are_told),
        cmocka_unit_test(flush_shows_whole_records),
        cmocka_unit_test(manual_lists_the_known_fields),
        cmocka_unit_test(formats_have_names),
    };
    return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
