import { expect } from 'vitest';

const testedChars = 8_000;
const parts = 8;
/** One text may cost three times what the same amount costs in eight parts: linear time costs the same, quadratic time eight times as much. */
const maxGrowth = 3;
/** Time below which a reading is not judged: the collector weighs more than the work. */
const minMeasuredMs = 5;
/** A short text that takes this long hangs; longer ones, which might never end, are not tried. Slow ones are judged by their growth. */
const maxShortMs = 250;
const shortChars = [
  12, 16, 20, 22, 24, 26, 28, 32, 40, 64, 125, 250, 500, 1000, 2000,
] as const;
const tries = 5;

/** CPU time of this thread, in ms: what other programs do meanwhile does not count. */
function measureCpuMs(work: () => unknown) {
  const { user, system } = process.threadCpuUsage();
  work();
  const usageAfter = process.threadCpuUsage();
  return (usageAfter.user - user + usageAfter.system - system) / 1000;
}

function measureWallMs(work: () => unknown) {
  const startedMs = performance.now();
  work();
  return performance.now() - startedMs;
}

/**
 * Why reading texts made by `textOf` takes more than linear CPU time, or undefined.
 *
 * 64,000 characters at once against eight times 8,000, the least of several tries each; one good pair of minima is enough.
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
  const [part, whole] = [textOf(testedChars), textOf(testedChars * parts)];
  const readPart = () => read(part);
  if (Math.min(...[1, 2, 3].map(() => measureWallMs(readPart))) <= minMeasuredMs)
    return undefined;
  const readParts = () => {
    for (let n = 0; n < parts; n++) read(part);
  };
  const readWhole = () => read(whole);
  let [partsMs, wholeMs] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let n = 0; n < tries; n++) {
    partsMs = Math.min(partsMs, measureCpuMs(readParts));
    wholeMs = Math.min(wholeMs, measureCpuMs(readWhole));
    if (wholeMs <= partsMs * maxGrowth) return undefined;
  }
  return `${whole.length} characters take ${wholeMs.toFixed(1)} ms, ${parts} times ${part.length} take ${partsMs.toFixed(1)} ms`;
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
