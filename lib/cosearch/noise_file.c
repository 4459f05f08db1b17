/* Measurements of conversions as files: two tensors, and in the metadata what they depend on. */
#include "noise_file.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const char identity_key[] = "identity";

static void identify(struct nax_identity *identity, const struct noise *noise,
                     const bool *is_wanted, const struct nax_dataset *set)
{
    const struct nax_model *model = noise->net->model;
    const struct arch *arch = noise->arch;
    nax_identity_add(identity, "noise_model", "%d", NOISE_MODEL);
    nax_identity_add(identity, "images", "%d", NOISE_IMAGES);
    nax_identity_add(identity, "weights", "%016" PRIx64,
                     nax_hash(0, model->values, model->n_values * sizeof *model->values));
    nax_identity_add(identity, "data", "%016" PRIx64, nax_dataset_hash(set));
    nax_identity_add(identity, "seed", "%" PRIu64, noise->mapping.seed);
    nax_layers_identify(identity, noise->net->all);
    nax_hardware_identify(noise->mapping.hardware, nax_fidelity_parts(noise->mapping.fidelity),
                          identity);
    for (size_t choice = 0; choice + 1 < arch->n_choices; choice++)
        nax_identity_add(identity, "choice", "%" PRId64 " %" PRId64 " %d",
                         arch->space->kernels[choice / arch->space->n_crossbars],
                         nax_arch_crossbar(arch, choice), is_wanted[choice]);
}

int nax_noise_file_find(struct noise_file *file, const struct noise *noise, const bool *is_wanted,
                        const struct nax_dataset *set, struct nax_err *err)
{
    uint64_t hash = 0;
    int status = nax_identity_alloc(&file->identity, err);
    if (status)
        return status;
    identify(file->identity, noise, is_wanted, set);
    status = nax_identity_text(file->identity, &file->text, err);
    if (!status)
        status = nax_identity_hash(file->identity, &hash, err);
    int n = snprintf(file->path, sizeof file->path, "%s/noise-%016" PRIx64 ".safetensors",
                     noise->folder, hash);
    if (!status && (size_t)n >= sizeof file->path)
        status = nax_err_set(err, NAX_ERR_VALUE, "path too long: '%.64s…'", noise->folder);
    return status ? status : nax_file_check_regular(file->path, err);
}

void nax_noise_file_free(struct noise_file *file)
{
    nax_identity_free(file->identity);
    *file = (struct noise_file){.path = ""};
}

/* [n_slots][n_choices] of a file that was opened, or NULL. */
static const double *find(const struct nax_tensors *file, const char *name,
                          const struct noise *noise)
{
    const struct nax_tensor *t = nax_tensors_find(file, name);
    bool is_right = t && t->dtype == NAX_F64 && t->n_dims == 2 &&
                    t->dims[0] == noise->arch->n_slots && t->dims[1] == noise->arch->n_choices;
    return is_right ? t->data : NULL;
}

static bool take(const struct nax_tensors *file, struct noise *noise, const bool *is_wanted)
{
    const double *part = find(file, "part", noise), *gain = find(file, "gain", noise);
    size_t n_choices = noise->arch->n_choices;
    if (!part || !gain)
        return false;
    for (size_t i = 0; i < noise->arch->n_slots * n_choices; i++)
        if (!(part[i] >= 0 && isfinite(part[i]) && isfinite(gain[i])))
            return false;
    for (size_t i = 0; i < noise->arch->n_slots * n_choices; i++)
        if (is_wanted[i % n_choices]) {
            noise->part[i] = part[i];
            noise->gain[i] = gain[i];
        }
    return true;
}

bool nax_noise_file_read(const struct noise_file *file, struct noise *noise, const bool *is_wanted)
{
    struct nax_tensors *tensors;
    struct nax_err err;
    if (nax_tensors_open(&tensors, file->path, &err))
        return false;
    const char *text = nax_tensors_meta(tensors, identity_key);
    bool is_read = text && !strcmp(text, file->text) &&
                   !nax_tensors_verify(tensors, file->path, &err) &&
                   take(tensors, noise, is_wanted);
    nax_tensors_close(tensors);
    return is_read;
}

int nax_noise_file_write(const struct noise_file *file, const struct noise *noise,
                         struct nax_err *err)
{
    struct nax_tensor tensors[] = {{.name = "part", .dtype = NAX_F64, .data = noise->part},
                                   {.name = "gain", .dtype = NAX_F64, .data = noise->gain}};
    const struct nax_meta meta = {identity_key, file->text};
    for (size_t i = 0; i < 2; i++) {
        tensors[i].n_dims = 2;
        tensors[i].dims[0] = noise->arch->n_slots;
        tensors[i].dims[1] = noise->arch->n_choices;
    }
    return nax_tensors_write(file->path, tensors, 2, &meta, 1, err);
}
