// Inner loops of rate changes on WebAssembly SIMD, in AssemblyScript. They are compiled to
// src/audio/polyphase-kernels.wasm: npm run node -- scripts/make-kernels.mjs
// test/audio/polyphase.test.ts computes the same in plain TypeScript.
//
// Addresses and steps are in bytes. A vector (`v128`) holds four numbers of 32 bits.

/** Rows of taps are whole groups of eight numbers. */
const numberBytes: usize = 4;
const groupBytes: usize = 32;

/**
 * Converts 16-bit mono samples, eight at once: up to seven more than `count` are read and written.
 */
export function floatMono(from: usize, to: usize, count: i32): void {
  for (; count > 0; count -= 8) {
    v128.store(to, f32x4.convert_i32x4_s(v128.load_ext<i16>(from)));
    v128.store(to, f32x4.convert_i32x4_s(v128.load_ext<i16>(from, 8)), 16);
    from += 16;
    to += 32;
  }
}

/** Like `floatMono`, but separates two channels of `count` samples each. */
export function floatStereo(from: usize, left: usize, right: usize, count: i32): void {
  for (; count > 0; count -= 4) {
    const pairs = v128.load(from);
    v128.store(left, f32x4.convert_i32x4_s(i32x4.shr_s(i32x4.shl(pairs, 16), 16)));
    v128.store(right, f32x4.convert_i32x4_s(i32x4.shr_s(pairs, 16)));
    from += 16;
    left += 16;
    right += 16;
  }
}

/**
 * Writes `count` outputs of one channel in 16 bits. `from` is the first tap of the first output,
 * and `phase` its row of taps. Each output moves by `step` bytes and `phaseStep` of `up` phases.
 */
export function filterMono(
  taps: usize,
  rowBytes: usize,
  from: usize,
  to: usize,
  count: i32,
  phase: u32,
  up: u32,
  phases: u32,
  step: usize,
  phaseStep: u32,
): void {
  for (; count > 0; count--) {
    let tap = findRow(taps, rowBytes, phase, up, phases);
    const end = tap + rowBytes;
    let at = from;
    let a = f32x4.splat(0);
    let b = f32x4.splat(0);
    for (; tap < end; tap += groupBytes) {
      a = f32x4.add(a, f32x4.mul(v128.load(tap), v128.load(at)));
      b = f32x4.add(b, f32x4.mul(v128.load(tap, 16), v128.load(at, 16)));
      at += groupBytes;
    }
    v128.store_lane<i16>(to, roundSums(f32x4.add(a, b), a), 0);
    to += 2;
    from += step;
    phase += phaseStep;
    if (phase >= up) {
      phase -= up;
      from += numberBytes;
    }
  }
}

/**
 * Like `filterMono`, for two channels that lie `apart` bytes from each other and are written in
 * turn.
 */
export function filterStereo(
  taps: usize,
  rowBytes: usize,
  from: usize,
  to: usize,
  count: i32,
  phase: u32,
  up: u32,
  phases: u32,
  step: usize,
  phaseStep: u32,
  apart: usize,
): void {
  for (; count > 0; count--) {
    let tap = findRow(taps, rowBytes, phase, up, phases);
    const end = tap + rowBytes;
    let left = from;
    let right = from + apart;
    // Two sums a side can be added to at the same time.
    let leftA = f32x4.splat(0);
    let leftB = f32x4.splat(0);
    let rightA = f32x4.splat(0);
    let rightB = f32x4.splat(0);
    for (; tap < end; tap += groupBytes) {
      const weights = v128.load(tap);
      const next = v128.load(tap, 16);
      leftA = f32x4.add(leftA, f32x4.mul(weights, v128.load(left)));
      rightA = f32x4.add(rightA, f32x4.mul(weights, v128.load(right)));
      leftB = f32x4.add(leftB, f32x4.mul(next, v128.load(left, 16)));
      rightB = f32x4.add(rightB, f32x4.mul(next, v128.load(right, 16)));
      left += groupBytes;
      right += groupBytes;
    }
    v128.store_lane<i32>(to, roundSums(f32x4.add(leftA, leftB), f32x4.add(rightA, rightB)), 0);
    to += 4;
    from += step;
    phase += phaseStep;
    if (phase >= up) {
      phase -= up;
      from += numberBytes;
    }
  }
}

/** Finds the taps of a phase, or of the nearest phase below. */
// @ts-ignore: decorator
@inline
function findRow(taps: usize, rowBytes: usize, phase: u32, up: u32, phases: u32): usize {
  const row = up == phases ? phase : (phase * phases) / up;
  return taps + row * rowBytes;
}

/** Sums each of both, rounded to 16 bits and cut where it is too large, into the first two lanes. */
// @ts-ignore: decorator
@inline
function roundSums(left: v128, right: v128): v128 {
  const halves = f32x4.add(
    v128.shuffle<f32>(left, right, 0, 4, 1, 5),
    v128.shuffle<f32>(left, right, 2, 6, 3, 7),
  );
  const sums = f32x4.add(halves, v128.shuffle<f32>(halves, halves, 2, 3, 0, 1));
  const whole = i32x4.trunc_sat_f32x4_s(f32x4.nearest(sums));
  return i16x8.narrow_i32x4_s(whole, whole);
}
