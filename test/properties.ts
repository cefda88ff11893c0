import fc from 'fast-check';

/** PROPERTY_RUNS: how many times more runs than the suite makes, for a longer search. */
const runFactor = Number(process.env.PROPERTY_RUNS ?? 1);
/** PROPERTY_SEED. */
const givenSeed = process.env.PROPERTY_SEED;

/** The suite makes the same runs each time, so a change fails by what it changed; a longer search makes others. */
export const suiteSeed = 20_261_121;

if (givenSeed !== undefined) fc.configureGlobal({ seed: Number(givenSeed) });
else if (runFactor === 1) fc.configureGlobal({ seed: suiteSeed });

/**
 * Unit of a string: any code point, surrogates too, as `binary` of fast-check. That makes a table of all of them first: 1 s and 144 MB
 * in each process.
 */
export const anyCharacter = fc
  .nat({ max: 0x10ffff })
  .map((code) => String.fromCodePoint(code), getErrorCode);

/** Runs of a property or a random test: `few` in the suite. */
export function countRuns(few: number) {
  return few * runFactor;
}

/**
 * Lists the rows of a table of servers or forms for which one rule holds: the long tests, and hunts for planted faults, play all; the
 * usual tests the first one.
 *
 * Tests with such a table stand in a `.rows.test.ts` file, which both kinds of tests play.
 */
export function listRows<Row>(rows: readonly Row[]): readonly Row[] {
  return process.env.ALL_ROWS === '1' ? rows : rows.slice(0, 1);
}

export { fc };

function getErrorCode(text: unknown) {
  const code = typeof text === 'string' ? text.codePointAt(0) : undefined;
  if (code === undefined || String.fromCodePoint(code) !== text)
    throw new Error('no character');
  return code;
}
