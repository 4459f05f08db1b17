/* Names of fidelities, as rows of options want them. */
#ifndef NAX_TOOLS_FIDELITY_H
#define NAX_TOOLS_FIDELITY_H

const char *fidelity_word(unsigned fidelity);

#endif
