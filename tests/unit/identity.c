/* Unit tests of what a run is known again by. */
#include "nax/identity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct thing {
    bool is_on;
    size_t count;
    double rate;
    const char *path;
};

static const struct nax_option rows[] = {
    {"on", NULL, "", NAX_OPTION_FIELD(struct thing, is_on)},
    {"count", "N", "", NAX_OPTION_FIELD(struct thing, count), .value = 7},
    {"rate", "X", "", NAX_OPTION_FIELD(struct thing, rate), .value = 0.1},
    {"path", "FILE", "", NAX_OPTION_FIELD(struct thing, path)},
    {.name = NULL}};

static struct nax_identity *fresh(void)
{
    struct nax_identity *identity;
    struct nax_err err;
    assert_int_equal(nax_identity_alloc(&identity, &err), 0);
    return identity;
}

static const char *text_of(const struct nax_identity *identity)
{
    const char *text;
    struct nax_err err;
    assert_int_equal(nax_identity_text(identity, &text, &err), 0);
    return text;
}

static uint64_t hash_of(const struct nax_identity *identity)
{
    uint64_t hash;
    struct nax_err err;
    assert_int_equal(nax_identity_hash(identity, &hash, &err), 0);
    return hash;
}

static void rows_become_lines(void **state)
{
    (void)state;
    struct nax_identity *a = fresh(), *b = fresh();
    struct thing thing;
    nax_options_default(rows, &thing);
    assert_string_equal(text_of(a), "");
    nax_identity_add(a, "seed", "%d", 21);
    nax_identity_add_options(a, rows, &thing);
    assert_string_equal(text_of(a), "seed=21\non=no\ncount=7\nrate=0.1\n");
    nax_identity_add(b, "note", "two\nlines");
    nax_identity_join(a, b);
    nax_identity_join(a, NULL);
    assert_string_equal(text_of(a), "seed=21\non=no\ncount=7\nrate=0.1\nnote=two lines\n");
    assert_true(hash_of(a) != hash_of(b));
    nax_identity_free(a);
    nax_identity_free(b);
    nax_identity_free(NULL);
}

static void compare(const struct nax_identity *here, const char *there, const char *message)
{
    struct nax_err err = {.text = ""};
    assert_int_equal(nax_identity_compare(here, there, &err), *message ? NAX_ERR_VALUE : 0);
    assert_string_equal(err.text, message);
}

static void differences_are_named(void **state)
{
    (void)state;
    struct nax_identity *here = fresh();
    nax_identity_add(here, "seed", "21");
    nax_identity_add(here, "rate", "0.1");
    nax_identity_add(here, "empty", "%s", "");
    compare(here, "seed=21\nrate=0.1\nempty=\n", "");
    compare(here, "rate=0.1\nempty=\nseed=21\n", "");
    compare(here, "seed=21\nrate=0.1\nempty=", ""); /* whole, though its last line does not end */
    compare(here, "seed=21\nrate=0.2\nempty=\n", "rate is 0.2 there and 0.1 here");
    compare(here, "seed=21\nrate=0.12\nempty=\n", "rate is 0.12 there and 0.1 here");
    compare(here, "seed=21\nempty=\n", "rate is nothing there and 0.1 here");
    compare(here, "seed=21\nrate=0.1\nempty=\nbatch=3\n", "batch is 3 there and nothing here");
    compare(here, "seed=22\nrate=0.3\nempty=\nbatch=3\n",
            "seed is 22 there and 21 here, the first of 3 differences");
    compare(here, "", "seed is nothing there and 21 here, the first of 3 differences");
    compare(here, "no row at all", "seed is nothing there and 21 here, the first of 4 differences");
    nax_identity_free(here);
}

/* Nothing is cut: rows at the end of many still count. */
static void identities_may_be_long(void **state)
{
    (void)state;
    struct nax_identity *a = fresh(), *b = fresh();
    struct nax_err err;
    char name[32], value[301];
    memset(value, 'v', sizeof value - 1);
    value[sizeof value - 1] = 0;
    for (int i = 0; i < 1024; i++) {
        snprintf(name, sizeof name, "layer.%d", i);
        nax_identity_add(a, name, "%s", value);
        value[299] = i == 1023 ? 'w' : 'v';
        nax_identity_add(b, name, "%s", value);
    }
    assert_true(hash_of(a) != hash_of(b));
    assert_int_equal(nax_identity_compare(a, text_of(a), &err), 0);
    assert_int_equal(nax_identity_compare(a, text_of(b), &err), NAX_ERR_VALUE);
    assert_ptr_equal(strstr(err.text, "layer.1023 is "), err.text);
    nax_identity_free(a);
    nax_identity_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_become_lines),
        cmocka_unit_test(differences_are_named),
        cmocka_unit_test(identities_may_be_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
