// The few words of CUDA that the kernels use, for clang without a CUDA toolkit. tests/Ltx.Inference.Tests/Kernels/cpu.h has the same words for a CPU.
#pragma once

#define __global__ __attribute__((global))
#define __device__ __attribute__((device))
#define __forceinline__ __inline__ __attribute__((always_inline))
#define __launch_bounds__(threads) __attribute__((launch_bounds(threads)))
#define SHARED(type, name, count) __attribute__((shared)) type name[count]
#define DEVICE static __device__ __forceinline__
#define DEVICE_MEMBER __device__ __forceinline__

struct place { int x; };
#define threadIdx (place{__nvvm_read_ptx_sreg_tid_x()})
#define blockIdx (place{__nvvm_read_ptx_sreg_ctaid_x()})
#define blockDim (place{__nvvm_read_ptx_sreg_ntid_x()})

DEVICE unsigned __shfl_xor_sync(unsigned lanes, unsigned value, int other) { return __nvvm_shfl_sync_bfly_i32(lanes, value, other, 0x1f); }

DEVICE float __uint_as_float(unsigned bits) { return __builtin_bit_cast(float, bits); }
DEVICE unsigned __float_as_uint(float value) { return __builtin_bit_cast(unsigned, value); }
DEVICE float rsqrtf(float x) { return __nvvm_rsqrt_approx_f(x); }
DEVICE float exp2f(float x) { return __nvvm_ex2_approx_f(x); }

// Memory of a tensor. On a CPU it knows its ends.
template <class T> using array = T *;

// Sixteen bytes in one access.
struct alignas(16) wide_word { unsigned part[4]; };
struct alignas(8) half_word { unsigned part[2]; };
DEVICE wide_word load_wide(const void *from) { return *(const wide_word *)from; }
DEVICE void store_wide(void *to, wide_word value) { *(wide_word *)to = value; }
DEVICE void store_half(void *to, half_word value) { *(half_word *)to = value; }
