/* proteusdb.h - reading a proteusdb store from C, C++, Julia, R and whatever else calls C.
 *
 *     proteusdb_store *store;
 *     proteusdb_prediction *found;
 *     if (proteusdb_open("proteus.db", &store) != PROTEUSDB_OK) { fprintf(stderr, "%s\n", proteusdb_message()); ... }
 *     if (proteusdb_get(store, "P1", 0, &found) == PROTEUSDB_OK) {
 *         proteusdb_layout layout;
 *         proteusdb_column(found, "coords", NULL, 0, &layout);                        ask how large it is,
 *         float *coords = malloc(layout.bytes);
 *         proteusdb_column(found, "coords", coords, layout.bytes, &layout);           then have it
 *         ...
 *         proteusdb_free(found);
 *     }
 *     proteusdb_close(store);
 *
 * Every function that returns int32_t returns PROTEUSDB_OK or another code below; proteusdb_message() then says, of
 * this thread's last failure, which record or file, what was wrong, and what would be right.
 *
 * - Texts given to a function are UTF-8 and end with NUL; a null pointer where none is allowed is an error.
 * - A store may be used by many threads at a time, and so may a prediction; ids by one at a time. A prediction and ids
 *   stay good after their store was closed.
 * - A handle is freed once, by its own function; null is allowed there.
 * - The store is only read. Other processes may write it meanwhile; a prediction stays the version it was.
 * - A file must not be open twice in one process: not by this library beside the Python package in one process, as
 *   closing either lets go of the locks of both. Open it again after fork.
 * - Numbers are little-endian.
 */

#ifndef PROTEUSDB_H
#define PROTEUSDB_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Declarations begin: from here to their end there are no directives, so that cffi and others read them as they are. */

typedef struct proteusdb_store proteusdb_store;
typedef struct proteusdb_ids proteusdb_ids;
typedef struct proteusdb_prediction proteusdb_prediction;

enum {
    PROTEUSDB_OK = 0,
    PROTEUSDB_CONNECTION = 1, /* the file cannot be reached or opened */
    PROTEUSDB_TIMEOUT = 2,
    PROTEUSDB_VALIDATION = 3, /* an argument is wrong */
    PROTEUSDB_STORAGE = 4,
    PROTEUSDB_CORRUPTION = 5, /* stored bytes are not what was written */
    PROTEUSDB_CONFLICT = 6,
    PROTEUSDB_QUERY = 7,     /* a name is none of those allowed */
    PROTEUSDB_NOT_FOUND = 8, /* no such prediction, or it has no such text, column or array */
    PROTEUSDB_SPACE = 9,     /* the buffer is too small, and nothing was written to it */
    PROTEUSDB_END = 10,      /* there is no further id */
    PROTEUSDB_PANIC = 11     /* a fault of the library; please report it */
};

/* Bits of proteusdb_info.present. */
enum { PROTEUSDB_HAS_SEED = 1, PROTEUSDB_HAS_SAMPLE = 2, PROTEUSDB_HAS_RANK = 4, PROTEUSDB_HAS_STRUCTURE = 8 };

typedef struct {
    uint32_t version;    /* counts up from 1 for each id */
    uint32_t present;    /* which of seed, sample, rank and a structure there are */
    uint64_t length;     /* residues in the sequence, chain breaks not counted */
    int64_t created_at;  /* microseconds since 1970-01-01T00:00:00Z */
    int64_t updated_at;
    int64_t seed;
    int64_t sample;
    int64_t rank;
    double confidence;    /* 0-1; NaN where there is none */
    double ranking_score; /* NaN where there is none */
} proteusdb_info;

/* An array in memory: C order, the last axis varying fastest. */
typedef struct {
    uint64_t bytes;    /* of all elements: what the buffer must hold */
    uint64_t shape[8]; /* length of each axis; 0 behind the last */
    uint32_t axes;     /* how many axes; 0 for a single value */
    uint32_t size;     /* bytes of an element */
    char dtype[16];    /* numpy's code of an element: f4 f8 f2 i1 i2 i4 i8 u1 u2 u4 u8 b1 c8 c16, S5: 5 bytes of text,
                          UTF-8 and padded with NUL in columns, U5: 5 characters of UTF-32; ends with NUL */
} proteusdb_layout;

/* 1: the version of this interface. Compare it with the one this header is of before anything else. */
uint32_t proteusdb_abi(void);

/* Why this thread's last call failed; valid until the thread calls again, never null. */
const char *proteusdb_message(void);

/* Opens a file to be read. On failure *out is as it was. */
int32_t proteusdb_open(const char *path, proteusdb_store **out);
void proteusdb_close(proteusdb_store *store);

/* How many predictions there are. */
int32_t proteusdb_count(const proteusdb_store *store, uint64_t *out);

/* Ids in order. Each call gives the next, valid until the next call, or PROTEUSDB_END. What others write meanwhile may
 * be among them or not. */
int32_t proteusdb_ids_begin(const proteusdb_store *store, proteusdb_ids **out);
int32_t proteusdb_ids_next(proteusdb_ids *ids, const char **out);
void proteusdb_ids_free(proteusdb_ids *ids);

/* The current version of a prediction, or the one numbered `version` where that is not 0. */
int32_t proteusdb_get(const proteusdb_store *store, const char *prediction_id, uint32_t version,
                      proteusdb_prediction **out);
void proteusdb_free(proteusdb_prediction *prediction);

int32_t proteusdb_get_info(const proteusdb_prediction *prediction, proteusdb_info *out);

/* prediction_id, sequence (chains joined by ':'), chain_types (protein, rna, dna, joined by ':'), metadata (JSON), job,
 * model_id, model, model_version, arrays (names, one a line). *needed, where not null, is told the bytes it takes with
 * its NUL; out may be null to ask for that alone. */
int32_t proteusdb_text(const proteusdb_prediction *prediction, const char *name, char *out, uint64_t capacity,
                       uint64_t *needed);

/* A column of the structure's first model, one row an atom: coords (n, 3) in angstrom, b_factor, occupancy, plddt_atom
 * (0-100), atom_name, element, altloc, hetero, charge, residue_name, chain_id, residue_number, insertion_code,
 * segment_id, label_asym_id, label_entity_id, label_seq_id (INT32_MIN where there is none). One row a residue: plddt;
 * and residue_starts, each residue's first atom and n at the end. model_coords (models, n, 3): of all models.
 * *layout, where not null, is told also where the buffer is too small; out may be null to ask for that alone. */
int32_t proteusdb_column(const proteusdb_prediction *prediction, const char *name, void *out, uint64_t capacity,
                         proteusdb_layout *layout);

/* An array of the prediction, as `pae`; otherwise as proteusdb_column. */
int32_t proteusdb_array(const proteusdb_prediction *prediction, const char *name, void *out, uint64_t capacity,
                        proteusdb_layout *layout);

/* Declarations end. */

#ifdef __cplusplus
}
#endif

#endif
