/* Unit tests of shipped networks: parameters and multiply-accumulates as published. */
#include "nax/nn.h"
#include "../../lib/nn/model.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* Trained parameters of each, and multiply-accumulates in thousand millions, to two digits; 0: none
 * was published. "torchvision": the tables of weights in torchvision 0.20's documentation, whose
 * VGGs with batch norm have biases in their convolutions besides, which it takes away again. */
static const struct {
    const char *name, *source;
    uint64_t n_params, n_idle_biases;
    double gmacs;
} published[] = {
    {"resnet18", "torchvision", 11689512, 0, 1.81},
    {"resnet34", "torchvision", 21797672, 0, 3.66},
    {"resnet50", "torchvision", 25557032, 0, 4.09},
    {"vgg11", "torchvision", 132868840, 2752, 7.61},
    {"vgg16", "torchvision", 138365992, 4224, 15.47},
    {"mobilenet-v2", "torchvision", 3504872, 0, 0.30},
    {"mlp-mnist", "Han et al., NIPS 2015, table 1: 267K", 266610, 0, 0},
    {"resnet20", "He et al., CVPR 2016, table 6: 0.27M; the authors' repository", 269722, 0, 0},
    {"resnet32", "He et al., CVPR 2016, table 6: 0.46M; the authors' repository", 464154, 0, 0},
    {"densenet-40", "Huang et al., CVPR 2017, table 2: 1.0M", 1019722, 0, 0},
};

static void parameters_and_products(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof published / sizeof *published; i++) {
        struct nax_network_file *file;
        struct nax_network *net = NULL;
        struct nax_err err;
        uint64_t n_params = published[i].n_idle_biases, n_macs = 0;
        if (nax_network_file_load(&file, published[i].name, &err) ||
            nax_network_build(&net, file, NULL, &err))
            fail_msg("%s", err.text);
        for (size_t l = 0; l < net->n_layers; l++) {
            static const struct nax_params none;
            struct nax_param param[NAX_PARAMS_MAX];
            size_t n = nax_params_list(&net->layers[l], &none, param);
            for (size_t k = 0; k < n; k++)
                n_params += param[k].is_trained ? param[k].n : 0;
            n_macs += nax_layer_macs(&net->layers[l]);
        }
        if (n_params != published[i].n_params)
            fail_msg("%s has %llu parameters, not %llu: %s", published[i].name,
                     (unsigned long long)n_params, (unsigned long long)published[i].n_params,
                     published[i].source);
        if (published[i].gmacs > 0 && !(fabs((double)n_macs * 1e-9 - published[i].gmacs) < 0.005))
            fail_msg("%s makes %g G products, not %g: %s", published[i].name, (double)n_macs * 1e-9,
                     published[i].gmacs, published[i].source);
        nax_network_free(net);
        nax_network_file_free(file);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(parameters_and_products)};
    return cmocka_run_group_tests_name("published", tests, NULL, NULL);
}
