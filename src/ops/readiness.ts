import type { RaisedAlert } from './alert-board.ts';

/** Whether the process is ready, with a line for each check. */
export type ReadinessReport = {
  readonly isReady: boolean;
  readonly lines: readonly string[];
};

export type ReadinessDeps = {
  /** Returns whether the gateway is connected. */
  isConnected(): boolean;
  /** Returns whether the process takes nothing new. */
  isDraining(): boolean;
  /** Returns the longest delay of the event loop within the last minute. */
  getLoopDelayMs(): number;
  /** Lists the alerts that are raised now. */
  listAlerts(): readonly RaisedAlert[];
};

/** Longest delay of the event loop, in ms, of a ready process. Beyond this delay, words of a person are cut. */
export const maxLoopDelayMs = 2_000;

/** Readiness of the process, one line a check, without ids. */
export class Readiness {
  readonly #deps;
  #storeFault: string | undefined;

  constructor(deps: ReadinessDeps) {
    this.#deps = deps;
  }

  /** Notes why the store cannot be used, or undefined if it can. */
  setStoreFault(reason: string | undefined): void {
    this.#storeFault = reason;
  }

  /** Checks everything now. Each line begins with `ok` or `failed`. */
  report(): ReadinessReport {
    const deps = this.#deps;
    const delayMs = Math.round(deps.getLoopDelayMs());
    const unwritten = deps.listAlerts().find(({ name }) => name === 'store-unwritten');
    const isLate = delayMs > maxLoopDelayMs;
    const checks: readonly (readonly [name: string, fault: string | undefined])[] = [
      ['process', deps.isDraining() ? 'it is being stopped' : undefined],
      ['gateway', deps.isConnected() ? undefined : 'not connected'],
      ['store', unwritten?.cause ?? this.#storeFault],
      [
        'event loop',
        isLate ? `the main thread was blocked for ${delayMs} ms` : undefined,
      ],
    ];
    const isReady = checks.every(([, fault]) => fault === undefined);
    const lines = checks.map(([name, fault]) =>
      fault === undefined ? `ok ${name}` : `failed ${name}: ${fault}`,
    );
    return { isReady, lines };
  }
}
