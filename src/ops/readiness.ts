import type { RaisedAlert } from './alert-board.ts';

export type ReadinessReport = {
  readonly isReady: boolean;
  readonly lines: readonly string[];
};

export type ReadinessSources = {
  gateway(): boolean;
  /** Returns whether the process takes nothing new. */
  isDraining(): boolean;
  heldUpMs(): number;
  raised(): readonly RaisedAlert[];
};

/** Beyond this delay words of a person were cut. */
export const longestDelayMs = 2_000;

export type Readiness = ReturnType<typeof createReadiness>;

/** Creates the report of readiness, one line a check, without ids. */
export function createReadiness(sources: ReadinessSources) {
  let storeFault: string | undefined;

  return {
    /** Notes why the store cannot be used, or undefined. */
    store(why: string | undefined) {
      storeFault = why;
    },

    report(): ReadinessReport {
      const { gateway, heldUpMs, isDraining, raised } = sources;
      const delayMs = Math.round(heldUpMs());
      const unwritten = raised().find(({ name }) => name === 'store-unwritten');
      const isLate = delayMs > longestDelayMs;
      const checks: readonly (readonly [name: string, why: string | undefined])[] = [
        ['process', isDraining() ? 'it is being stopped' : undefined],
        ['gateway', gateway() ? undefined : 'not connected'],
        ['store', unwritten?.cause ?? storeFault],
        [
          'event loop',
          isLate ? `the main thread was blocked for ${delayMs} ms` : undefined,
        ],
      ];
      const isReady = checks.every(([, why]) => why === undefined);
      const lines = checks.map(([name, why]) =>
        why === undefined ? `ok ${name}` : `failed ${name}: ${why}`,
      );
      return { isReady, lines };
    },
  };
}
