/* Which keys can change what a run computes: by the laws that read them, and by what is computed.
 */
#include "keys.h"

#include <stdio.h>
#include <string.h>

/* Of a key, or of all that begin so; the first row that fits holds. laws: "key word word; key …",
 * words that read it, any of which must be chosen, or a key alone that must be there; NULL: it is
 * always read. cost_laws: the same of costs, where they are not among the parts. */
static const struct {
    const char *key;
    unsigned parts;
    const char *laws, *cost_laws;
} rows[] = {
    {"device.r_on_ohm", NAX_PART_CELLS, NULL, "array.energy device"},
    {"device.r_off_ohm", NAX_PART_CELLS, NULL, "array.energy device"},
    {"device.v_read_v", NAX_PART_VOLTAGE, NULL, "array.energy device"},
    {"device.v0_v", NAX_PART_NONLINEAR, NULL, NULL},
    {"device.r_", NAX_PART_WIRES, NULL, "array.read_time rc"},
    {"device.programming.error_frac", NAX_PART_CELLS, "device.programming.error normal lognormal",
     NULL},
    {"device.programming.table", NAX_PART_CELLS, "device.programming.error measured", NULL},
    {"device.programming.range_siemens", NAX_PART_CELLS | NAX_PART_NOISE,
     "device.programming.error pcm rram-milo rram-wan measured; device.programming.drift pcm; "
     "device.programming.read_noise pcm rram-cmo",
     NULL},
    {"device.programming.time_seconds", NAX_PART_CELLS | NAX_PART_NOISE,
     "device.programming.drift power pcm; device.programming.read_noise pcm rram-cmo", NULL},
    {"device.programming.drift_", NAX_PART_CELLS, "device.programming.drift power", NULL},
    {"device.programming.read_noise_frac", NAX_PART_NOISE, "device.programming.read_noise fraction",
     NULL},
    {"device.programming.read_noise", NAX_PART_NOISE, NULL, NULL},
    {"device.", NAX_PART_CELLS, NULL, NULL},
    {"unused", NAX_PART_UNUSED, NULL, "array.energy device"},
    {"precision.slice_bits", NAX_PART_LEVELS | NAX_PART_WEIGHTS | NAX_PART_COSTS, NULL, NULL},
    {"precision.weight_bits", NAX_PART_WEIGHTS | NAX_PART_COSTS, NULL, NULL},
    {"precision.", NAX_PART_INPUTS | NAX_PART_COSTS, NULL, NULL},
    {"signs", NAX_PART_WEIGHTS | NAX_PART_COSTS, NULL, NULL},
    {"input_signs", NAX_PART_INPUTS | NAX_PART_COSTS, NULL, NULL},
    {"array.level_frac", NAX_PART_COSTS, "array.energy device", NULL},
    {"array.input_frac", NAX_PART_COSTS, "array.energy device", NULL},
    {"array.c_wire_ff", NAX_PART_COSTS, "array.read_time rc", NULL},
    {"adc.bits", NAX_PART_CODES | NAX_PART_COSTS, NULL, NULL},
    {"adc.zero", NAX_PART_UNUSED | NAX_PART_CODES | NAX_PART_COSTS, NULL, NULL},
    {"adc.range_frac", NAX_PART_CODES, "adc.range percentile fraction", NULL},
    {"adc.layers", NAX_PART_CODES, NULL, NULL},
    {"adc.range", NAX_PART_CODES, NULL, NULL},
    {"adc.energy_pj", NAX_PART_COSTS, "adc.law constant linear", NULL},
    {"adc.area_mm2", NAX_PART_COSTS, "adc.law constant linear", NULL},
    {"adc.technology_nm", NAX_PART_COSTS, "adc.law survey", NULL},
    {"hierarchy.copies", NAX_PART_COSTS, "hierarchy.replicate_mm2", NULL},
    {"", NAX_PART_COSTS, NULL, NULL},
};

/* Whether one of the words that a law "key word word" lists is chosen, or of a law "key" any value
 * but a missing one's; if not, adds to why. */
static bool is_chosen(const struct nax_hardware *h, const char *law, char why[KEY_WHAT_SIZE])
{
    size_t n_key = strcspn(law, " ;"), n_why = strlen(why);
    const struct hardware_key *key = nax_key_find(&nax_hardware_keys, law, n_key);
    char word[KEY_TEXT_SIZE];
    nax_key_write(key, h, word);
    if (law[n_key] != ' ' && !nax_key_is_unset(key, h))
        return true;
    for (const char *at = law + n_key; *at == ' '; at += strcspn(at, " ;")) {
        at++;
        if (strcspn(at, " ;") == strlen(word) && !strncmp(at, word, strlen(word)))
            return true;
    }
    snprintf(why + n_why, KEY_WHAT_SIZE - n_why, "%s%s is %.64s", n_why ? " and " : "", key->name,
             word);
    return false;
}

/* The row of a key; the last one fits all. */
static size_t find(const char *key)
{
    size_t i = 0;
    while (strncmp(key, rows[i].key, strlen(rows[i].key)) != 0)
        i++;
    return i;
}

static bool ends(const char *key, size_t n, const char *ending)
{
    size_t n_ending = strlen(ending);
    return n >= n_ending && !memcmp(key + n - n_ending, ending, n_ending);
}

/* Of row i, which the key of n letters fits. A layer's bits have a price, its range has none. */
static unsigned parts_of(size_t i, const char *key, size_t n)
{
    bool is_layer_bits = !strcmp(rows[i].key, "adc.layers") && ends(key, n, ".bits");
    return rows[i].parts | (is_layer_bits ? NAX_PART_COSTS : 0);
}

unsigned nax_key_parts(const char *key)
{
    size_t i = find(key);
    return parts_of(i, key, strlen(key)) | (rows[i].cost_laws ? NAX_PART_COSTS : 0);
}

/* What is listed of a component and costs nothing: power, the delay of what no product passes
 * through, and of arrays what a law has in its place. */
static bool is_listed_only(const struct nax_hardware *h, const char *key, size_t n)
{
    static const char list[] = "components.";
    if (strncmp(key, list, sizeof list - 1) != 0)
        return false;
    key += sizeof list - 1, n -= sizeof list - 1;
    bool is_stage = false, is_array = false;
    for (size_t i = 0; i < h->n_components; i++) {
        const struct nax_component *c = &h->components[i];
        size_t n_name = strlen(c->name);
        if (!strncmp(key, c->name, n_name) && key[n_name] == '.')
            is_stage = nax_event_is_stage(c->event), is_array = c->event == NAX_EVENT_ARRAY_READ;
    }
    bool has_no_delay = !is_stage || (is_array && h->array.read_time == NAX_READ_TIME_RC),
         has_no_energy = is_array && nax_array_energy_row(h)->is_of_device;
    return ends(key, n, ".power_mw") || (ends(key, n, ".latency_ns") && has_no_delay) ||
           (ends(key, n, ".energy_pj") && has_no_energy);
}

int nax_hardware_check_acts(const struct nax_hardware *hardware, const char *set, unsigned parts,
                            const char *what, struct nax_err *err)
{
    char why[KEY_WHAT_SIZE] = "";
    int n = (int)strcspn(set, "=");
    size_t i = find(set);
    unsigned of_key =
        is_listed_only(hardware, set, (size_t)n) ? NAX_PART_TABLES : parts_of(i, set, (size_t)n);
    bool is_read = of_key & parts;
    const char *law = is_read ? rows[i].laws : parts & NAX_PART_COSTS ? rows[i].cost_laws : NULL;
    for (; law; law = strchr(law, ';')) {
        law += strspn(law, "; ");
        if (is_chosen(hardware, law, why))
            return 0;
    }
    if (*why)
        return nax_err_set(err, NAX_ERR_VALUE, "%.*s has no effect while %s: '%s'", n, set, why,
                           set);
    if (is_read)
        return 0;
    return nax_err_set(err, NAX_ERR_VALUE, "%.*s has no effect on %s: '%s'", n, set, what, set);
}
