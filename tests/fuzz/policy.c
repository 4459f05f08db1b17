/* Policies and designs in records: what is taken can be drawn from, and is of the space. */
#include "designs.h"

static struct nax_space space;

static void begin(void)
{
    static const char text[] = "name: fuzz\nnetwork: lenet\nkernels: [1, 3]\n"
                               "crossbars: [16, 64]\nskip: true\n";
    static struct input_file file;
    struct nax_err err;
    must(!nax_space_load(&space, input_put(&file, text, sizeof text - 1), &err) &&
         space_bind(&space));
}

static bool is_among(const int64_t *choices, size_t n, int64_t value)
{
    for (size_t i = 0; i < n; i++)
        if (choices[i] == value)
            return true;
    return false;
}

static void draw(struct nax_policy *policy)
{
    static struct nax_candidate c;
    struct nax_err err;
    for (uint64_t i = 0; i < 3; i++) {
        int status = nax_policy_draw(policy, 5, i, &c, &err);
        must(status >= 0 && (status || i));
        for (size_t s = 0; status && s < c.n_slots; s++)
            must(c.kernel[s] ? is_among(space.kernels, space.n_kernels, c.kernel[s]) &&
                                   is_among(space.crossbars, space.n_crossbars, c.crossbar[s])
                             : space.can_skip[s] && !c.crossbar[s]);
    }
}

bool fuzz_input(const uint8_t *bytes, size_t n)
{
    static struct nax_candidate c;
    struct nax_err err;
    struct nax_reader *reader = NULL;
    struct nax_record *r = nax_record_alloc();
    const char *path = input_path(bytes, n);
    bool is_taken = false;
    if (!space.n_slots)
        begin();
    must(r && !nax_reader_open(&reader, &path, 1, 1 << 20, &err));
    for (size_t n_records = 0; n_records < 4 && nax_reader_next(reader, r, &err) > 0; n_records++) {
        struct nax_policy *policy;
        if (!nax_policy_read(&policy, &space, r, &err)) {
            draw(policy);
            nax_policy_free(policy);
            is_taken = true;
        }
        if (!nax_candidate_read(&c, r, &err)) {
            must_be_record_of(&c);
            is_taken = true;
        }
    }
    nax_reader_close(reader);
    nax_record_free(r);
    return is_taken;
}
