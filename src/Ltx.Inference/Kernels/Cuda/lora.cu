// LoRAs into a weight.
#include "device.h"

DEVICE void add_scaled(float (&sum)[Pack], array<const float> delta, float factor, long long row, int i, int width, int wide)
{
    if (!delta) return;
#pragma unroll
    for (int k = 0; k < Pack; k += Pack / 2)
    {
        if (wide)
        {
            const wide_word words = load_wide(delta + (row + i + k));
#pragma unroll
            for (int j = 0; j < Pack / 2; j++) sum[k + j] += factor * __uint_as_float(words.part[j]);
            continue;
        }
#pragma unroll
        for (int j = 0; j < Pack / 2; j++)
            if (i + k + j < width) sum[k + j] += factor * delta[row + i + k + j];
    }
}

// out = base + factor first (+ secondFactor second, where that is not null), summed in float32 and rounded once; finite[0] becomes 0 where a sum is not
// finite. One block of threads a row. base, out: [rows, width]; first, second: [rows, width] float32.
extern "C" __global__ void __launch_bounds__(256) merge(
    array<bfloat16> out, array<const bfloat16> base, array<const float> first, array<const float> second, array<unsigned char> finite,
    float firstFactor, float secondFactor, int width, int wide)
{
    const long long row = (long long)blockIdx.x * width;
    for (int i = threadIdx.x * Pack; i < width; i += blockDim.x * Pack)
    {
        float sum[Pack];
        read(base + row, i, width, wide, sum);
        add_scaled(sum, first, firstFactor, row, i, width, wide);
        add_scaled(sum, second, secondFactor, row, i, width, wide);
#pragma unroll
        for (int k = 0; k < Pack; k++)
            if (i + k < width && (__float_as_uint(sum[k]) & 0x7f800000u) == 0x7f800000u) finite[0] = 0;
        write(out + row, i, width, wide, sum);
    }
}
