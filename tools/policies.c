/* Policies that are read. */
#include "policies.h"
#include "design.h"

static const char *field_or(const struct nax_record *record, const char *name, const char *other)
{
    const struct nax_value *value = nax_record_get(record, name);
    return value && value->type == NAX_STRING ? value->string.s : other;
}

void space_of_record(struct tool *tool, const struct space_options *options,
                     const struct nax_record *record, struct nax_space *space)
{
    struct nax_err err;
    struct space_options of_record = *options;
    if (!tool_given(tool, "space"))
        of_record.name = field_or(record, "space", options->name);
    if (!options->network)
        of_record.network = field_or(record, "network", NULL);
    if (space_load(space, &of_record, &err))
        tool_fail_record(tool, &err);
}

static void write_designs(struct tool *tool, struct nax_policy *policy, uint64_t n,
                          struct nax_record *out)
{
    struct nax_candidate c;
    struct nax_err err;
    uint64_t i = 0;
    int status = 1;
    for (; i < n && (status = nax_policy_draw(policy, tool->seed, i, &c, &err)) > 0; i++) {
        nax_record_clear(out);
        if (nax_candidate_write(&c, out, &err))
            tool_fail(tool, &err);
        tool_write(tool, out);
    }
    if (status < 0)
        tool_fail(tool, &err);
    if (!status)
        tool_say(tool, "no more new designs found after: '%llu'", (unsigned long long)i);
}

static void write_agreement(struct tool *tool, const struct nax_space *space,
                            struct nax_agreement agreement, struct nax_record *out)
{
    nax_record_clear(out);
    design_check(tool, nax_record_set_string(out, "space", space->name) ||
                               nax_record_set_string(out, "network", space->network) ||
                               nax_record_set_float(out, "agreement", agreement.share) ||
                               nax_record_set_float(out, "agreement_chance", agreement.chance) ||
                               nax_record_set_float(out, "agreement_shuffled", agreement.shuffled)
                           ? NAX_ERR_MEMORY
                           : 0);
    tool_write(tool, out);
}

void policies_draw(struct tool *tool, const struct space_options *options, uint64_t n)
{
    struct nax_space space;
    struct nax_policy *policy;
    struct nax_err err;
    struct nax_record *record = nax_record_alloc(), *out = nax_record_alloc();
    design_check(tool, record && out ? 0 : NAX_ERR_MEMORY);
    while (tool_read(tool, record)) {
        space_of_record(tool, options, record, &space);
        if (nax_policy_read(&policy, &space, record, &err))
            tool_fail_record(tool, &err);
        write_designs(tool, policy, n, out);
        nax_policy_free(policy);
    }
    nax_record_free(record);
    nax_record_free(out);
}

void policies_compare(struct tool *tool, const struct space_options *options)
{
    struct nax_space space;
    struct nax_policy *first = NULL, *policy;
    struct nax_err err;
    size_t n = 0;
    struct nax_record *record = nax_record_alloc(), *out = nax_record_alloc();
    design_check(tool, record && out ? 0 : NAX_ERR_MEMORY);
    while (tool_read(tool, record)) {
        if (!first)
            space_of_record(tool, options, record, &space);
        if (nax_policy_read(&policy, &space, record, &err))
            tool_fail_record(tool, &err);
        if (!n++) {
            first = policy;
            continue;
        }
        write_agreement(tool, &space, nax_policy_agreement(first, policy), out);
        nax_policy_free(policy);
    }
    if (n < 2)
        tool_misuse(tool, "--agreement takes two policies or more, and was given %s",
                    n ? "one" : "none");
    nax_policy_free(first);
    nax_record_free(record);
    nax_record_free(out);
}
