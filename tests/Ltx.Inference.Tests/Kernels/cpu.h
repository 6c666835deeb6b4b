// Runs the kernels' own source on a CPU: the threads of a block are fibres that meet at barriers and shuffles, memory knows its ends, and what is shared
// begins as numbers that nobody would mistake for results. The words are those of Kernels/Cuda/clang.h.
#pragma once

#include <algorithm>
#include <cmath>
#include <csetjmp>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <tuple>
#include <type_traits>
#include <ucontext.h>
#include <utility>
#include <vector>

#define __global__
#define __forceinline__ inline
#define __launch_bounds__(threads)
#define DEVICE static inline
#define DEVICE_MEMBER inline
#define SHARED(type, name, count) static shared_array<type, count> name

struct place { int x; };
static place threadIdx, blockIdx, blockDim;

// What went wrong first; a block goes on as if nothing had, with zeros for what it must not read.
static std::string fault;

static void fail(const std::string &what)
{
    if (fault.empty()) fault = what + " in block " + std::to_string(blockIdx.x) + ", thread " + std::to_string(threadIdx.x);
}

template <class T> struct array
{
    char *at = nullptr, *begin = nullptr, *end = nullptr;

    array() = default;
    array(std::nullptr_t) {}
    template <class U> array(const array<U> &other) : at(other.at), begin(other.begin), end(other.end) {}

    explicit operator bool() const { return at != nullptr; }
    array operator+(long long count) const
    {
        array moved = *this;
        if (at) moved.at += count * (long long)sizeof(T);
        return moved;
    }
    T &operator[](long long i) const
    {
        static std::remove_const_t<T> nowhere;
        char *item = at + i * (long long)sizeof(T);
        if (holds(item, sizeof(T))) return *(T *)item;
        return nowhere = {};
    }
    bool holds(const char *item, size_t bytes) const
    {
        if (at && item >= begin && item + bytes <= end && (uintptr_t)item % bytes == 0) return true;
        fail(!at ? "null was read or written" : (uintptr_t)item % bytes ? "an access that is not aligned" : "byte " + std::to_string(item - begin) + " of " + std::to_string(end - begin));
        return false;
    }
};

struct wide_word { unsigned part[4]; };
struct half_word { unsigned part[2]; };

template <class T> wide_word load_wide(array<T> from)
{
    wide_word value = {};
    if (from.holds(from.at, sizeof value)) memcpy(&value, from.at, sizeof value);
    return value;
}
template <class T> void store_wide(array<T> to, wide_word value) { if (to.holds(to.at, sizeof value)) memcpy(to.at, &value, sizeof value); }
template <class T> void store_half(array<T> to, half_word value) { if (to.holds(to.at, sizeof value)) memcpy(to.at, &value, sizeof value); }

// All shared memory, to be made unusable before a block begins.
struct shared_memory { char *at; size_t bytes; };
static std::vector<shared_memory> all_shared;

template <class T, int Count> struct shared_array
{
    T values[Count];

    shared_array()
    {
        memset(values, 0xff, sizeof values);
        all_shared.push_back({(char *)values, sizeof values});
    }
    T &operator[](int i)
    {
        if (i >= 0 && i < Count) return values[i];
        fail("number " + std::to_string(i) + " of " + std::to_string(Count) + " that are shared");
        return values[0];
    }
};

// A fibre is begun by its context and from then on left and entered by jumps, which spare a call of the system at each.
const int MostThreads = 1024, StackBytes = 32768;
struct fibre { ucontext_t begin; jmp_buf inside; bool begun, done; int barriers; };
static fibre fibres[MostThreads];
static jmp_buf outside;
static unsigned lanes_word[MostThreads];

static void pause()
{
    const int me = threadIdx.x;
    if (_setjmp(fibres[me].inside) == 0) _longjmp(outside, 1);
    threadIdx.x = me;
}

static inline void __syncthreads()
{
    fibres[threadIdx.x].barriers++;
    pause();
}

static inline unsigned __shfl_xor_sync(unsigned, unsigned value, int other)
{
    const int me = threadIdx.x;
    lanes_word[me] = value;
    fibres[me].barriers++;
    pause();
    const unsigned theirs = lanes_word[me ^ other];
    fibres[me].barriers++;
    pause();
    return theirs;
}

static inline float __uint_as_float(unsigned bits) { float value; memcpy(&value, &bits, 4); return value; }
static inline unsigned __float_as_uint(float value) { unsigned bits; memcpy(&bits, &value, 4); return bits; }
static inline float rsqrtf(float x) { return 1 / sqrtf(x); }

template <class F> static void run_block(F &body, int threads, const std::vector<int> &order, std::vector<char> &stacks)
{
    static F *running;
    running = &body;
    for (const shared_memory &memory : all_shared) memset(memory.at, 0xff, memory.bytes);
    for (int t = 0; t < threads; t++)
    {
        fibre &f = fibres[t];
        f.begun = f.done = false;
        f.barriers = 0;
        getcontext(&f.begin);
        f.begin.uc_stack.ss_sp = stacks.data() + (size_t)t * StackBytes;
        f.begin.uc_stack.ss_size = StackBytes;
        f.begin.uc_link = nullptr;
        makecontext(&f.begin, (void (*)())(+[] {
            (*running)();
            fibres[threadIdx.x].done = true;
            _longjmp(outside, 1);
        }), 0);
    }
    for (int left = threads; left > 0;)
    {
        for (int t : order)
        {
            fibre &f = fibres[t];
            if (f.done) continue;
            threadIdx.x = t;
            if (_setjmp(outside) == 0)
            {
                if (f.begun) _longjmp(f.inside, 1);
                f.begun = true;
                setcontext(&f.begin);
            }
            if (f.done) left--;
        }
        // Who waits for somebody that has gone would wait for ever on a card.
        for (int t = 0; left > 0 && t < threads; t++)
            if (fibres[t].barriers != fibres[order[0]].barriers) fail("threads wait at different places"), left = 0;
    }
}

enum { Forwards, Backwards, Shuffled };

// Every so many blocks of the grid alone, where all of them would take too long.
template <class F> static void run_grid(F body, long long blocks, int step, int threads, int how)
{
    std::vector<int> order(threads);
    for (int t = 0; t < threads; t++) order[t] = how == Backwards ? threads - 1 - t : t;
    std::mt19937 dice(1);
    std::vector<char> stacks((size_t)threads * StackBytes);
    blockDim.x = threads;
    for (long long b = 0; b < blocks && fault.empty(); b += step)
    {
        if (how == Shuffled) std::shuffle(order.begin(), order.end(), dice);
        blockIdx.x = (int)b;
        run_block(body, threads, order, stacks);
    }
}

// An argument as the driver would get it: where its value is; of memory also how many bytes lie behind it in its tensor.
template <class T> struct argument
{
    static T of(void *value, const long long *) { return *(T *)value; }
};
template <class T> struct argument<array<T>>
{
    static array<T> of(void *value, const long long *extent)
    {
        array<T> memory;
        memory.at = *(char **)value;
        memory.begin = memory.at - extent[0];
        memory.end = memory.at + extent[1];
        return memory;
    }
};

template <class... A, size_t... I>
static void call(void (*kernel)(A...), void **values, const long long *extents, long long blocks, int step, int threads, int how, std::index_sequence<I...>)
{
    std::tuple<A...> given(argument<A>::of(values[I], extents + 2 * I)...);
    run_grid([&] { std::apply(kernel, given); }, blocks, step, threads, how);
}

template <class... A>
static int launch(void (*kernel)(A...), int count, void **values, const long long *extents, long long blocks, int step, int threads, int how, char *message, int room)
{
    fault.clear();
    if (count != (int)sizeof...(A)) fault = "the kernel takes " + std::to_string(sizeof...(A)) + " arguments and got " + std::to_string(count);
    else call(kernel, values, extents, blocks, step, threads, how, std::index_sequence_for<A...>());
    snprintf(message, room, "%s", fault.c_str());
    return fault.empty() ? 0 : 1;
}

// What a library of kernels exports of each.
#define EXPORT(kernel)                                                                                                                             \
    extern "C" int run_##kernel(                                                                                                                   \
        int count, void **values, const long long *extents, long long blocks, int step, int threads, int how, char *message, int room)             \
    {                                                                                                                                              \
        return launch(kernel, count, values, extents, blocks, step, threads, how, message, room);                                                  \
    }
