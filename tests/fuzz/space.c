/* Space files: what loads can be sampled, and every design has a record that is read. */
#include "designs.h"

bool fuzz_input(const uint8_t *bytes, size_t n)
{
    static struct nax_space space;
    static struct nax_candidate c;
    struct nax_err err;
    if (nax_space_load(&space, input_path(bytes, n), &err))
        return false;
    if (!space_bind(&space))
        return true;
    for (uint64_t i = 0; i < 4 && (i < space.n_designs || !space.n_designs); i++) {
        nax_space_random(&space, i, 7, &c);
        must_be_record_of(&c);
        nax_space_design(&space, space.n_designs ? space.n_designs - 1 - i : i, 7, &c);
        must_be_record_of(&c);
    }
    for (size_t i = 0; i < space.n_crossbars; i++) {
        nax_space_homogeneous(&space, i, 7, &c);
        must_be_record_of(&c);
    }
    return true;
}
