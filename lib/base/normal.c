/* Series of random numbers under one key, and the inverse normal distribution. */
#include "nax/base.h"
#include "nax/rng.h"

#include <math.h>

static double uniform(uint64_t word)
{
    return ((double)(word >> 12) + 0.5) * 0x1p-52;
}

void nax_rng_uniforms(uint64_t seed, enum nax_rng_what what, uint64_t a, uint64_t b, uint64_t c,
                      uint64_t first, size_t n, double *out)
{
    uint64_t word[4], block = UINT64_MAX;
    for (size_t k = 0; k < n; k++) {
        uint64_t at = first + k;
        if (at / 4 != block) {
            block = at / 4;
            nax_rng_block(seed, what, a, b, c, block, word);
        }
        out[k] = uniform(word[at % 4]);
    }
}

void nax_rng_normals(uint64_t seed, enum nax_rng_what what, uint64_t a, uint64_t b, uint64_t c,
                     uint64_t first, size_t n, double *out)
{
    nax_rng_uniforms(seed, what, a, b, c, first, n, out);
    for (size_t k = 0; k < n; k++)
        out[k] = nax_normal_quantile(out[k]);
}

/* c[0] + c[1] x + … + c[7] x^7 */
static double polynomial(const double c[8], double x)
{
    double sum = c[7];
    for (int i = 6; i >= 0; i--)
        sum = sum * x + c[i];
    return sum;
}

/* M. J. Wichura, "The percentage points of the normal distribution", Applied Statistics 37 (1988),
 * 477-484, algorithm AS 241, PPND16. */
double nax_normal_quantile(double p)
{
    static const double a[8] = {3.3871328727963666080e0, 1.3314166789178437745e2,
                                1.9715909503065514427e3, 1.3731693765509461125e4,
                                4.5921953931549871457e4, 6.7265770927008700853e4,
                                3.3430575583588128105e4, 2.5090809287301226727e3};
    static const double b[8] = {1,
                                4.2313330701600911252e1,
                                6.8718700749205790830e2,
                                5.3941960214247511077e3,
                                2.1213794301586595867e4,
                                3.9307895800092710610e4,
                                2.8729085735721942674e4,
                                5.2264952788528545610e3};
    static const double c[8] = {1.42343711074968357734e0,  4.63033784615654529590e0,
                                5.76949722146069140550e0,  3.64784832476320460504e0,
                                1.27045825245236838258e0,  2.41780725177450611770e-1,
                                2.27238449892691845833e-2, 7.74545014278341407640e-4};
    static const double d[8] = {1,
                                2.05319162663775882187e0,
                                1.67638483018380384940e0,
                                6.89767334985100004550e-1,
                                1.48103976427480074590e-1,
                                1.51986665636164571966e-2,
                                5.47593808499534494600e-4,
                                1.05075007164441684324e-9};
    static const double e[8] = {6.65790464350110377720e0,  5.46378491116411436990e0,
                                1.78482653991729133580e0,  2.96560571828504891230e-1,
                                2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                2.71155556874348757815e-5, 2.01033439929228813265e-7};
    static const double f[8] = {1,
                                5.99832206555887937690e-1,
                                1.36929880922735805310e-1,
                                1.48753612908506148525e-2,
                                7.86869131145613259100e-4,
                                1.84631831751005468180e-5,
                                1.42151175831644588870e-7,
                                2.04426310338993978564e-15};
    double q = p - 0.5;
    if (fabs(q) <= 0.425) {
        double r = 0.180625 - q * q;
        return q * polynomial(a, r) / polynomial(b, r);
    }
    double r = sqrt(-log(q < 0 ? p : 1 - p));
    double x = r <= 5 ? polynomial(c, r - 1.6) / polynomial(d, r - 1.6)
                      : polynomial(e, r - 5) / polynomial(f, r - 5);
    return q < 0 ? -x : x;
}

float *nax_normals_alloc(uint64_t seed, size_t n_more)
{
    enum { BLOCK = 256 };
    float *normals = nax_calloc(NAX_NORMALS + n_more, sizeof *normals);
    double block[BLOCK];
    for (size_t i = 0; normals && i < NAX_NORMALS; i += BLOCK) {
        nax_rng_normals(seed, NAX_RNG_READ, 0, 0, 0, i, BLOCK, block);
        for (size_t k = 0; k < BLOCK; k++)
            normals[i + k] = (float)block[k];
    }
    for (size_t i = 0; normals && i < n_more; i++)
        normals[NAX_NORMALS + i] = normals[i % NAX_NORMALS];
    return normals;
}
