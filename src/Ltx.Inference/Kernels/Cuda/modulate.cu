// A row that is normalised (or not) and then scaled and shifted by its token's noise level: what goes into every layer of a block.
#include "device.h"

DEVICE void modulate(array<bfloat16> out, array<const bfloat16> from, float factor, const level_rows &rows, int scale, int shift)
{
    const int width = rows.width, wide = rows.wide;
    for (int i = threadIdx.x * Pack; i < width; i += blockDim.x * Pack)
    {
        float x[Pack], times[Pack], plus[Pack];
        read(from, i, width, wide, x);
        rows.add(scale, i, times);
        rows.add(shift, i, plus);
#pragma unroll
        for (int k = 0; k < Pack; k++) x[k] = x[k] * factor * (1 + times[k]) + plus[k];
        write(out, i, width, wide, x);
    }
}

// out = rms(x) (1 + scale) + shift, and the same for a second place of the block where second is not null. One block of threads a token.
// x, out, second: [tokens, width]; levels: [U, rows, width], levelStride apart; table: [rows, width]; index: [tokens], which level, or null for the
// first.
extern "C" __global__ void __launch_bounds__(256) norm_modulate(
    array<bfloat16> out, array<bfloat16> second, array<const bfloat16> x,
    array<const bfloat16> levels, array<const bfloat16> table, array<const long long> index,
    int width, int levelStride, int scale, int shift, int secondScale, int secondShift, int normalise, int wide, float epsilon)
{
    const long long token = blockIdx.x, level = index ? index[token] : 0;
    array<const bfloat16> from = x + token * width;
    const level_rows rows = {levels + level * levelStride, table, width, wide};
    const float factor = normalise ? inverse_rms(from, width, wide, epsilon) : 1.0f;
    modulate(out + token * width, from, factor, rows, scale, shift);
    if (second) modulate(second + token * width, from, factor, rows, secondScale, secondShift);
}

// out = x + y gate. One block of threads a token; the same shapes as above.
extern "C" __global__ void __launch_bounds__(256) add_gated(
    array<bfloat16> out, array<const bfloat16> x, array<const bfloat16> y,
    array<const bfloat16> levels, array<const bfloat16> table, array<const long long> index,
    int width, int levelStride, int gate, int wide)
{
    const long long token = blockIdx.x, level = index ? index[token] : 0;
    const level_rows rows = {levels + level * levelStride, table, width, wide};
    for (int i = threadIdx.x * Pack; i < width; i += blockDim.x * Pack)
    {
        float sum[Pack], added[Pack], times[Pack];
        read(x + token * width, i, width, wide, sum);
        read(y + token * width, i, width, wide, added);
        rows.add(gate, i, times);
#pragma unroll
        for (int k = 0; k < Pack; k++) sum[k] += added[k] * times[k];
        write(out + token * width, i, width, wide, sum);
    }
}
