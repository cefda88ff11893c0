import { latencies } from '#src/ops/latency.ts';
import type { FeatureEventKind, SessionEvent } from '#src/ports/session-events.ts';
import type { Meters } from './meters.ts';

type EventOf<Kind> = Extract<SessionEvent, { kind: Kind }>;

/** Around the times people notice: an answer should start within half a second. */
const turnBuckets = [
  0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.8, 1, 1.5, 2.5, 5, 10, 20,
];
/** Buckets in s, up to the deadline of a join. */
const joinBuckets = [0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 15];

type CountedKind = 'dropped' | 'failed' | 'ignored' | 'left' | 'tool' | 'typed';

/** Counters of events, whose labels are fields of the event. */
const counted: {
  readonly [Kind in CountedKind]: FeatureEventKind<keyof EventOf<Kind> & string>['meter'];
} = {
  dropped: {
    counter: 'dropped',
    help: 'Questions that were dropped while they waited, by reason.',
    labels: ['why'],
  },
  failed: {
    counter: 'failures',
    help: 'Failures, by stage and error code.',
    labels: ['stage', 'code'],
  },
  ignored: {
    counter: 'ignored',
    help: 'Utterances that were not answered, by reason.',
    labels: ['why'],
  },
  left: { counter: 'leaves', help: 'Voice channels left, by reason.', labels: ['why'] },
  tool: {
    counter: 'tool_calls',
    help: 'Calls of tools by a model, by how they ended.',
    labels: ['tool', 'how'],
  },
  typed: {
    counter: 'typed',
    help: 'Messages in the chat of a channel, by outcome.',
    labels: ['outcome'],
  },
};

/** Counts what happens in voice channels; labels are words of ours, never ids. */
export function sessionMetrics(meters: Meters, kinds: readonly FeatureEventKind[]) {
  const present = new Set<string>();
  const core = new Map(
    Object.entries(counted).map(([kind, meter]) => [kind, countedBy(meter, meters)]),
  );
  const features = new Map(kinds.map((kind) => [kind, countedBy(kind.meter, meters)]));
  const joined = 'Time from the call until the bot was in the channel.';
  const joins = meters.seconds('join', joined, joinBuckets);
  const answers = 'Questions, by how the answer ended.';
  const turns = meters.counter('turns', answers, ['finish', 'asked']);
  const timed =
    'Time from the last voiced packet of a spoken question to each instant of its answer.';
  const instants = meters.seconds('turn_instant', timed, turnBuckets, ['instant']);
  const heard =
    'Packets of people who are heard, by outcome; one packet may have several outcomes.';
  const packets = meters.counter('voice_packets', heard, ['fate']);
  const paid = 'US dollars spent on servers, by purpose.';
  const spent = meters.counter('spent_usd', paid, ['what']);
  meters.gauge('channels', 'Voice channels the bot is in.', () => present.size);

  /** A typed question was not heard: its instants would spoil the figures of those that were. */
  const answered = ({ finish, typed, ...event }: EventOf<'answered'>): void => {
    turns.inc({ finish, asked: typed ? 'typed' : 'spoken' });
    if (typed) return;
    for (const [key, ms] of Object.entries(latencies(event.instants)))
      instants.observe({ instant: labelOf(key) }, Math.max(0, ms) / 1000);
  };

  return {
    /** Servers with a voice channel the bot is in, or on its way back to. */
    present: present as ReadonlySet<string>,

    count(guildId: string, event: SessionEvent): void {
      core.get(event.kind)?.(event);
      switch (event.kind) {
        case 'joined':
          present.add(guildId);
          joins.observe(event.tookMs / 1000);
          return;
        case 'left':
          present.delete(guildId);
          return;
        case 'stream':
          for (const [fate, count] of Object.entries(event.packets)) packets.inc({ fate }, count);
          return;
        case 'spent':
          spent.inc({ what: event.what }, event.usd);
          return;
        case 'feature':
          features.get(event.of)?.(event.fields);
          return;
        case 'answered':
          answered(event);
          return;
        default: // `counted` has all there is to count; alerts are counted by the alert board
      }
    },
  };
}

/** Counts an event by its fields. */
function countedBy(meter: FeatureEventKind['meter'], meters: Meters): (fields: object) => void {
  if (!meter) return () => undefined;
  const of = (fields: object, name: string): unknown => Reflect.get(fields, name);
  if ('seconds' in meter) {
    const histogram = meters.seconds(meter.seconds, meter.help, turnBuckets);
    return (fields) => histogram.observe(Number(of(fields, meter.field)) / 1000);
  }
  const counter = meters.counter<string>(meter.counter, meter.help, [...meter.labels]);
  return (fields) =>
    counter.inc(
      Object.fromEntries(meter.labels.map((label) => [label, `${of(fields, label) ?? ''}`])),
    );
}

/** `firstTokenMs` is labelled `first_token`. */
function labelOf(key: string): string {
  return key.replace(/Ms$/, '').replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
