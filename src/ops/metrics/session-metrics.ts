import type { GuildId } from '#src/base/ids.ts';
import { toSnakeCase } from '#src/base/snake-case.ts';
import { measureLatencies } from '#src/ops/latency.ts';
import type { SessionEvent } from '#src/ports/session-events.ts';
import type { Meters } from './meters.ts';

/** An answer should start within half a second. */
const turnBuckets = [
  0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.8, 1, 1.5, 2.5, 5, 10, 20,
];

/** Adds metrics of sessions. Labels are our own words, never ids. */
export function addSessionMetrics(meters: Meters) {
  const present = new Set<string>();
  const dropped = meters.addCounter(
    'dropped',
    'Questions that were dropped while they waited, by reason.',
    ['why'],
  );
  const failed = meters.addCounter('failures', 'Failures, by stage and error code.', [
    'stage',
    'code',
  ]);
  const ignored = meters.addCounter(
    'ignored',
    'Utterances that were not answered, by reason.',
    ['why'],
  );
  const turns = meters.addCounter('turns', 'Questions, by how the answer ended.', [
    'finish',
    'asked',
  ]);
  const instants = meters.addHistogram(
    'turn_instant',
    'Time from the last voiced packet of a spoken question to each instant of its answer.',
    turnBuckets,
    ['instant'],
  );
  const spent = meters.addCounter(
    'spent_usd',
    'US dollars spent on servers, by purpose.',
    ['what'],
  );

  const countAnswer = (event: Extract<SessionEvent, { kind: 'answered' }>) => {
    const { finish, typed } = event;
    turns.inc({ finish, asked: typed ? 'typed' : 'spoken' });
    // A typed question was not heard, so its instants do not count.
    if (typed) return;
    for (const [key, ms] of Object.entries(measureLatencies(event.instants)))
      instants.observe(
        { instant: toSnakeCase(key.replace(/Ms$/, '')) },
        Math.max(0, ms) / 1000,
      );
  };

  return {
    /** The bot is there, or on its way back. */
    present: present as ReadonlySet<string>,

    count(guildId: GuildId, event: SessionEvent) {
      switch (event.kind) {
        case 'joined':
          present.add(guildId);
          return;
        case 'left':
          present.delete(guildId);
          return;
        case 'dropped':
          dropped.inc({ why: event.why });
          return;
        case 'failed':
          failed.inc({ stage: event.stage, code: event.code });
          return;
        case 'ignored':
          ignored.inc({ why: event.why });
          return;
        case 'spent':
          spent.inc({ what: event.what }, event.usd);
          return;
        case 'answered':
          countAnswer(event);
          return;
        default: // alerts are counted by the alert board
      }
    },
  };
}
