/* Laws of an ADC's energy and area against its bits. */
#include "words.h"

#include <math.h>

/* Saberi et al. (IEEE TCAS-I 2011): the power of a successive-approximation ADC has parts that grow
 * with the bits (comparator, logic, reference buffer) and its capacitor array grows with 2^bits.
 * The coefficients scale ISAAC's 8 bit ADC (1.67 pJ, 1200 µm², 32 nm; Shafiee et al., ISCA 2016);
 * they reproduce the published table from 4 to 10 bits to its last digit. */
static struct nax_adc_cost saberi(const struct nax_adc *adc, int bits)
{
    (void)adc;
    return (struct nax_adc_cost){.energy_pj = 0.1954 * bits + 0.000416 * exp2(bits),
                                 .area_mm2 = (81.72 * bits + 2.1335 * exp2(bits)) * 1e-6};
}

/* Murmann's ADC survey as fitted by Accelergy's ADC plug-in. */
static struct nax_adc_cost survey(const struct nax_adc *adc, int bits)
{
    double b = bits, ln_f = log(adc->sample_rate_ghz * 1e9);
    double ln_technology = log(adc->technology_nm);
    double sndr = 6.0206 * b + 1.761;
    double merit = fmin(213.78067 - 2.871903 * ln_f, 128.3068 + 3.22051 * ceil(b));
    double energy_pj = 1 / (2 * pow(10, (merit - sndr) / 10)) *
                       exp(26.0496216 + 1.8800369 * ln_technology - 2.8291256 * log(b) - 1.4702022);
    double area_um =
        exp(1.3461916 + 0.9932795 * ln_technology + 0.1807154 * ln_f + 0.2991243 * log(energy_pj));
    return (struct nax_adc_cost){energy_pj, area_um * 1e-6};
}

static struct nax_adc_cost constant(const struct nax_adc *adc, int bits)
{
    (void)bits;
    return (struct nax_adc_cost){adc->energy_pj, adc->area_mm2};
}

static struct nax_adc_cost linear(const struct nax_adc *adc, int bits)
{
    return (struct nax_adc_cost){adc->energy_pj * (bits / 8.0), adc->area_mm2};
}

static const struct nax_adc_law_row adc_laws[] = {
    {{NAX_ADC_LAW_CONSTANT, "constant", "energy_pj and area_mm2 for any bits", "constant", NULL},
     constant,
     1},
    {{NAX_ADC_LAW_LINEAR, "linear",
      "energy_pj is of 8 bits and goes with the bits, area_mm2 is of any", "linear in the bits",
      NULL},
     linear,
     1},
    {{NAX_ADC_LAW_SABERI, "saberi", "a part that goes with the bits and one with 2^bits",
      "Saberi 2011", NULL},
     saberi,
     1},
    {{NAX_ADC_LAW_SURVEY, "survey", "4 bits and more", "Murmann's survey, Accelergy's fit", NULL},
     survey,
     4},
};
NAX_WORDS(nax_adc_law_words, adc_laws, NAX_ADC_LAW_COUNT);

const struct nax_adc_law_row *nax_adc_law_row(const struct nax_adc *adc)
{
    return &adc_laws[adc->law];
}

struct nax_adc_cost nax_adc_cost(const struct nax_adc *adc, int bits)
{
    return nax_adc_law_row(adc)->cost(adc, bits);
}
