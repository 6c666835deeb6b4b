// What stands in front of nearly every convolution of the video VAE, written to where the convolution reads: frames that are padded in time.
#include "device.h"

// out = silu(x / sqrt(mean over channels of x^2 + epsilon)) position by position; so many lanes of a warp to each position, a power of two.
// x, out: [positions, channels].
extern "C" __global__ void __launch_bounds__(256) norm_silu(
    array<bfloat16> out, array<const bfloat16> x, long long positions, int channels, int lanes, int wide, float epsilon)
{
    const int lane = threadIdx.x % lanes;
    const long long position = (long long)blockIdx.x * (blockDim.x / lanes) + threadIdx.x / lanes;
    // All lanes of a warp take part in its sums, those behind the end with nothing.
    const bool inside = position < positions;
    array<const bfloat16> from = x + (inside ? position * channels : 0);
    float sum = 0;
    for (int i = lane * Pack; inside && i < channels; i += lanes * Pack)
    {
        float values[Pack];
        read(from, i, channels, wide, values);
#pragma unroll
        for (int k = 0; k < Pack; k++) sum += values[k] * values[k];
    }
    const float factor = rsqrtf(lanes_sum(sum, lanes) / channels + epsilon);
    if (!inside) return;
    for (int i = lane * Pack; i < channels; i += lanes * Pack)
    {
        float values[Pack];
        read(from, i, channels, wide, values);
#pragma unroll
        for (int k = 0; k < Pack; k++) values[k] = values[k] * factor * sigmoid(values[k] * factor);
        write(out + position * channels, i, channels, wide, values);
    }
}
