import { latencies } from '#src/ops/latency.ts';
import type { FeatureEventKind, SessionEvent } from '#src/ports/session-events.ts';
import type { Meters } from './meters.ts';

type AnsweredEvent = Extract<SessionEvent, { kind: 'answered' }>;
type FeatureFields = Extract<SessionEvent, { kind: 'feature' }>['fields'];

/** Around the times people notice: an answer should start within half a second. */
const turnBuckets = [
  0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.8, 1, 1.5, 2.5, 5, 10, 20,
];
/** Buckets in s, up to the deadline of a join. */
const joinBuckets = [0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 15];

/** Counts what happens in voice channels; labels are words of ours, never ids. */
export class SessionMetrics {
  readonly #present = new Set<string>();
  readonly #meters;
  /** Count the events of features, by their kind. */
  readonly #features: ReadonlyMap<FeatureEventKind, (fields: FeatureFields) => void>;

  constructor(meters: Meters, kinds: readonly FeatureEventKind[]) {
    this.#meters = sessionMeters(meters);
    this.#features = new Map(kinds.map((kind) => [kind, featureMeter(kind, meters)]));
    meters.gauge('channels', 'Voice channels the bot is in.', () => this.#present.size);
  }

  /** Servers with a voice channel the bot is in, or on its way back to. */
  get present(): ReadonlySet<string> {
    return this.#present;
  }

  count(guildId: string, event: SessionEvent): void {
    const meters = this.#meters;
    switch (event.kind) {
      case 'joined':
        this.#present.add(guildId);
        meters.joins.observe(event.tookMs / 1000);
        return;
      case 'left':
        this.#present.delete(guildId);
        meters.leaves.inc({ why: event.why });
        return;
      case 'stream':
        for (const [fate, count] of Object.entries(event.packets))
          meters.packets.inc({ fate }, count);
        return;
      case 'recogniser-full':
        meters.recogniserWaits.inc();
        return;
      case 'typed':
        meters.typed.inc({ outcome: event.outcome });
        return;
      case 'ignored':
        meters.ignored.inc({ why: event.why });
        return;
      case 'dropped':
        meters.dropped.inc({ why: event.why });
        return;
      case 'spent':
        meters.spent.inc({ what: event.what }, event.usd);
        return;
      case 'tool':
        meters.tools.inc({ tool: event.tool, how: event.how });
        return;
      case 'feature':
        this.#features.get(event.of)?.(event.fields);
        return;
      case 'answered':
        this.#answered(event);
        return;
      case 'failed':
        meters.failures.inc({ stage: event.stage, code: event.code });
        return;
      case 'recognised':
      case 'erased':
      case 'line':
      case 'words':
      case 'alert':
        return; // alerts are counted by the alert board
    }
  }

  /** A typed question was not heard: its instants would spoil the figures of those that were. */
  #answered({ finish, typed, instants }: AnsweredEvent): void {
    const meters = this.#meters;
    meters.turns.inc({ finish, asked: typed ? 'typed' : 'spoken' });
    if (typed) return;
    for (const [key, ms] of Object.entries(latencies(instants))) {
      meters.instants.observe({ instant: labelOf(key) }, Math.max(0, ms) / 1000);
    }
  }
}

function sessionMeters(meters: Meters) {
  return {
    joins: meters.seconds(
      'join',
      'Time from the call until the bot was in the channel.',
      joinBuckets,
    ),
    leaves: meters.counter('leaves', 'Voice channels left, by reason.', ['why']),
    turns: meters.counter('turns', 'Questions, by how the answer ended.', ['finish', 'asked']),
    typed: meters.counter('typed', 'Messages in the chat of a channel, by outcome.', ['outcome']),
    ignored: meters.counter('ignored', 'Utterances that were not answered, by reason.', ['why']),
    dropped: meters.counter(
      'dropped',
      'Questions that were dropped while they waited, by reason.',
      ['why'],
    ),
    instants: meters.seconds(
      'turn_instant',
      'Time from the last voiced packet of a spoken question to each instant of its answer.',
      turnBuckets,
      ['instant'],
    ),
    failures: meters.counter('failures', 'Failures, by stage and error code.', ['stage', 'code']),
    packets: meters.counter(
      'voice_packets',
      'Packets of people who are heard, by outcome; one packet may have several outcomes.',
      ['fate'],
    ),
    spent: meters.counter('spent_usd', 'US dollars spent on servers, by purpose.', ['what']),
    tools: meters.counter('tool_calls', 'Calls of tools by a model, by how they ended.', [
      'tool',
      'how',
    ]),
    recogniserWaits: meters.counter(
      'recogniser_waits',
      'Utterances that waited because all recogniser slots were busy.',
    ),
  };
}

function featureMeter(
  { meter }: FeatureEventKind,
  meters: Meters,
): (fields: FeatureFields) => void {
  if (!meter) return () => undefined;
  if ('seconds' in meter) {
    const histogram = meters.seconds(meter.seconds, meter.help, turnBuckets);
    return (fields) => histogram.observe(Number(fields[meter.field]) / 1000);
  }
  const counter = meters.counter<string>(meter.counter, meter.help, [...meter.labels]);
  return (fields) =>
    counter.inc(Object.fromEntries(meter.labels.map((label) => [label, fields[label] ?? ''])));
}

/** `firstTokenMs` is labelled `first_token`. */
function labelOf(key: string): string {
  return key.replace(/Ms$/, '').replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
