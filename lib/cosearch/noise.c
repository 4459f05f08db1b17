/* Conversions as noise. */
#include "noise.h"
#include "noise_file.h"

#include "nax/rng.h"

#include <math.h>
#include <stdlib.h>

enum { BLOCK = 256 }; /* channels at once */

int nax_noise_alloc(struct noise *noise, const struct supernet *net, const struct arch *arch,
                    const struct nax_hardware *hardware, uint64_t seed, struct nax_err *err)
{
    size_t n_channels = 0;
    for (size_t l = 0; l < net->all->n_layers; l++)
        n_channels = NAX_MAX(n_channels, net->all->layers[l].c_out);
    *noise =
        (struct noise){.net = net,
                       .arch = arch,
                       .mapping = {.hardware = hardware,
                                   .seed = seed,
                                   .fidelity = NAX_FIDELITY_ADC,
                                   .n_images = NOISE_IMAGES},
                       .part = nax_calloc(2 * arch->n_slots * arch->n_choices, sizeof *noise->part),
                       .normals = nax_normals_alloc(seed, n_channels)};
    if (!noise->part || !noise->normals) {
        nax_noise_free(noise);
        return nax_err_set(err, NAX_ERR_MEMORY, "out of memory: 'noise'");
    }
    noise->gain = noise->part + arch->n_slots * arch->n_choices;
    for (size_t i = 0; i < arch->n_slots * arch->n_choices; i++)
        noise->gain[i] = 1;
    return 0;
}

void nax_noise_free(struct noise *noise)
{
    free(noise->part);
    free(noise->normals);
    *noise = (struct noise){.part = NULL};
}

/* Of a path with the same choice everywhere. With the gains g of wires and conversions together and
 * g_wires of wires alone, gain = g / g_wires, since effective weights have the wires' already. The
 * error after gains is measured against the ideal output, whose variance is the signal; the noise
 * is added to the hardware's, g times as large: part = g² · error / signal. */
static int measure(struct noise *noise, size_t choice, const struct nax_images *images,
                   struct nax_err *err)
{
    int64_t kernel[NAX_SLOTS_MAX], crossbar[NAX_SLOTS_MAX], crossbars[NAX_NETWORK_LAYERS_MAX];
    struct nax_layer_noise wires[NAX_NETWORK_LAYERS_MAX], all[NAX_NETWORK_LAYERS_MAX];
    struct nax_mapping mapping = noise->mapping;
    struct nax_mapped *mapped = NULL;
    struct path *path;
    for (size_t s = 0; s < noise->arch->n_slots; s++) {
        kernel[s] = nax_arch_kernel(noise->arch, s, choice);
        crossbar[s] = nax_arch_crossbar(noise->arch, choice);
    }
    int status = nax_path_alloc(&path, noise->net, kernel, err);
    if (status)
        return status;
    mapping.crossbars = crossbars;
    status = nax_network_crossbars(path->net, crossbar, 0, crossbars, err);
    if (!status)
        status = nax_mapped_alloc(&mapped, &path->model, &mapping, images, err);
    if (!status)
        status = nax_mapped_noise_of_wires(mapped, images, NOISE_IMAGES, wires, err);
    if (!status)
        status = nax_mapped_noise(mapped, images, NOISE_IMAGES, all, err);
    for (size_t l = 0; !status && l < path->net->n_layers; l++) {
        int slot = path->net->layers[l].slot;
        size_t at = (size_t)slot * noise->arch->n_choices + choice;
        if (slot < 0)
            continue;
        bool is_live = all[l].signal > 0 && wires[l].gain > 0;
        double of_gain = all[l].gain * all[l].gain;
        double unit = path->net->layers[l].has_batch_norm ? all[l].signal : 1;
        noise->part[at] = is_live ? of_gain * all[l].error_after_gains / unit : 0;
        noise->gain[at] = is_live ? all[l].gain / wires[l].gain : 1;
    }
    nax_mapped_free(mapped);
    nax_path_free(path);
    return status;
}

/* A thread takes one after the other, those of large kernels first. */
static int measure_all(struct noise *noise, const bool *is_wanted, const struct nax_images *images,
                       struct nax_err *err)
{
    size_t n = noise->arch->n_choices - 1; /* the zero op converts nothing */
    int status = 0;
#pragma omp parallel for num_threads(nax_threads()) schedule(dynamic)
    for (size_t i = 0; i < n; i++) {
        struct nax_err own = {0};
        int failed;
#pragma omp atomic read
        failed = status;
        if (!failed && is_wanted[n - 1 - i] && measure(noise, n - 1 - i, images, &own))
            nax_err_keep_first(&status, err, &own);
    }
    return status;
}

int nax_noise_measure(struct noise *noise, const struct nax_dataset *set, struct nax_err *err)
{
    const struct arch *arch = noise->arch;
    bool is_wanted[NAX_CHOICES_MAX * NAX_CHOICES_MAX + 1] = {false};
    for (size_t s = 0; s < arch->n_slots; s++)
        for (size_t choice = 0; choice + 1 < arch->n_choices; choice++)
            is_wanted[choice] = is_wanted[choice] || nax_arch_is_likely(arch, s, choice);
    if (!noise->folder)
        return measure_all(noise, is_wanted, &set->train, err);
    struct noise_file file = {.path = ""};
    int status = nax_noise_file_find(&file, noise, is_wanted, set, err);
    if (!status && !nax_noise_file_read(&file, noise, is_wanted)) {
        status = measure_all(noise, is_wanted, &set->train, err);
        if (!status)
            status = nax_noise_file_write(&file, noise, err);
    }
    nax_noise_file_free(&file);
    return status;
}

void nax_noise_correct(const void *self, size_t n, float *y, size_t image)
{
    const struct noise_source *s = self;
    const struct noise *noise = s->noise;
    double part = noise->part[s->slot * noise->arch->n_choices + s->choice];
    for (size_t first = 0; first < s->n_channels; first += BLOCK) {
        const size_t n_here = NAX_MIN(s->n_channels - first, (size_t)BLOCK);
        float sd[BLOCK], *to = y + first;
        for (size_t c = 0; c < n_here; c++)
            sd[c] = (float)sqrt(part * (s->variance ? (double)s->variance[first + c] : 1));
        for (size_t b = 0; b < n; b++) {
            const uint64_t key[] = {image + b, s->slot, s->choice};
            size_t at = (size_t)nax_hash(noise->mapping.seed, key, sizeof key);
            for (size_t i = 0; i < s->n_positions; i++, to += s->n_channels, at += s->n_channels) {
                const float *normal = noise->normals + at % NAX_NORMALS + first;
                for (size_t c = 0; c < n_here; c++)
                    to[c] += sd[c] * normal[c];
            }
        }
    }
}
