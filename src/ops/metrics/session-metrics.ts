import type { Counter, Histogram } from 'prom-client';
import type { GuildId } from '#src/base/ids.ts';
import { toSnakeCase } from '#src/base/snake-case.ts';
import { measureLatencies } from '#src/ops/latency.ts';
import type { SessionEvent } from '#src/ports/session-events.ts';
import type { Meters } from './meters.ts';

/** An answer should start within half a second. */
const turnBuckets = [
  0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.8, 1, 1.5, 2.5, 5, 10, 20,
];

/** People mostly say a few words. */
const unsentBuckets = [1, 2, 3, 5, 10, 30];

/** Metrics of sessions. Labels are our own words, never ids. */
export class SessionMetrics {
  readonly #presentGuilds = new Set<GuildId>();
  readonly #dropped: Counter<'why'>;
  readonly #failed: Counter<'stage' | 'code'>;
  readonly #ignored: Counter<'why'>;
  readonly #turns: Counter<'finish' | 'asked'>;
  readonly #instants: Histogram<'instant'>;
  readonly #spent: Counter<'what'>;
  readonly #unsent: Histogram;

  /** Adds the metrics to `meters`. */
  constructor(meters: Meters) {
    this.#dropped = meters.addCounter(
      'dropped',
      'Questions that were dropped while they waited, by reason.',
      ['why'],
    );
    this.#failed = meters.addCounter('failures', 'Failures, by stage and error code.', [
      'stage',
      'code',
    ]);
    this.#ignored = meters.addCounter(
      'ignored',
      'Utterances that were not answered, by reason.',
      ['why'],
    );
    this.#turns = meters.addCounter('turns', 'Questions, by how the answer ended.', [
      'finish',
      'asked',
    ]);
    this.#instants = meters.addHistogram(
      'turn_instant',
      'Time from the last voiced packet of a spoken question to each instant of its answer.',
      turnBuckets,
      ['instant'],
    );
    this.#spent = meters.addCounter(
      'spent_usd',
      'US dollars spent on servers, by purpose.',
      ['what'],
    );
    this.#unsent = meters.addHistogram(
      'unsent_speech',
      'Length of the utterances that did not name the bot, so that no paid recogniser got them.',
      unsentBuckets,
    );
  }

  /** Servers where the bot is, or to which it is on its way back. */
  get presentGuilds(): ReadonlySet<GuildId> {
    return this.#presentGuilds;
  }

  /** Counts an event of a session. Alerts are counted by the alert board. */
  countEvent(guildId: GuildId, event: SessionEvent): void {
    switch (event.kind) {
      case 'joined':
        this.#presentGuilds.add(guildId);
        return;
      case 'left':
        this.#presentGuilds.delete(guildId);
        return;
      case 'dropped':
        this.#dropped.inc({ why: event.why });
        return;
      case 'failed':
        this.#failed.inc({ stage: event.stage, code: event.code });
        return;
      case 'ignored':
        this.#ignored.inc({ why: event.why });
        return;
      case 'spent':
        this.#spent.inc({ what: event.what }, event.usd);
        return;
      case 'unsent':
        this.#unsent.observe(event.ms / 1_000);
        return;
      case 'answered':
        this.#countAnswer(event);
        return;
      default: // alerts are counted by the alert board
    }
  }

  #countAnswer(event: Extract<SessionEvent, { kind: 'answered' }>) {
    const { finish, typed } = event;
    this.#turns.inc({ finish, asked: typed ? 'typed' : 'spoken' });
    // A typed question was not heard, so its instants do not count.
    if (typed) return;
    for (const [key, ms] of Object.entries(measureLatencies(event.instants)))
      this.#instants.observe(
        { instant: toSnakeCase(key.replace(/Ms$/, '')) },
        Math.max(0, ms) / 1000,
      );
  }
}
