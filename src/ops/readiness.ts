import type { RaisedAlert } from './alert-board.ts';

export type ReadinessReport = {
  readonly isReady: boolean;
  readonly lines: readonly string[];
};

export type ReadinessSources = {
  /** Whether the main gateway is connected. */
  gateway(): boolean;
  /** Whether the process is being stopped and takes nothing new. */
  isDraining(): boolean;
  /** Longest delay of the event loop, in ms, within the last half to whole minute. */
  heldUpMs(): number;
  raised(): readonly RaisedAlert[];
};

/** Delay of the event loop, in ms, beyond which a process is neither healthy nor ready: it cut words of a person. */
export const longestDelayMs = 2_000;

/** Whether the process can do its work: one line for each check, no ids. */
export class Readiness {
  readonly #sources;
  /** Why the store cannot be used. */
  #storeFault: string | undefined;

  constructor(sources: ReadinessSources) {
    this.#sources = sources;
  }

  /** `why` the store cannot be used; undefined while it can. */
  store(why: string | undefined): void {
    this.#storeFault = why;
  }

  report(): ReadinessReport {
    const { gateway, heldUpMs, isDraining, raised } = this.#sources;
    const delayMs = Math.round(heldUpMs());
    const unwritten = raised().find(({ name }) => name === 'store-unwritten');
    const isLate = delayMs > longestDelayMs;
    const checks: readonly (readonly [name: string, why: string | undefined])[] = [
      ['process', isDraining() ? 'it is being stopped' : undefined],
      ['gateway', gateway() ? undefined : 'not connected'],
      ['store', unwritten?.cause ?? this.#storeFault],
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
  }
}
