// What the kernels share: numbers of two and of one byte by integer arithmetic, eight at a time, and sums over a block's threads.
#pragma once

typedef unsigned short bfloat16;
typedef unsigned char float8; // e4m3fn

// What a thread takes at once: sixteen bytes of bfloat16.
const int Pack = 8;

DEVICE float widen(unsigned half) { return __uint_as_float(half << 16); }

DEVICE bool is_nan(unsigned bits) { return (bits & 0x7fffffffu) > 0x7f800000u; }

// To the nearest, ties to even. The sum must not carry a NaN over into infinity or zero.
DEVICE unsigned to_bfloat16(float value)
{
    const unsigned bits = __float_as_uint(value);
    return is_nan(bits) ? 0x7fffu : (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
}

// To the nearest, ties to even; larger numbers than the largest become that, NaN stays it.
DEVICE unsigned to_float8(float value)
{
    const unsigned bits = __float_as_uint(value), sign = (bits >> 24) & 0x80u, size = bits & 0x7fffffffu;
    const unsigned Largest = 0x43e00000u /* 448 */, LeastNormal = 0x3c800000u /* 2^-6 */;
    if (is_nan(bits)) return 0x7fu;
    if (size >= Largest) return sign | 0x7eu;
    // Added to this, a small number's last bit that counts (2^-9) is the sum's last bit, and the addition rounds.
    if (size < LeastNormal) return sign | (__float_as_uint(__uint_as_float(size) + 16384.0f) - 0x46800000u);
    // Of twenty-three bits three stay; the exponent counts from 7 instead of 127.
    return sign | ((size - (120u << 23) + 0x7ffffu + ((size >> 20) & 1u)) >> 20);
}

// Eight numbers from place i of a row on; zeros behind the row's end. wide: every row begins at a multiple of sixteen bytes and has a multiple of eight
// numbers.
DEVICE void read(array<const bfloat16> row, int i, int width, int wide, float (&to)[Pack])
{
    if (wide)
    {
        const wide_word words = load_wide(row + i);
#pragma unroll
        for (int k = 0; k < Pack; k += 2)
        {
            to[k] = widen(words.part[k / 2] & 0xffffu);
            to[k + 1] = widen(words.part[k / 2] >> 16);
        }
        return;
    }
#pragma unroll
    for (int k = 0; k < Pack; k++) to[k] = i + k < width ? widen(row[i + k]) : 0.0f;
}

DEVICE void write(array<bfloat16> row, int i, int width, int wide, const float (&from)[Pack])
{
    if (wide)
    {
        wide_word words;
#pragma unroll
        for (int k = 0; k < Pack; k += 2) words.part[k / 2] = to_bfloat16(from[k]) | to_bfloat16(from[k + 1]) << 16;
        store_wide(row + i, words);
        return;
    }
#pragma unroll
    for (int k = 0; k < Pack; k++)
        if (i + k < width) row[i + k] = (bfloat16)to_bfloat16(from[k]);
}

DEVICE void write(array<float8> row, int i, int width, int wide, const float (&from)[Pack])
{
    if (wide)
    {
        half_word words;
#pragma unroll
        for (int k = 0; k < Pack; k += 4)
            words.part[k / 4] = to_float8(from[k]) | to_float8(from[k + 1]) << 8 | to_float8(from[k + 2]) << 16 | to_float8(from[k + 3]) << 24;
        store_half(row + i, words);
        return;
    }
#pragma unroll
    for (int k = 0; k < Pack; k++)
        if (i + k < width) row[i + k] = (float8)to_float8(from[k]);
}

DEVICE float lanes_sum(float value, int lanes)
{
    for (int other = lanes / 2; other > 0; other /= 2) value += __uint_as_float(__shfl_xor_sync(0xffffffffu, __float_as_uint(value), other));
    return value;
}

const int Warp = 32, MostWarps = 32;

// The sum over all threads of the block, for each of them.
DEVICE float block_sum(float value)
{
    SHARED(float, sums, MostWarps);
    const int warps = blockDim.x / Warp;
    value = lanes_sum(value, Warp);
    if (threadIdx.x % Warp == 0) sums[threadIdx.x / Warp] = value;
    __syncthreads();
    value = 0;
    for (int warp = 0; warp < warps; warp++) value += sums[warp];
    // Nobody writes the next sums before everybody has read these.
    __syncthreads();
    return value;
}

// The largest size over all threads of the block. As whole numbers, sizes are in the same order, with NaN above everything.
DEVICE float block_largest(float size)
{
    SHARED(unsigned, sizes, MostWarps);
    const int warps = blockDim.x / Warp;
    unsigned bits = __float_as_uint(size);
    for (int other = Warp / 2; other > 0; other /= 2)
    {
        const unsigned theirs = __shfl_xor_sync(0xffffffffu, bits, other);
        bits = theirs > bits ? theirs : bits;
    }
    if (threadIdx.x % Warp == 0) sizes[threadIdx.x / Warp] = bits;
    __syncthreads();
    bits = 0;
    for (int warp = 0; warp < warps; warp++) bits = sizes[warp] > bits ? sizes[warp] : bits;
    __syncthreads();
    return __uint_as_float(bits);
}

// 1 / sqrt(mean of squares + epsilon) of a row, for all threads of its block.
DEVICE float inverse_rms(array<const bfloat16> row, int width, int wide, float epsilon)
{
    float sum = 0;
    for (int i = threadIdx.x * Pack; i < width; i += blockDim.x * Pack)
    {
        float x[Pack];
        read(row, i, width, wide, x);
#pragma unroll
        for (int k = 0; k < Pack; k++) sum += x[k] * x[k];
    }
    return rsqrtf(block_sum(sum) / width + epsilon);
}

DEVICE float sigmoid(float x)
{
    const float LogarithmOfE = 1.44269504f;
    return 1.0f / (1.0f + exp2f(-LogarithmOfE * x));
}

// x/2 (1 + tanh(u)) is x sigmoid(2u), which cancels nowhere; u = sqrt(2/pi) (x + 0.044715 x^3).
DEVICE float gelu_tanh(float x) { return x * sigmoid(1.59576912f * (x + 0.044715f * x * x * x)); }

// What a noise level gives beside a block's own table, for one place in the block: numbers i.. of both, added.
struct level_rows
{
    array<const bfloat16> level, table; // [rows, width]; the level is the token's own
    int width, wide;

    DEVICE_MEMBER void add(int row, int i, float (&to)[Pack]) const
    {
        float own[Pack];
        read(level + (long long)row * width, i, width, wide, to);
        read(table + (long long)row * width, i, width, wide, own);
#pragma unroll
        for (int k = 0; k < Pack; k++) to[k] += own[k];
    }
};
