/* Activations that are layers of their own. */
#include "activation.h"

#include <math.h>

static float sigmoid(float x)
{
    return 1 / (1 + expf(-x));
}

static float clip(float x, float top)
{
    return x > top ? top : x > 0 ? x : 0;
}

static float value(enum nax_activation activation, float slope, float x)
{
    switch (activation) {
    case NAX_ACTIVATION_RELU:
        return x > 0 ? x : 0;
    case NAX_ACTIVATION_RELU6:
        return clip(x, 6);
    case NAX_ACTIVATION_LEAKY_RELU:
        return x > 0 ? x : slope * x;
    case NAX_ACTIVATION_SILU:
        return x * sigmoid(x);
    case NAX_ACTIVATION_HARD_SWISH:
        return x * clip(x + 3, 6) / 6;
    case NAX_ACTIVATION_HARD_SIGMOID:
        return clip(x + 3, 6) / 6;
    case NAX_ACTIVATION_SIGMOID:
        return sigmoid(x);
    case NAX_ACTIVATION_TANH:
        return tanhf(x);
    case NAX_ACTIVATION_NONE:
        break;
    }
    return x;
}

static float derivative(enum nax_activation activation, float slope, float x)
{
    switch (activation) {
    case NAX_ACTIVATION_RELU:
        return x > 0;
    case NAX_ACTIVATION_RELU6:
        return x > 0 && x <= 6;
    case NAX_ACTIVATION_LEAKY_RELU:
        return x > 0 ? 1 : slope;
    case NAX_ACTIVATION_SILU: {
        float s = sigmoid(x);
        return s * (1 + x * (1 - s));
    }
    case NAX_ACTIVATION_HARD_SWISH:
        return x <= -3 ? 0 : x <= 3 ? (2 * x + 3) / 6 : 1;
    case NAX_ACTIVATION_HARD_SIGMOID:
        return x > -3 && x <= 3 ? 1.0f / 6 : 0;
    case NAX_ACTIVATION_SIGMOID: {
        float s = sigmoid(x);
        return s * (1 - s);
    }
    case NAX_ACTIVATION_TANH: {
        float t = tanhf(x);
        return 1 - t * t;
    }
    case NAX_ACTIVATION_NONE:
        break;
    }
    return 1;
}

void nax_activation_forward(const struct nax_layer *l, size_t n, const float *x, float *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] = value(l->activation, l->slope, x[i]);
}

void nax_activation_backward(const struct nax_layer *l, size_t n, const float *x, const float *dy,
                             float *dx)
{
    for (size_t i = 0; i < n; i++)
        dx[i] = dy[i] * derivative(l->activation, l->slope, x[i]);
}
