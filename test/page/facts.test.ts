import {
  type FactEvent,
  formatTime,
  listShownTools,
  noFacts,
  readFaders,
  stepFacts,
} from '#page/room/facts.js';
import type { QuietReply } from '#page/room/quiet-commands.js';
import { TrackActs } from '#page/room/track-acts.js';
import type { TrackFact } from '#src/ports/track-fact.ts';

const rain: TrackFact = {
  ...{ name: 'main', title: 'rain', isBusy: true, percent: 80 },
  ...{ isMuted: false, isPaused: false, isLooping: true, waiting: 0 },
  ...{ positionMs: 29_000, lengthMs: 30_000, gainPercent: 80 },
};

function readAt(nowMs: number, ...events: readonly FactEvent[]) {
  const facts = events.reduce(
    (state, event) => stepFacts(state, event, 1_000),
    noFacts,
  );
  return readFaders(facts, nowMs)[0];
}

const tellTracks = (change: Partial<TrackFact>, ageMs = 0): FactEvent => ({
  kind: 'tracks',
  ageMs,
  tracks: [{ ...rain, ...change }],
});

test('a sound goes on between two facts, and begins again in a loop', () => {
  expect(readAt(3_000, tellTracks({}))?.positionMs).toBe(1_000);
  expect(readAt(3_000, tellTracks({ isLooping: false }))?.positionMs).toBe(30_000);
  expect(readAt(3_000, tellTracks({ isPaused: true }))?.positionMs).toBe(29_000);
  expect(readAt(1_500, tellTracks({ positionMs: 0 }, 2_000))?.positionMs).toBe(2_500);
});

test('a fader stays where it was put while the level falls under the voice', () => {
  const ducked = readAt(1_000, tellTracks({ gainPercent: 16 }));
  expect(ducked).toMatchObject({ percent: 80, level: 0.08, isDucked: true });
  expect(readAt(1_000, tellTracks({}))).toMatchObject({ level: 0.4, isDucked: false });
});

test('a track that is paused has no level, and one that is muted is not ducked', () => {
  expect(readAt(1_000, tellTracks({ isPaused: true }))?.level).toBe(0);
  expect(readAt(1_000, tellTracks({ isMuted: true, gainPercent: 0 }))?.isDucked).toBe(
    false,
  );
});

test('a timer that is told again keeps its ring, and a later one gets a new one', () => {
  const timer = { id: 'a', text: '', totalMs: 10_000, remainingMs: 10_000 };
  const first = stepFacts(noFacts, { kind: 'timers', timers: [timer] }, 0);
  const again = { kind: 'timers', timers: [{ ...timer, remainingMs: 6_100 }] } as const;
  expect(stepFacts(first, again, 4_000).timers[0]).toBe(first.timers[0]);
  expect(stepFacts(first, again, 9_000).timers[0]).not.toBe(first.timers[0]);
});

test('a tool is shown while it runs, and for twelve seconds after its end', () => {
  const makeToolFact = (state: string): FactEvent => ({
    kind: 'tools',
    tools: [{ id: '1', tool: 'set_reminder', state }],
  });
  const running = stepFacts(noFacts, makeToolFact('running'), 0);
  expect(listShownTools(running, 60_000)).toHaveLength(1);
  const ended = stepFacts(running, makeToolFact('ran'), 60_000);
  expect(listShownTools(ended, 71_999)).toHaveLength(1);
  expect(listShownTools(ended, 72_001)).toHaveLength(0);
});

test('times are written with two digits behind the first', () => {
  expect([0, 61_000, 3_725_000, -5].map(formatTime)).toEqual([
    '0:00',
    '1:01',
    '1:02:05',
    '0:00',
  ]);
});

type SentCommand = {
  readonly options: object;
  readonly replyWith: (change?: object) => void;
};

function openActs() {
  const sent: SentCommand[] = [];
  const wanted: object[] = [];
  const told: unknown[] = [];
  const sendQuietly = (_name: string, options: object) =>
    new Promise<QuietReply>((resolve) => {
      const done = { ok: true, isPrivate: false, text: 'done', files: [] };
      sent.push({ options, replyWith: (change) => resolve({ ...done, ...change }) });
    });
  const acts = new TrackActs(
    sendQuietly,
    (volumes) => wanted.push(volumes),
    (refusal) => told.push(refusal),
  );
  return { acts, sent, wanted, told };
}

test('a fader that moves has one command on its way, and its last place wins', async () => {
  const { acts, sent, wanted } = openActs();
  const moved = acts.setVolume('main', 90);
  for (const percent of [80, 70, 60]) void acts.setVolume('main', percent);
  expect(sent.map(({ options }) => options)).toEqual([{ level: 90, track: 'main' }]);
  sent[0]?.replyWith();
  await vi.waitFor(() => expect(sent).toHaveLength(2));
  expect(sent[1]?.options).toEqual({ level: 60, track: 'main' });
  expect(wanted.at(-1)).toEqual({ main: 60 });
  sent[1]?.replyWith();
  await moved;
  expect(sent).toHaveLength(2);
  expect(wanted.at(-1)).toEqual({});
});

test('a refusal is told, and the fader goes back', async () => {
  const { acts, sent, told, wanted } = openActs();
  const moved = acts.setVolume('main', 0);
  void acts.setVolume('main', 10);
  sent[0]?.replyWith({ isPrivate: true, text: 'That sound is of Ben.' });
  await moved;
  expect(told).toEqual([{ track: 'main', text: 'That sound is of Ben.' }]);
  expect(sent).toHaveLength(1);
  expect(wanted.at(-1)).toEqual({});
});
