/* Accuracies of test images and of validation images go by different names. */
#include "split.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct split_row {
    struct nax_word word;
    const char *ideal, *hardware;
} rows[] = {
    {{SPLIT_TEST, "test", "test images, for what is finished", NULL, NULL},
     "accuracy_ideal",
     "accuracy"},
    {{SPLIT_VALIDATION, "validation", "the images that training held out, for decisions", NULL,
      NULL},
     "accuracy_validation",
     "accuracy_hardware_validation"},
};
NAX_WORDS(split_words, rows, SPLIT_COUNT);

static const char *const endings[] = {
    "", "_sd", "_se", "_worst_decile", "_calibrated", "_calibrated_sd"};

const char *split_ideal_field(enum split split)
{
    return rows[split].ideal;
}

const char *split_hardware_field(enum split split)
{
    return rows[split].hardware;
}

static void name(char text[64], enum split split, const char *ending)
{
    snprintf(text, 64, "%s%s", rows[split].hardware, ending);
}

int split_set(struct nax_record *record, enum split split, const char *ending, double value)
{
    char field[64];
    name(field, split, ending);
    return nax_record_set_float(record, field, value);
}

int split_set_se(struct nax_record *record, enum split split, double accuracy, size_t n_images,
                 double sd, size_t n_chips)
{
    double of_images = accuracy * (1 - accuracy) / (double)n_images;
    return split_set(record, split, "_se", sqrt(of_images + sd * sd / (double)n_chips));
}

static void take_out(struct nax_record *record, enum split split)
{
    char field[64];
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        name(field, split, endings[i]);
        nax_record_remove(record, field);
    }
    nax_record_remove(record, rows[split].ideal);
}

void split_clear(struct nax_record *record, enum split split)
{
    take_out(record, split);
    if (split == SPLIT_VALIDATION) /* which may stand beside those of test images */
        take_out(record, SPLIT_TEST);
}

void split_forget_weights(struct nax_record *record)
{
    static const char *const fields[] = {"n_seeds",       "fidelity",   "chips",  "weights",
                                         "weights_hash",  "checkpoint", "epochs", "epochs_stopped",
                                         "train_seconds", "train_seed", "status"};
    for (size_t i = nax_record_n(record); i-- > 0;)
        if (!strncmp(nax_record_name(record, i), "accuracy", strlen("accuracy")))
            nax_record_remove(record, nax_record_name(record, i));
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        nax_record_remove(record, fields[i]);
}
