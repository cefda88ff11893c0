/** Stryker's record of the tests that run, with the fields used here. */
type StrykerGlobal = {
  readonly __stryker__?: { readonly mutantCoverage?: { perTest: Record<string, unknown> } };
};

// Runs before each test file. Stryker copies its whole record after each: kept for all files, it takes gigabytes.
const { mutantCoverage } = (globalThis as StrykerGlobal).__stryker__ ?? {};
if (mutantCoverage) mutantCoverage.perTest = {};
