/**
 * In-place discrete Fourier transform of complex numbers (radix 2; the length is a power of two). `inverse` uses
 * the opposite sign and divides by the length.
 */
export function fourier(real: Float64Array, imaginary: Float64Array, inverse = false): void {
  const n = real.length;
  if (n !== imaginary.length || (n & (n - 1)) !== 0) {
    throw new RangeError(`The length must be a power of two and equal in both parts, not ${n}.`);
  }
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      const r = real[i]!;
      real[i] = real[j]!;
      real[j] = r;
      const m = imaginary[i]!;
      imaginary[i] = imaginary[j]!;
      imaginary[j] = m;
    }
  }
  const half = n >> 1;
  const cosines = new Float64Array(Math.max(1, half));
  const sines = new Float64Array(Math.max(1, half));
  const direction = inverse ? 1 : -1;
  for (let k = 0; k < half; k++) {
    cosines[k] = Math.cos((2 * Math.PI * k) / n);
    sines[k] = direction * Math.sin((2 * Math.PI * k) / n);
  }
  for (let size = 2; size <= n; size <<= 1) {
    const wing = size >> 1;
    const stride = n / size;
    for (let start = 0; start < n; start += size) {
      for (let k = 0, w = 0; k < wing; k++, w += stride) {
        const a = start + k;
        const b = a + wing;
        const c = cosines[w]!;
        const s = sines[w]!;
        const r = real[b]! * c - imaginary[b]! * s;
        const m = real[b]! * s + imaginary[b]! * c;
        real[b] = real[a]! - r;
        imaginary[b] = imaginary[a]! - m;
        real[a]! += r;
        imaginary[a]! += m;
      }
    }
  }
  if (inverse) {
    for (let i = 0; i < n; i++) {
      real[i]! /= n;
      imaginary[i]! /= n;
    }
  }
}
