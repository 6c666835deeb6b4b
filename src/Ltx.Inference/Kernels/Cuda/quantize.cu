// Rows rounded to float8, each by a scale of its own, with what stands in front of the product taken along.
#include "device.h"

struct quantized_input
{
    array<const bfloat16> from;
    level_rows rows;
    float factor;
    int scale, shift, modulated, activated;

    DEVICE_MEMBER void at(int i, float (&x)[Pack]) const
    {
        read(from, i, rows.width, rows.wide, x);
        if (activated)
        {
#pragma unroll
            for (int k = 0; k < Pack; k++) x[k] = gelu_tanh(x[k]);
        }
        if (!modulated) return;
        float times[Pack], plus[Pack];
        rows.add(scale, i, times);
        rows.add(shift, i, plus);
#pragma unroll
        for (int k = 0; k < Pack; k++) x[k] = x[k] * factor * (1 + times[k]) + plus[k];
    }
};

// values scales = y, where y is x, gelu(x), or (where levels is not null) rms(x) (1 + scale) + shift. One block of threads a row.
// x, values: [rows, width]; scales: [rows], the largest size of the row by the type's largest number; the rest as in norm_modulate.
extern "C" __global__ void __launch_bounds__(256) quantize_rows(
    array<float8> values, array<float> scales, array<const bfloat16> x,
    array<const bfloat16> levels, array<const bfloat16> table, array<const long long> index,
    int width, int levelStride, int scale, int shift, int activated, int wide, float epsilon)
{
    const float Largest = 448.0f, LeastScale = 1e-12f;
    const long long row = blockIdx.x, level = levels && index ? index[row] : 0;
    array<const bfloat16> from = x + row * width;
    const int modulated = levels ? 1 : 0;
    const quantized_input input = {
        from, {modulated ? levels + level * levelStride : levels, table, width, wide}, modulated ? inverse_rms(from, width, wide, epsilon) : 1.0f,
        scale, shift, modulated, activated};
    float largest = 0;
    for (int i = threadIdx.x * Pack; i < width; i += blockDim.x * Pack)
    {
        float y[Pack];
        input.at(i, y);
#pragma unroll
        for (int k = 0; k < Pack; k++)
        {
            // As whole numbers: NaN is the largest of all.
            const unsigned size = __float_as_uint(y[k]) & 0x7fffffffu;
            if (i + k < width && size > __float_as_uint(largest)) largest = __uint_as_float(size);
        }
    }
    largest = block_largest(largest) / Largest;
    // Of a row of zeros any scale will do; a NaN is not less.
    const float rowScale = largest < LeastScale ? LeastScale : largest;
    if (threadIdx.x == 0) scales[row] = rowScale;
    const float times = 1 / rowScale;
    for (int i = threadIdx.x * Pack; i < width; i += blockDim.x * Pack)
    {
        float y[Pack];
        input.at(i, y);
#pragma unroll
        for (int k = 0; k < Pack; k++) y[k] *= times;
        write(values + row * width, i, width, wide, y);
    }
}
