/* Folders and small files, as the importers read them. */
#ifndef NAX_TENSOR_FILES_H
#define NAX_TENSOR_FILES_H

#include "nax/base.h"

/* Names of a folder's entries without hidden ones, sorted bytewise. */
struct nax_names {
    size_t n;
    char **v; /* [n] */
};

enum nax_entries { NAX_ENTRIES_ALL, NAX_ENTRIES_FOLDERS };

int nax_names_read(struct nax_names *names, const char *folder, enum nax_entries which,
                   struct nax_err *err) NAX_MUST_USE;
/* The words of a text file, one a line: the line up to its first tab; empty lines are left out. */
int nax_names_read_lines(struct nax_names *names, const char *path,
                         struct nax_err *err) NAX_MUST_USE;
int nax_names_add(struct nax_names *names, const char *name, size_t length) NAX_MUST_USE;
void nax_names_free(struct nax_names *names);

/* Index of name in [n] sorted or unsorted names, or n. */
size_t nax_names_find(const struct nax_names *names, const char *name);

bool nax_is_folder(const char *path);
bool nax_is_there(const char *path);

/* "a/b", freed by the caller with free; NULL: out of memory. */
char *nax_path_join(const char *a, const char *b) NAX_MUST_USE;

/* The last part of a path, links followed; freed by the caller with free; NULL: out of memory. */
char *nax_own_name(const char *path) NAX_MUST_USE;

/* The bytes of a regular file. Memory is reused from file to file. */
struct nax_buffer {
    uint8_t *bytes; /* [size], and a zero after them */
    size_t size, capacity;
};

int nax_buffer_read(struct nax_buffer *buffer, const char *path, struct nax_err *err) NAX_MUST_USE;
/* The same, of what a file that gzip compressed was; any other file is taken as it is. */
int nax_buffer_read_gzip(struct nax_buffer *buffer, const char *path,
                         struct nax_err *err) NAX_MUST_USE;
/* The checksum of gzip, and of a PNG's chunks. bytes: [n] */
uint32_t nax_crc32(const uint8_t *bytes, size_t n);
/* Room for size bytes and a zero; what is there stays. */
int nax_buffer_grow(struct nax_buffer *buffer, size_t size, const char *path,
                    struct nax_err *err) NAX_MUST_USE;
void nax_buffer_free(struct nax_buffer *buffer);

#endif
