/* What libcyaml does not tell or check about a YAML text. */
#ifndef NAX_BASE_YAML_TEXT_H
#define NAX_BASE_YAML_TEXT_H

#include "nax/base.h"

#include <cyaml/cyaml.h>

enum { YAML_KEY_SIZE = 160 };

/* The line, from 1, of a key such as "layers.3.conv.out" (entries of sequences from 0) in the first
 * document; 0 when it is not there. */
int nax_yaml_text_line(const char *text, size_t size, const char *key);

/* Syntax errors with their exact line, and more than one document: NAX_ERR_FORMAT. */
int nax_yaml_text_check_syntax(const char *path, const char *text, size_t size,
                               struct nax_err *err);

/* Numbers and truth values of a text that libcyaml has accepted for this schema: it takes "2.385"
 * and "2x" for the integer 2, "010" for 8, and any word for true. NAX_ERR_FORMAT with line and key.
 */
int nax_yaml_text_check_scalars(const char *path, const char *text, size_t size,
                                const cyaml_schema_value_t *schema, struct nax_err *err);

#endif
