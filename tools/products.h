/* For tools that multiply matrices: how the libraries that do it begin. */
#ifndef NAX_TOOLS_PRODUCTS_H
#define NAX_TOOLS_PRODUCTS_H

/* Makes threads that wait give the processor up after about 0.1 ms, so that a busy neighbour costs
 * its share and not the whole step. The OpenMP runtime takes this from its environment before main,
 * so the program starts itself anew, once.
 *
 * With this file a program also looks at its limits of memory before its libraries are started:
 * OpenBLAS takes buffers while it is loaded, and where it gets none some versions ask on for ever.
 */
void tool_bound_spinning(char **argv);

#endif
