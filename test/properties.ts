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

export { fc };

function getErrorCode(text: unknown) {
  const code = typeof text === 'string' ? text.codePointAt(0) : undefined;
  if (code === undefined || String.fromCodePoint(code) !== text)
    throw new Error('no character');
  return code;
}
