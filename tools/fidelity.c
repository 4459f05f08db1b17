/* Fidelities by name: apart from the hardware's options, which tools have that compute nothing. */
#include "fidelity.h"

#include "nax/mapping.h"

const char *fidelity_word(unsigned fidelity)
{
    return fidelity < NAX_FIDELITY_COUNT ? nax_fidelity_name((enum nax_fidelity)fidelity) : NULL;
}
