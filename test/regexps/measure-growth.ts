import { expect } from 'vitest';

/** Twice the text may cost this much more: linear time, and half for garbage and caches that others use, too; quadratic time takes 4. */
const maxGrowth = 3;
const testedChars = 8_000;
/** Time below which a reading is not judged: the collector weighs more than the work. */
const minMeasuredMs = 5;
/** The system counts CPU time in ticks of up to 4 ms: what is measured takes several of them. */
const measuredMs = 60;
/** A short text that takes this long hangs; longer ones, which might never end, are not tried. Slow ones are judged by their growth. */
const maxShortMs = 250;
const shortChars = [
  12, 16, 20, 22, 24, 26, 28, 32, 40, 64, 125, 250, 500, 1000, 2000,
] as const;
const repetitions = 8;

/** CPU time of this thread, in ms: what other programs do meanwhile does not count. */
function measureCpuMs(work: () => unknown, rounds = 1) {
  const { user, system } = process.threadCpuUsage();
  for (let n = 0; n < rounds; n++) work();
  const usageAfter = process.threadCpuUsage();
  return (usageAfter.user - user + usageAfter.system - system) / 1000 / rounds;
}

function measureWallMs(work: () => unknown) {
  const startedMs = performance.now();
  work();
  return performance.now() - startedMs;
}

/** The least wall time of three tries. Another try makes no long one short. */
function measureOnceMs(work: () => unknown) {
  let onceMs = Number.POSITIVE_INFINITY;
  for (let n = 0; n < 3; n++) {
    onceMs = Math.min(onceMs, measureWallMs(work));
    if (onceMs <= minMeasuredMs || onceMs > measuredMs) break;
  }
  return onceMs;
}

/**
 * Why reading texts made by `textOf` takes more than linear CPU time, or undefined.
 *
 * 8,000 characters against 4,000, the least of several tries each; one good pair of minima is enough.
 */
export function findSuperlinear(
  read: (text: string) => unknown,
  textOf: (chars: number) => string,
) {
  for (const short of shortChars) {
    const readShort = () => read(textOf(short));
    if (measureWallMs(readShort) <= maxShortMs) continue;
    const ms = Math.min(...[1, 2, 3].map(() => measureCpuMs(readShort)));
    if (ms > maxShortMs) return `${short} characters take ${ms.toFixed(0)} ms`;
  }
  const [half, whole] = [textOf(testedChars / 2), textOf(testedChars)];
  const onceMs = measureOnceMs(() => read(whole));
  if (onceMs <= minMeasuredMs) return undefined;
  const rounds = Math.ceil(measuredMs / onceMs);
  let [halfMs, wholeMs] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let n = 0; n < repetitions; n++) {
    wholeMs = Math.min(
      wholeMs,
      measureCpuMs(() => read(whole), rounds),
    );
    halfMs = Math.min(
      halfMs,
      measureCpuMs(() => read(half), rounds * 2),
    );
    if (wholeMs <= halfMs * maxGrowth) return undefined;
  }
  return `${testedChars / 2} characters take ${halfMs.toFixed(1)} ms, ${testedChars} take ${wholeMs.toFixed(1)} ms`;
}

/** `unit` as often as it takes, and an end that makes a match fail late. */
export function repeatUnit(unit: string, end = ''): (chars: number) => string {
  return (count) => unit.repeat(Math.ceil(count / unit.length)).slice(0, count) + end;
}

/** Reading must take linear CPU time on every unit, whole and with an end that fits nothing. */
export function expectLinear(
  read: (text: string) => unknown,
  units: readonly string[],
) {
  const matches = units.flatMap((unit) =>
    ['', '\u0000'].flatMap((end) => {
      const why = findSuperlinear(read, repeatUnit(unit, end));
      return why === undefined ? [] : [`${JSON.stringify(`${unit}…${end}`)}: ${why}`];
    }),
  );
  expect(matches).toEqual([]);
}
