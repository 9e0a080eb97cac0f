// softmax, and loss with gradient, of every row of logits: one fused kernel each.
//
// A row is read by the threads of a warp, or of a block where there are many classes, in three
// passes: the largest logit; the sum of the others; the results. The formulas are those of
// core.guarded_shift and what core makes of it; only the order of the sum differs.

#ifndef WARP
#define WARP 32  // threads of a warp
#endif

// What the threads of a row know of its largest logit. As argmax has it, a NaN is the largest.
template <typename T> struct Top {
    T m;
    long long k;
    __device__ bool before(const Top& other) const {
        if (m != m || other.m != other.m) return m != m && (other.m == other.m || k < other.k);
        return m > other.m || (m == other.m && k < other.k);
    }
};

template <typename T> __device__ T lower(T x, int lanes) { return __shfl_xor_sync(0xffffffffu, x, lanes); }

template <typename T> __device__ Top<T> combine(Top<T> a, Top<T> b) { return b.before(a) ? b : a; }
template <typename T> __device__ Top<T> lower(Top<T> x, int lanes) {
    Top<T> other = {lower(x.m, lanes), lower(x.k, lanes)};
    return other;
}
__device__ float combine(float a, float b) { return a + b; }
__device__ double combine(double a, double b) { return a + b; }

// Every thread of the row gets the combination of all. A block is one row, or one row a warp.
template <typename X> __device__ X over_row(X x, X* shared) {
    for (int lanes = WARP / 2; lanes > 0; lanes /= 2) x = combine(x, lower(x, lanes));
    if (blockDim.x == WARP) return x;
    __syncthreads();  // the last use of shared is over
    if (threadIdx.x % WARP == 0) shared[threadIdx.x / WARP] = x;
    __syncthreads();
    x = shared[0];
    for (int i = 1; i < blockDim.x / WARP; ++i) x = combine(x, shared[i]);
    return x;
}

// A sum that carries what each addition rounds off (Kahan).
template <typename T> struct Sum {
    T s, c;
    __device__ void add(T x) {
        T y = x - c, t = s + y;
        c = isfinite(t) ? (t - s) - y : 0;
        s = t;
    }
};

// z_i - m = d + e for a class that is not the top; see core.guarded_shift for the limits.
template <typename T> struct Shifted {
    T d, e;
    __device__ Shifted(T z, T m) {
        d = z - m;
        e = 0;
        if (isfinite(z) && isfinite(m)) {
            if (isfinite(d)) {
                T t = d - z;
                e = (z - (d - t)) - (m + t);
            }
        } else if (isinf(z) && z > 0) {
            d = z - z;  // NaN: two logits are inf
        } else if (isinf(m) && m < 0) {
            d = m - m;  // NaN: nothing can happen
        }
    }
    __device__ T w() const { return 0 + exp(d) * (1 + e); }
};

enum { SOFTMAX, LABELS, PROBABILITIES };

template <typename T, int TARGETS>
__device__ void row(const T* z, const long long* label, const T* y, T* loss, T* out, long long K) {
    __shared__ Top<T> tops[32];
    __shared__ T sums[32];
    const int first = threadIdx.x, step = blockDim.x;

    Top<T> top = {z[first < K ? first : 0], first < K ? first : 0};
    for (long long i = first + step; i < K; i += step) {
        Top<T> other = {z[i], i};
        top = combine(top, other);
    }
    top = over_row(top, tops);
    const T m = top.m;

    Sum<T> sum = {0, 0};
    for (long long i = first; i < K; i += step)
        if (i != top.k) sum.add(Shifted<T>(z[i], m).w());
    T s = over_row(sum.s, sums);
    if (!isfinite(m) && !(m > 0)) s = m - m;  // NaN: the row has none, or only -inf
    const T L = log1p(s);

    Sum<T> expected = {0, 0};
    for (long long i = first; i < K; i += step) {
        const bool is_top = i == top.k;
        Shifted<T> shift(z[i], m);
        if (is_top) shift.d = s - s;  // 0, or NaN
        if (is_top) shift.e = 0;
        const T p = (is_top ? T(1) : shift.w()) / (1 + s), q = is_top ? s / (1 + s) : 1 - p;
        const T surprisal = (L - shift.e) - shift.d;
        if (TARGETS == SOFTMAX) out[i] = p;
        if (TARGETS == LABELS) {
            out[i] = i == *label ? -q : p;
            if (i == *label) *loss = surprisal;
        }
        if (TARGETS == PROBABILITIES) {
            out[i] = (1 - y[i]) * p - y[i] * q;
            if (y[i] != 0) expected.add(y[i] * surprisal);
        }
    }
    if (TARGETS == PROBABILITIES) {
        T total = over_row(expected.s, sums);
        if (first == 0) *loss = total;
    }
}

template <typename T, int TARGETS>
__global__ void rows(const T* z, const long long* labels, const T* y, T* loss, T* out, long long n, long long K) {
    const long long i = (long long)blockIdx.x * blockDim.y + threadIdx.y;
    if (i >= n) return;
    row<T, TARGETS>(z + i * K, labels + i, y + i * K, loss + i, out + i * K, K);
}
