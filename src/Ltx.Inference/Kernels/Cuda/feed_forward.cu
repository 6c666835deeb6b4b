// Between the two products of a feed-forward.
#include "device.h"

// out = gelu(x), in the form with tanh, number by number; out may be x. Eight numbers a thread.
extern "C" __global__ void __launch_bounds__(256) gelu(array<bfloat16> out, array<const bfloat16> x, long long count, int wide)
{
    const long long first = ((long long)blockIdx.x * blockDim.x + threadIdx.x) * Pack;
    if (first >= count) return;
    const int left = count - first < Pack ? (int)(count - first) : Pack;
    float values[Pack];
    read(x + first, 0, left, wide && left == Pack, values);
#pragma unroll
    for (int k = 0; k < Pack; k++) values[k] = gelu_tanh(values[k]);
    write(out + first, 0, left, wide && left == Pack, values);
}
