import type { JsonEvent } from '#src/provider/json-socket.ts';
import {
  type LiveFact,
  newLiveState,
  stepLive,
} from '#src/provider/live/live-protocol.ts';
import { OpenAiProtocol } from '#src/provider/live/openai-protocol.ts';
import { countEvents, readServerHalf, recordingNames } from './live-recordings.ts';

/** Reads events one after the other, as they come from a server. */
function readAll(events: readonly JsonEvent[]) {
  const protocol = new OpenAiProtocol();
  let state = newLiveState;
  const facts: LiveFact[] = [];
  for (const event of events) {
    const [next, told] = stepLive(state, event, protocol);
    state = next;
    facts.push(...told);
  }
  return { state, facts };
}

type FactOf<Kind extends LiveFact['kind']> = Extract<LiveFact, { kind: Kind }>;

function ofKind<Kind extends LiveFact['kind']>(
  facts: readonly LiveFact[],
  kind: Kind,
): readonly FactOf<Kind>[] {
  return facts.filter((fact): fact is FactOf<Kind> => fact.kind === kind);
}

function joinWords(facts: readonly LiveFact[], kind: 'heard' | 'spoke') {
  return ofKind(facts, kind)
    .map(({ text }) => text)
    .join('');
}

async function readRecording(name: string) {
  const half = await readServerHalf(name);
  return { half, ...readAll(half.map(({ event }) => event)) };
}

test.each(recordingNames)(
  'nothing that %s holds is lost or doubled: every event is one fact, and all sound arrives',
  async (name) => {
    const { facts, half, state } = await readRecording(name);
    expect(facts).toHaveLength(half.length);
    expect(state.ignoredEvents).toBe(0);
    expect(ofKind(facts, 'started')).toHaveLength(1);
    const soundEvents = countEvents(half, 'session.output_audio.delta');
    expect(ofKind(facts, 'sound')).toHaveLength(soundEvents);
  },
);

const question = 'Please check the deployment status of the staging environment and';

const told = [
  {
    name: 'live-session',
    heard: `${question} tell me the result.`,
    spoke: 'Okay, checking now.Staging is healthy:',
    seconds: 7,
    ends: [],
  },
  {
    name: 'usable-window-timeout-10000',
    heard: `${question} tell me the result.`,
    spoke: ' Checking that now.',
    seconds: 7,
    ends: ['close_requested'],
  },
  {
    name: 'usable-window-stall-45000',
    heard: `${question} tell me the result`,
    spoke: " Sure, I'll check that. Checking in now,",
    seconds: 7,
    ends: ['close_requested'],
  },
  {
    name: 'usable-window-early-3000',
    heard: `${question} tell me the result.`,
    spoke: 'One moment.',
    seconds: 7,
    ends: ['close_requested'],
  },
  {
    name: 'usable-window-final-3000',
    heard: `${question} tell me the result`,
    spoke: 'Okay, checking that deployment status now.',
    seconds: 7,
    ends: ['close_requested'],
  },
  {
    name: 'usable-window-interrupt',
    heard: `${question} tell me the resultHello. This is a voice connectivity test for the harness plugin. Please replywith one short sentence`,
    spoke:
      'Sure, checking that now.Done: 3 of 3 replicas healthy, no failed deploys in 24',
    seconds: 16,
    ends: ['close_requested'],
  },
] as const;

test.each(told)(
  '$name: words of both sides in their order, the seconds, and why it ended',
  async ({ ends, heard, name, seconds, spoke }) => {
    const { facts, state } = await readRecording(name);
    expect(joinWords(facts, 'heard')).toBe(heard);
    expect(joinWords(facts, 'spoke')).toBe(spoke);
    expect(state.seconds).toBe(seconds);
    expect(ofKind(facts, 'closed').map(({ reason }) => reason)).toEqual(ends);
    expect(ofKind(facts, 'delegated')).toHaveLength(1);
  },
);

test('additions that were never placed are told one by one, and the end still follows', async () => {
  const { facts, half } = await readRecording('usable-window-stall-45000');
  expect(ofKind(facts, 'unplaced')).toHaveLength(countEvents(half, 'error'));
  expect(ofKind(facts, 'unplaced')).toHaveLength(23);
  expect(ofKind(facts, 'placed')).toHaveLength(1);
  expect(facts.at(-1)?.kind).toBe('closed');
});

test('events of another kind, with missing fields or after the end change nothing and are counted', async () => {
  const { facts, half, state } = await readRecording('mini-session');
  expect(ofKind(facts, 'closed')).toEqual([
    { kind: 'closed', reason: 'unknown', seconds: 2 },
  ]);
  expect(facts).toHaveLength(half.length - 1);
  expect(state).toMatchObject({ phase: 'closed', seconds: 2, ignoredEvents: 1 });
  const odd: readonly JsonEvent[] = [
    { type: 'session.whisper.created' },
    { type: 'session.output_audio.delta', delta: 5 },
    { type: 'session.output_transcript.delta' },
    { type: 'session.delegation.created', delegation: null },
    {
      type: 'session.delegation.created',
      delegation: { id: 'r', target: 'responses' },
    },
    {},
  ];
  expect(readAll(odd)).toEqual({
    facts: [],
    state: { ...newLiveState, ignoredEvents: odd.length },
  });
});

test('a delegation that comes twice is one, and a total of seconds replaces the former', () => {
  const delegated = { type: 'session.delegation.created', delegation: { id: 'd1' } };
  const makeUsage = (seconds: number) => {
    return { type: 'session.usage.updated', usage: { seconds } };
  };
  const { facts, state } = readAll([
    delegated,
    makeUsage(7),
    delegated,
    makeUsage(16),
    makeUsage(16),
  ]);
  expect(ofKind(facts, 'delegated')).toHaveLength(1);
  expect(state).toMatchObject({ seconds: 16, ignoredEvents: 1 });
});

test('an error keeps its code, its field and the id of our event', () => {
  const error = {
    type: 'invalid_request_error',
    code: 'invalid_value',
    message: 'Too long.',
    param: 'content',
    client_event_id: 'add_3',
  };
  const { facts } = readAll([{ type: 'error', event_id: 'e1', error }]);
  expect(facts).toEqual([
    {
      kind: 'refused',
      fault: {
        eventId: 'add_3',
        code: 'invalid_value',
        param: 'content',
        message: 'Too long.',
      },
    },
  ]);
});
