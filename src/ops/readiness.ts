import type { AlertName } from '#src/base/alerts.ts';
import type { RaisedAlert } from './alert-board.ts';

export type ReadinessReport = { readonly isReady: boolean; readonly lines: readonly string[] };

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
/** Different troubles that are listed; more is a flood. */
const mostTroubles = 50;

/** Whether the process can do its work, and what else is amiss: one line for each check, no ids. */
export class Readiness {
  readonly #sources: ReadinessSources;
  /** Why the store cannot be used. */
  #storeFault: string | undefined;
  readonly #troubles = new Map<string, string>();

  constructor(sources: ReadinessSources) {
    this.#sources = sources;
  }

  /** `why` the store cannot be used; undefined while it can. */
  store(why: string | undefined): void {
    this.#storeFault = why;
  }

  /** Trouble, of one provider for example: it is shown and leaves the process ready. `why` is undefined when it is over. */
  trouble(name: string, why: string | undefined): void {
    if (why === undefined) this.#troubles.delete(name);
    else if (this.#troubles.size < mostTroubles) this.#troubles.set(name, why);
  }

  report(): ReadinessReport {
    const { gateway, heldUpMs, isDraining, raised } = this.#sources;
    const delayMs = Math.round(heldUpMs());
    const alerts = raised();
    const draining = ['draining', 'the process is being stopped'] as const;
    const checks: readonly (readonly [name: string, why: string | undefined])[] = [
      ...(isDraining() ? [draining] : []),
      ['gateway', gateway() ? undefined : 'not connected'],
      ['store', causeOf('store-unwritten', alerts) ?? this.#storeFault],
      [
        'event loop',
        delayMs > longestDelayMs ? `the main thread was blocked for ${delayMs} ms` : undefined,
      ],
    ];
    const lines = checks.map(([name, why]) =>
      why === undefined ? `ok ${name}` : `failed ${name}: ${why}`,
    );
    const isReady = checks.every(([, why]) => why === undefined);
    return { isReady, lines: [...lines, ...troublesOf(alerts), ...this.#reported()] };
  }

  #reported(): readonly string[] {
    return [...this.#troubles].map(([name, why]) => `trouble ${name}: ${why}`);
  }
}

function causeOf(name: AlertName, alerts: readonly RaisedAlert[]): string | undefined {
  return alerts.find((alert) => alert.name === name)?.cause;
}

/** One line for each kind, with a count of channels; checks of the process stand there already. */
function troublesOf(alerts: readonly RaisedAlert[]): readonly string[] {
  const counts = new Map<string, RaisedAlert[]>();
  for (const alert of alerts) {
    if (alert.name !== 'store-unwritten')
      counts.set(alert.name, [...(counts.get(alert.name) ?? []), alert]);
  }
  return [...counts].map(([name, all]) => {
    const channels = all.filter(({ guildId }) => guildId !== undefined).length;
    return channels > 0
      ? `trouble ${name}: in ${channels} ${channels === 1 ? 'channel' : 'channels'}`
      : `trouble ${name}: ${all.map(({ cause }) => cause).join('; ')}`;
  });
}
