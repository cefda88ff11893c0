// Inner loops of Silero VAD on WebAssembly SIMD, in AssemblyScript. They are compiled to
// src/audio/voice/silero-kernels.wasm: npm run node -- scripts/make-kernels.mjs
// src/audio/voice/voice-activity.ts lays out the memory.
//
// Numbers are float32, and addresses are in bytes. A vector (`v128`) holds four numbers.

const numberBytes: usize = 4;
const vectorBytes: usize = 16;

/** Even samples are the real parts of the points, and odd samples the imaginary parts. */
const points: usize = 128;
const bins: usize = 129;
/** Samples between the starts of two spectra. */
const hopSamples: usize = 128;

/**
 * Magnitudes of four Fourier transforms of 256 samples, one in each lane, each 128 samples later.
 * `hann` holds 256 factors, `twiddles` 129 cosines and then 129 sines of 2 pi n / 256, and `order`
 * the bit-reversed place of each point in bytes. `work` has room for 129 vectors of real and 129 of
 * imaginary parts. Writes four rows of 129 numbers to `out`.
 */
export function spectra(samples: usize, hann: usize, twiddles: usize, order: usize, work: usize, out: usize): void {
  const re = work;
  const im = work + bins * vectorBytes;
  for (let n: usize = 0; n < points; n++) {
    const to = load<u32>(order + n * numberBytes);
    const from = samples + 2 * n * numberBytes;
    const factor = hann + 2 * n * numberBytes;
    v128.store(re + to, f32x4.mul(loadHops(from), v128.load_splat<f32>(factor)));
    v128.store(im + to, f32x4.mul(loadHops(from + numberBytes), v128.load_splat<f32>(factor, numberBytes)));
  }
  transform(re, im, twiddles);
  // Separates the spectra of even and odd samples again.
  v128.store(re + points * vectorBytes, v128.load(re));
  v128.store(im + points * vectorBytes, v128.load(im));
  for (let n: usize = 0; n < bins; n++) {
    const mirrored = (points - n) * vectorBytes;
    const reHere = v128.load(re + n * vectorBytes);
    const imHere = v128.load(im + n * vectorBytes);
    const reThere = v128.load(re + mirrored);
    const imThere = v128.load(im + mirrored);
    const half = f32x4.splat(0.5);
    const evenRe = f32x4.mul(f32x4.add(reHere, reThere), half);
    const evenIm = f32x4.mul(f32x4.sub(imHere, imThere), half);
    const oddRe = f32x4.mul(f32x4.add(imHere, imThere), half);
    const oddIm = f32x4.mul(f32x4.sub(reThere, reHere), half);
    const cos = v128.load_splat<f32>(twiddles + n * numberBytes);
    const sin = v128.load_splat<f32>(twiddles + (bins + n) * numberBytes);
    const x = f32x4.add(evenRe, f32x4.add(f32x4.mul(oddRe, cos), f32x4.mul(oddIm, sin)));
    const y = f32x4.add(evenIm, f32x4.sub(f32x4.mul(oddIm, cos), f32x4.mul(oddRe, sin)));
    const magnitudes = f32x4.sqrt(f32x4.add(f32x4.mul(x, x), f32x4.mul(y, y)));
    const to = out + n * numberBytes;
    v128.store_lane<f32>(to, magnitudes, 0);
    v128.store_lane<f32>(to, magnitudes, 1, bins * numberBytes);
    v128.store_lane<f32>(to, magnitudes, 2, 2 * bins * numberBytes);
    v128.store_lane<f32>(to, magnitudes, 3, 3 * bins * numberBytes);
  }
}

/** Loads four samples, each a hop later. */
// @ts-ignore: decorator
@inline
function loadHops(at: usize): v128 {
  let samples = v128.load_splat<f32>(at);
  samples = v128.load_lane<f32>(at, samples, 1, hopSamples * numberBytes);
  samples = v128.load_lane<f32>(at, samples, 2, 2 * hopSamples * numberBytes);
  return v128.load_lane<f32>(at, samples, 3, 3 * hopSamples * numberBytes);
}

/** Fast Fourier transform of points in bit-reversed order, in place: radix 2, decimation in time. */
// @ts-ignore: decorator
@inline
function transform(re: usize, im: usize, twiddles: usize): void {
  for (let span: usize = 1; span < points; span *= 2) {
    const step = (points / span) * numberBytes;
    for (let start: usize = 0; start < points; start += 2 * span) {
      for (let n: usize = 0; n < span; n++) {
        const a = (start + n) * vectorBytes;
        const b = a + span * vectorBytes;
        const cos = v128.load_splat<f32>(twiddles + n * step);
        const sin = v128.load_splat<f32>(twiddles + n * step + bins * numberBytes);
        const x = v128.load(re + b);
        const y = v128.load(im + b);
        const turnedRe = f32x4.add(f32x4.mul(x, cos), f32x4.mul(y, sin));
        const turnedIm = f32x4.sub(f32x4.mul(y, cos), f32x4.mul(x, sin));
        const reA = v128.load(re + a);
        const imA = v128.load(im + a);
        v128.store(re + b, f32x4.sub(reA, turnedRe));
        v128.store(im + b, f32x4.sub(imA, turnedIm));
        v128.store(re + a, f32x4.add(reA, turnedRe));
        v128.store(im + a, f32x4.add(imA, turnedIm));
      }
    }
  }
}

/** Rows of a matrix that are summed at once: eight vectors, as many sums as processors keep in registers. */
const blockRows: usize = 32;
const blockBytes: usize = blockRows * numberBytes;

/**
 * Every row of a matrix times `input`, plus its bias; what is below `least` becomes `least`.
 *
 * `weights` lie in blocks of 32 rows, in a block column by column, so that the sums read them one after the other. Inputs
 * of 0 are left out: what was rectified is 0 as often as not. `list` has room for `width` pairs of a value and the place of
 * its column.
 */
export function multiply(weights: usize, bias: usize, rows: usize, input: usize, width: usize, least: f32, list: usize, out: usize): void {
  const end = listNonzero(input, width, list);
  const floor = f32x4.splat(least);
  for (let row: usize = 0; row < rows; row += blockRows) {
    let a = v128.load(bias, 0);
    let b = v128.load(bias, 16);
    let c = v128.load(bias, 32);
    let d = v128.load(bias, 48);
    let e = v128.load(bias, 64);
    let f = v128.load(bias, 80);
    let g = v128.load(bias, 96);
    let h = v128.load(bias, 112);
    for (let at = list; at < end; at += 2 * numberBytes) {
      const value = v128.load_splat<f32>(at);
      const column = weights + load<u32>(at, numberBytes);
      a = f32x4.add(a, f32x4.mul(value, v128.load(column, 0)));
      b = f32x4.add(b, f32x4.mul(value, v128.load(column, 16)));
      c = f32x4.add(c, f32x4.mul(value, v128.load(column, 32)));
      d = f32x4.add(d, f32x4.mul(value, v128.load(column, 48)));
      e = f32x4.add(e, f32x4.mul(value, v128.load(column, 64)));
      f = f32x4.add(f, f32x4.mul(value, v128.load(column, 80)));
      g = f32x4.add(g, f32x4.mul(value, v128.load(column, 96)));
      h = f32x4.add(h, f32x4.mul(value, v128.load(column, 112)));
    }
    v128.store(out, f32x4.max(a, floor), 0);
    v128.store(out, f32x4.max(b, floor), 16);
    v128.store(out, f32x4.max(c, floor), 32);
    v128.store(out, f32x4.max(d, floor), 48);
    v128.store(out, f32x4.max(e, floor), 64);
    v128.store(out, f32x4.max(f, floor), 80);
    v128.store(out, f32x4.max(g, floor), 96);
    v128.store(out, f32x4.max(h, floor), 112);
    weights += width * blockBytes;
    bias += blockBytes;
    out += blockBytes;
  }
}

/** Writes each input that is not 0 and the place of its column to `list`; returns where the list ends. No branch to mispredict. */
// @ts-ignore: decorator
@inline
function listNonzero(input: usize, width: usize, list: usize): usize {
  let end = list;
  for (let n: usize = 0; n < width; n++) {
    const value = load<f32>(input + n * numberBytes);
    store<f32>(end, value);
    store<u32>(end, <u32>(n * blockBytes), numberBytes);
    end += <usize>(value != 0) * 2 * numberBytes;
  }
  return end;
}

/**
 * One step of a long short-term memory of `count` cells. `gates` holds the input, forget, cell and output gates, one after
 * the other; `cells` and `outputs` are replaced.
 */
export function remember(gates: usize, count: usize, cells: usize, outputs: usize): void {
  const gateBytes = count * numberBytes;
  for (let n: usize = 0; n < gateBytes; n += vectorBytes) {
    const gate = gates + n;
    const kept = f32x4.mul(sigmoid(v128.load(gate + gateBytes)), v128.load(cells + n));
    const taken = f32x4.mul(sigmoid(v128.load(gate)), tanh(v128.load(gate + 2 * gateBytes)));
    const cell = f32x4.add(kept, taken);
    v128.store(cells + n, cell);
    v128.store(outputs + n, f32x4.mul(sigmoid(v128.load(gate + 3 * gateBytes)), tanh(cell)));
  }
}

// @ts-ignore: decorator
@inline
function sigmoid(x: v128): v128 {
  const one = f32x4.splat(1);
  return f32x4.div(one, f32x4.add(one, exp(f32x4.neg(x))));
}

// @ts-ignore: decorator
@inline
function tanh(x: v128): v128 {
  const two = f32x4.splat(2);
  return f32x4.sub(f32x4.mul(two, sigmoid(f32x4.mul(two, x))), f32x4.splat(1));
}

/**
 * e to the power of each number, within 2 of its last digits: 2 to the power of the nearest whole number, times a polynomial
 * for what remains (Cephes, expf.c). Beyond ±87 the power of ±87.
 */
// @ts-ignore: decorator
@inline
function exp(power: v128): v128 {
  const x = f32x4.max(f32x4.min(power, f32x4.splat(87)), f32x4.splat(-87));
  const whole = f32x4.nearest(f32x4.mul(x, f32x4.splat(1.44269504088896341)));
  // ln 2 in two parts, of which the first times a small whole number is exact.
  let rest = f32x4.sub(x, f32x4.mul(whole, f32x4.splat(0.693359375)));
  rest = f32x4.sub(rest, f32x4.mul(whole, f32x4.splat(-2.12194440e-4)));
  let sum = f32x4.splat(1.9875691500e-4);
  sum = f32x4.add(f32x4.mul(sum, rest), f32x4.splat(1.3981999507e-3));
  sum = f32x4.add(f32x4.mul(sum, rest), f32x4.splat(8.3334519073e-3));
  sum = f32x4.add(f32x4.mul(sum, rest), f32x4.splat(4.1665795894e-2));
  sum = f32x4.add(f32x4.mul(sum, rest), f32x4.splat(1.6666665459e-1));
  sum = f32x4.add(f32x4.mul(sum, rest), f32x4.splat(5.0000001201e-1));
  sum = f32x4.add(f32x4.mul(f32x4.mul(sum, rest), rest), f32x4.add(rest, f32x4.splat(1)));
  const exponent = i32x4.add(i32x4.trunc_sat_f32x4_s(whole), i32x4.splat(127));
  return f32x4.mul(sum, i32x4.shl(exponent, 23));
}
