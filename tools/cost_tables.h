/* The tables of nax-cost: a design's layers and components, a machine's components. */
#ifndef NAX_TOOLS_COST_TABLES_H
#define NAX_TOOLS_COST_TABLES_H

#include "design.h"
#include "nax/cost.h"

/* One record a layer, and with is_breakdown one a layer and component. record is overwritten. */
void cost_tables_design(struct tool *tool, struct nax_record *record, const struct design *design,
                        const struct nax_hardware *hardware, struct nax_cost_model *model,
                        bool is_breakdown);
/* One record a level and component of a machine full of units of one size. */
void cost_tables_machine(struct tool *tool, struct nax_record *record,
                         const struct nax_hardware *hardware, struct nax_cost_model *model,
                         int64_t crossbar);

#endif
