/* Unit tests of lib/record: CSV, and numbers as text. */
#include "record.h"

static void csv_keeps_known_fields(void **state)
{
    (void)state;
    enum { n = 6 };
    struct nax_record *r[n], *back = nax_record_alloc();
    for (int i = 0; i < n; i++) {
        r[i] = nax_record_alloc();
        fill_known(r[i], i);
    }
    struct text csv = write_all(r, n, NAX_FORMAT_CSV);
    struct file file = file_of(csv.p, csv.n);
    const char *paths[] = {file.path};
    struct nax_reader *reader;
    struct nax_err err;
    assert_int_equal(nax_reader_open(&reader, paths, 1, 0, &err), 0);
    for (int i = 0; i < n; i++) {
        assert_int_equal(nax_reader_next(reader, back, &err), 1);
        assert_true(record_equal(r[i], back));
        nax_record_free(r[i]);
    }
    assert_int_equal(nax_reader_next(reader, back, &err), 0);
    assert_int_equal(nax_reader_format(reader), NAX_FORMAT_CSV);
    assert_string_equal(nax_reader_kind(reader), "");
    nax_reader_close(reader);
    nax_record_free(back);
    free(csv.p);
    close(file.fd);
}

static void csv_types_cells(void **state)
{
    (void)state;
    static const struct {
        const char *csv, *json;
    } cases[] = {
        {"x\n12\n", "{\"x\":12}\n"},
        {"x\n-9223372036854775808\n", "{\"x\":-9223372036854775808}\n"},
        {"x\n9223372036854775808\n", "{\"x\":\"9223372036854775808\"}\n"},
        {"x\n007\n", "{\"x\":\"007\"}\n"},
        {"x\n+5\n", "{\"x\":\"+5\"}\n"},
        {"x\n0x10\n", "{\"x\":\"0x10\"}\n"},
        {"x\n-\n", "{\"x\":\"-\"}\n"},
        {"x\n.\n", "{\"x\":\".\"}\n"},
        {"x\n1e\n", "{\"x\":\"1e\"}\n"},
        {"x\n2.0\n", "{\"x\":2.0}\n"},
        {"x\n1e3\n", "{\"x\":1000.0}\n"},
        {"x\n.25\n", "{\"x\":0.25}\n"},
        {"x\nNaN\n", "{\"x\":\"nan\"}\n"},
        {"x\n-INF\n", "{\"x\":\"-inf\"}\n"},
        {"x\nnano\n", "{\"x\":\"nano\"}\n"},
        {"x\ntrue\n", "{\"x\":true}\n"},
        {"x\nfalse\n", "{\"x\":false}\n"},
        {"x\nTrue\n", "{\"x\":\"True\"}\n"},
        {"x,y\n,\"\"\n", "{\"x\":null,\"y\":\"\"}\n"},
        {"x\n3 -5 7\n", "{\"x\":[3,-5,7]}\n"},
        {"x\n3 5.5 inf\n", "{\"x\":[3.0,5.5,\"inf\"]}\n"},
        {"x\n3 5 \n", "{\"x\":\"3 5 \"}\n"},
        {"x\n3  5\n", "{\"x\":\"3  5\"}\n"},
        {"x\n3 a\n", "{\"x\":\"3 a\"}\n"},
        {"x\n01 02\n", "{\"x\":\"01 02\"}\n"},
        {"id,status,space\n12,1e5,true\n",
         "{\"id\":\"12\",\"status\":\"1e5\",\"space\":\"true\"}\n"},
        {"kernel,crossbar\n3,\"\"\n", "{\"kernel\":[3],\"crossbar\":[]}\n"},
        {"g_siemens,accuracy\n3,1\n", "{\"g_siemens\":[3.0],\"accuracy\":1.0}\n"},
        {"kernel\n 3  5 \n", "{\"kernel\":[3,5]}\n"},
        /* lines, quotes, segments */
        {"\xef\xbb\xbfx,y\r\n1,2\r\n3,4\r\n", "{\"x\":1,\"y\":2}\n{\"x\":3,\"y\":4}\n"},
        {"x\r1\r2\r", "{\"x\":1}\n{\"x\":2}\n"},
        {"\n\nx\n1\n\n\n", "{\"x\":1}\n"},
        {"x,y\r\n1,2\r\n\r\nz\r\n3\r\n", "{\"x\":1,\"y\":2}\n{\"z\":3}\n"},
        {"x,y\n1,2\nseed,y,x\n3,4,5\nx,seed\n",
         "{\"x\":1,\"y\":2}\n{\"seed\":3,\"y\":4,\"x\":5}\n"},
        {"id,space\na,b\nspace,id\nc,d\n",
         "{\"id\":\"a\",\"space\":\"b\"}\n{\"space\":\"c\",\"id\":\"d\"}\n"},
        {"id,x\nspace,z\n,id\n", "{\"id\":\"space\",\"x\":\"z\"}\n{\"id\":null,\"x\":\"id\"}\n"},
        {"x\nid\n", "{\"x\":\"id\"}\n"},
        {"x,y\n1,2\nx,z\n3,4\n", "{\"x\":1,\"y\":2}\n{\"x\":3,\"z\":4}\n"},
        {"\"x\"\n\"a\"\"b\r\nc,\"\n", "{\"x\":\"a\\\"b\\u000d\\u000ac,\"}\n"},
        {"x,y\n a , b\n", "{\"x\":\" a \",\"y\":\" b\"}\n"},
        {"x\n", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct nax_err err;
        struct text json;
        read_all(cases[i].csv, strlen(cases[i].csv), 0, &err, &json);
        assert_string_equal(err.text, "");
        assert_string_equal(json.p, cases[i].json);
        free(json.p);
    }
}

static void csv_errors_name_their_line(void **state)
{
    (void)state;
    static const struct {
        const char *csv;
        size_t n_records;
        const char *text;
    } cases[] = {
        {"x,y\n1,2\n3\n", 1, "record 2: line 3: 1 cells for 2 names"},
        {"x,y\n1,\"2\n3\"\n3,4,5\n", 1, "record 2: line 4: 3 cells for 2 names"},
        {"x\r\n1\r\n\r\n2\r\n", 1,
         "record 2: line 4: column 1: a name that does not begin with a letter or underscore: '2'"},
        {"x,x\n", 0, "record 1: line 1: column 2: a name that is there twice: 'x'"},
        {"x,\n", 0, "record 1: line 1: column 2: an empty name: ''"},
        {",x\n0,1\n", 0,
         "record 1: line 1: column 1: an empty name: ''; a column of row numbers? write the table "
         "without it (pandas: index=False)"},
        {"x\ty\n1\t2\n", 0,
         "record 1: line 1: column 1: a control character in a name: 'x?y'; commas separate cells, "
         "not tabs"},
        {"\tx\n", 0,
         "record 1: line 1: column 1: a name that does not begin with a letter or underscore: "
         "'?x'; commas separate cells, not tabs"},
        {";x\n", 0,
         "record 1: line 1: column 1: a name that does not begin with a letter or underscore: "
         "';x'; commas separate cells, not semicolons"},
        {"kernel\n\"[3, 3]\"\n", 0,
         "record 1: line 2: field 'kernel': not integers: '[3, 3]'; numbers separated by spaces, "
         "without brackets"},
        {"x,end\n", 0, "record 1: line 1: column 2: a reserved name: 'end'"},
        {"x,y\n1,2\n3,45", 1, "record 2: line 3: the last line has no end, as in a truncated file"},
        {"x", 0, "record 1: line 1: the last line has no end, as in a truncated file"},
        {"x\n\"abc", 0, "record 1: line 2: the file ends inside quotes"},
        {"x\na\"b\n", 0, "record 1: line 2: a quote where none may be"},
        {"x\n\"a\"b\n", 0, "record 1: line 2: a quote where none may be"},
        {"\n\n", 0, "record 1: line 3: no line of names"},
        {"rank\n1.5\n", 0, "record 1: line 2: field 'rank': not an integer: '1.5'"},
        {"rank,accuracy\n1,0.5\n2,half\n", 1,
         "record 2: line 3: field 'accuracy': not a number: 'half'"},
        {"kernel\n3 x\n", 0, "record 1: line 2: field 'kernel': not integers: '3 x'"},
        {"v_v\n3 x\n", 0, "record 1: line 2: field 'v_v': not numbers: '3 x'"},
        {"x\na\xff\n", 0, "record 1: line 2: field 'x': not UTF-8, or with a zero byte"},
        {"\xef\xbbx\n", 0, "record 1: line 1: neither msgpack, CSV nor JSON"},
    };
    struct nax_err err;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(read_all(cases[i].csv, strlen(cases[i].csv), 0, &err, NULL),
                         cases[i].n_records);
        assert_string_equal(place(&err), cases[i].text);
    }
    read_all("x\na\0b\n", 6, 0, &err, NULL);
    assert_string_equal(place(&err), "record 1: line 2: field 'x': not UTF-8, or with a zero byte");
    static const char *const first[] = {"7,8\n", "\x1f\x8b\x08", "\xff"};
    static const char *const text[] = {"neither msgpack, CSV nor JSON: first byte 0x37",
                                       "neither msgpack, CSV nor JSON: first byte 0x1f",
                                       "neither msgpack, CSV nor JSON: first byte 0xff"};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(read_all(first[i], strlen(first[i]), 0, &err, NULL), 0);
        assert_non_null(strstr(err.text, text[i]));
    }
}

static void csv_width_is_bounded(void **state)
{
    (void)state;
    struct nax_err err;
    char *wide = nax_calloc(4000, 1);
    for (int i = 0; i < 1025; i++)
        strcpy(wide + 2 * i, "a,");
    wide[2049] = '\n';
    assert_int_equal(read_all(wide, 2050, 0, &err, NULL), 0);
    assert_string_equal(place(&err), "record 1: line 1: more than 1024 columns");
    free(wide);
}

static void csv_of_changing_fields(void **state)
{
    (void)state;
    struct nax_record *r[4];
    for (int i = 0; i < 4; i++)
        r[i] = nax_record_alloc();
    int status = nax_record_set_int(r[0], "rank", 1);
    status |= nax_record_set_float(r[0], "x", 2);
    status |= nax_record_set_float(r[1], "x", 0.1); /* a field less: an empty cell */
    status |= nax_record_set_float(r[2], "x", 1e22);
    status |= nax_record_set_int(r[2], "rank", 3); /* another order */
    status |= nax_record_set_bool(r[3], "y", true);
    assert_int_equal(status, 0);
    struct text t = write_all(r, 4, NAX_FORMAT_CSV);
    assert_string_equal(t.p, "rank,x\n1,2.0\n,0.1\n3,1e+22\n\ny\ntrue\n");
    free(t.p);
    for (int i = 0; i < 4; i++)
        nax_record_free(r[i]);
}

static void floats_survive_text(void **state)
{
    (void)state;
    enum { n = 20000 };
    struct nax_rng rng = nax_rng_at(9, NAX_RNG_TEST, 0, 0, 0);
    double *v = nax_calloc(n, sizeof *v);
    for (int i = 0; i < n; i++) {
        uint64_t bits = nax_rng_u64(&rng);
        if (i % 3 == 0)
            v[i] = (double)(int64_t)(bits >> (i % 60)); /* integral ones, small and large */
        else if (i % 3 == 1)
            v[i] = (double)(bits % 1000000) / 1000.0;
        else
            memcpy(&v[i], &bits, sizeof bits);
        if (isnan(v[i]))
            v[i] = (double)NAN;
    }
    struct nax_record *r = nax_record_alloc(), *back = nax_record_alloc();
    assert_int_equal(nax_record_set_floats(r, "any", v, n), 0);
    struct text t = write_all(&r, 1, NAX_FORMAT_CSV);
    struct file file = file_of(t.p, t.n);
    const char *paths[] = {file.path};
    struct nax_reader *reader;
    struct nax_err err;
    assert_int_equal(nax_reader_open(&reader, paths, 1, 0, &err), 0);
    assert_int_equal(nax_reader_next(reader, back, &err), 1);
    assert_true(record_equal(r, back));
    nax_reader_close(reader);
    close(file.fd);
    free(t.p);
    free(v);
    nax_record_free(r);
    nax_record_free(back);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csv_keeps_known_fields),     cmocka_unit_test(csv_types_cells),
        cmocka_unit_test(csv_errors_name_their_line), cmocka_unit_test(csv_width_is_bounded),
        cmocka_unit_test(csv_of_changing_fields),     cmocka_unit_test(floats_survive_text),
    };
    return cmocka_run_group_tests_name("record_csv", tests, NULL, NULL);
}
