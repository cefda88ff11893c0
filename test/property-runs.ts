/**
 * Runs of a property or a random test: `few` in the suite, and as many times more as PROPERTY_RUNS says, for a longer search.
 */
export function runs(few: number): number {
  return few * Number(process.env.PROPERTY_RUNS ?? 1);
}
