/* The folders that a search keeps its files in. */
#include "nax/ranks.h"
#include "search.h"

#include <unistd.h>

static const char file_name[] = "search";

int search_take_folder(struct searching *s, struct nax_err *err)
{
    struct weights_state state;
    int status = weights_store_open(&s->store, s->folder, err);
    if (status || !s->folder)
        return status;
    weights_path(s->store, file_name, s->checkpoint);
    if (nax_ranks_own()) /* rank 0 has it */
        return 0;
    status = weights_take(s->store, file_name, &state, err);
    if (status < 0 || s->is_resumed || !state.is_finished)
        return NAX_MIN(status, 0);
    return nax_err_set(
        err, NAX_ERR_VALUE,
        "there is a search in the folder: '%s'; add --resume, or take another folder",
        s->checkpoint);
}

void search_leave_folder(struct searching *s)
{
    if (s->folder)
        weights_give_back(s->store, file_name, &(struct weights_state){.is_finished = true});
    weights_store_close(s->store);
}

bool search_has_checkpoint(const struct searching *s)
{
    bool has = s->is_resumed && *s->checkpoint && !access(s->checkpoint, F_OK);
    nax_ranks_broadcast(&has, sizeof has);
    return has;
}

void search_hint_init(const struct searching *s, struct nax_err *err)
{
    tool_hint(err,
              "to start from its weights, leave out --resume, add --init '%s' and take another "
              "--checkpoint",
              s->checkpoint);
}

int search_check_noise_folder(const char *folder, struct nax_err *err)
{
    char path[4096];
    if ((size_t)snprintf(path, sizeof path, "%s/noise", folder) >= sizeof path)
        return nax_err_set(err, NAX_ERR_VALUE, "path too long: '%.64s…'", folder);
    int status = nax_folder_make(folder, err);
    return status ? status : nax_file_check(path, err);
}
