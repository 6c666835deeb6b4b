// What stands around attention: queries and keys on their way in, heads on their way out.
#include "device.h"

// Eight pairs of features of one head turned by their angles.
DEVICE void turn(float (&first)[Pack], float (&second)[Pack], const float (&cosine)[Pack], const float (&sine)[Pack])
{
#pragma unroll
    for (int k = 0; k < Pack; k++)
    {
        const float a = first[k], b = second[k];
        first[k] = a * cosine[k] - b * sine[k];
        second[k] = b * cosine[k] + a * sine[k];
    }
}

// out = turned(rms(x) weight). One block of threads a token. x, out: [tokens, heads * 2 * half]; weight: [heads * 2 * half]; cosines, sines:
// [angleTokens, heads, half], one after the other for the tokens, and from the beginning again. A pair is one feature of each half of a head, or two
// neighbours.
extern "C" __global__ void __launch_bounds__(256) norm_rotate(
    array<bfloat16> out, array<const bfloat16> x, array<const bfloat16> weight, array<const bfloat16> cosines, array<const bfloat16> sines,
    int heads, int half, int angleTokens, int interleaved, int wide, float epsilon)
{
    const int pairs = heads * half, width = 2 * pairs, packs = (half + Pack - 1) / Pack;
    const long long token = blockIdx.x, angles = token % angleTokens;
    array<const bfloat16> from = x + token * width;
    const float factor = inverse_rms(from, width, wide, epsilon);
    for (int p = threadIdx.x; p < heads * packs; p += blockDim.x)
    {
        const int head = p / packs, i = p % packs * Pack;
        array<const bfloat16> of = from + head * 2 * half, scale = weight + head * 2 * half;
        array<bfloat16> to = out + token * width + head * 2 * half;
        float a[Pack], b[Pack], aWeight[Pack], bWeight[Pack], cosine[Pack], sine[Pack];
        read(cosines + angles * pairs + head * half, i, half, wide, cosine);
        read(sines + angles * pairs + head * half, i, half, wide, sine);
        if (interleaved)
        {
            // Sixteen neighbours: the first of each two, and the second.
            float lower[Pack], upper[Pack], lowerWeight[Pack], upperWeight[Pack];
            read(of, 2 * i, 2 * half, wide, lower);
            read(of, 2 * i + Pack, 2 * half, wide, upper);
            read(scale, 2 * i, 2 * half, wide, lowerWeight);
            read(scale, 2 * i + Pack, 2 * half, wide, upperWeight);
#pragma unroll
            for (int k = 0; k < Pack / 2; k++)
            {
                a[k] = lower[2 * k], b[k] = lower[2 * k + 1], a[k + Pack / 2] = upper[2 * k], b[k + Pack / 2] = upper[2 * k + 1];
                aWeight[k] = lowerWeight[2 * k], bWeight[k] = lowerWeight[2 * k + 1];
                aWeight[k + Pack / 2] = upperWeight[2 * k], bWeight[k + Pack / 2] = upperWeight[2 * k + 1];
            }
        }
        else
        {
            read(of, i, half, wide, a);
            read(of + half, i, half, wide, b);
            read(scale, i, half, wide, aWeight);
            read(scale + half, i, half, wide, bWeight);
        }
#pragma unroll
        for (int k = 0; k < Pack; k++) a[k] *= factor * aWeight[k], b[k] *= factor * bWeight[k];
        turn(a, b, cosine, sine);
        if (interleaved)
        {
            float lower[Pack], upper[Pack];
#pragma unroll
            for (int k = 0; k < Pack / 2; k++)
                lower[2 * k] = a[k], lower[2 * k + 1] = b[k], upper[2 * k] = a[k + Pack / 2], upper[2 * k + 1] = b[k + Pack / 2];
            write(to, 2 * i, 2 * half, wide, lower);
            if (2 * i + Pack < 2 * half) write(to, 2 * i + Pack, 2 * half, wide, upper);
        }
        else
        {
            write(to, i, half, wide, a);
            write(to + half, i, half, wide, b);
        }
    }
}

// out = x 2 sigmoid(logit of its token and head). One block of threads a token. x, out: [tokens, heads, features]; logits: [tokens, heads].
extern "C" __global__ void __launch_bounds__(256) gate_heads(
    array<bfloat16> out, array<const bfloat16> x, array<const bfloat16> logits, int heads, int features, int wide)
{
    const int packs = (features + Pack - 1) / Pack;
    const long long token = blockIdx.x, first = token * heads * features;
    for (int p = threadIdx.x; p < heads * packs; p += blockDim.x)
    {
        const int head = p / packs, i = p % packs * Pack;
        const float gate = 2 * sigmoid(widen(logits[token * heads + head]));
        float values[Pack];
        read(x + first + head * features, i, features, wide, values);
#pragma unroll
        for (int k = 0; k < Pack; k++) values[k] *= gate;
        write(out + first + head * features, i, features, wide, values);
    }
}
