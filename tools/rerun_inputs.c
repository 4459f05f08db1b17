/* What commands read, and what has become of it. */
#include "rerun_inputs.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

static enum rerun_state look(const char *path, const char *sum, bool is_made)
{
    char own[17];
    uint64_t found;
    if (!strcmp(sum, "-"))
        return RERUN_UNKNOWN;
    if (access(path, F_OK))
        return is_made ? RERUN_MADE : RERUN_MISSING;
    if (nax_file_checksum(path, &found, NULL))
        return RERUN_CHANGED;
    snprintf(own, sizeof own, "%016" PRIx64, found);
    return strcmp(own, sum) ? RERUN_CHANGED : RERUN_SAME;
}

int rerun_inputs_add(struct rerun_inputs *r, const char *path, const char *sum, const char *reader,
                     bool is_made, struct nax_err *err)
{
    bool has_other = false;
    for (size_t i = 0; i < r->n; i++) {
        bool is_here = !strcmp(r->at[i].path, path);
        if (is_here && !strcmp(r->at[i].sum, sum))
            return 0;
        has_other |= is_here;
    }
    if (r->n == RERUN_INPUTS_MAX)
        return nax_err_set(err, NAX_ERR_VALUE, "more than %d inputs", RERUN_INPUTS_MAX);
    /* a name that stood for two contents has one of them at most */
    enum rerun_state state = has_other ? RERUN_CHANGED : look(path, sum, is_made);
    r->at[r->n++] = (struct rerun_input){path, sum, reader, state};
    return 1;
}
