/* Records of a search. */
#include "search_records.h"

#include <math.h>

int search_epoch_record(const struct nax_cosearch_epoch *epoch, const char *id,
                        struct nax_record *record)
{
    const struct nax_epoch *weights = &epoch->weights;
    const struct {
        const char *name;
        double value;
    } numbers[] = {{"loss_train", weights->train_loss},
                   {"loss_validation", weights->validation_loss},
                   {"loss_search", epoch->search_loss},
                   {"loss_cost", epoch->cost},
                   {"accuracy_train", weights->train_accuracy},
                   {"accuracy_validation", weights->validation_accuracy},
                   {"entropy", epoch->entropy},
                   {"energy_pj", epoch->energy_pj},
                   {"latency_ns", epoch->latency_ns},
                   {"area_mm2", epoch->area_mm2},
                   {"edap_pj_ns_mm2", epoch->edap_pj_ns_mm2},
                   {"train_seconds", weights->seconds}};
    nax_record_clear(record);
    int status = nax_record_set_string(record, "id", id);
    if (!status)
        status = nax_record_set_int(record, "epoch", (int64_t)weights->epoch);
    for (size_t i = 0; !status && i < sizeof numbers / sizeof *numbers; i++)
        status = isnan(numbers[i].value)
                     ? nax_record_set_null(record, numbers[i].name)
                     : nax_record_set_float(record, numbers[i].name, numbers[i].value);
    return status;
}

int search_policy_record(const struct nax_space *space, const struct nax_cosearch *search,
                         struct nax_record *record)
{
    size_t n = space->n_slots * (space->n_kernels * space->n_crossbars + 1);
    nax_record_clear(record);
    int status = nax_record_set_string(record, "space", space->name);
    if (!status)
        status = nax_record_set_string(record, "network", space->network);
    if (!status)
        status = nax_record_set_ints(record, "kernels", space->kernels, space->n_kernels);
    if (!status)
        status = nax_record_set_ints(record, "crossbars", space->crossbars, space->n_crossbars);
    if (!status)
        status = nax_record_set_int(record, "crossbar_fixed", space->crossbar_fixed);
    if (!status)
        status = nax_record_set_floats(record, "policy", nax_cosearch_policy(search), n);
    if (!status)
        status = nax_record_set_float(record, "entropy", nax_cosearch_entropy(search));
    return status;
}
