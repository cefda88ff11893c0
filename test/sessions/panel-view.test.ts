import { expect, test } from 'vitest';
import { buttons } from '#commands/buttons.ts';
import { initialState } from '#src/conversation/machine/state.ts';
import { drawPanel } from '#src/discord/panel/panel-face.ts';
import type { ListedTrack } from '#src/features/tracks/track-outcomes.ts';
import { trackPanel } from '#src/features/tracks/track-panel.ts';
import { type FeaturePanel, leftPanel, type PanelFace } from '#src/ports/panel.ts';
import { awayPanel, type PanelFacts, panelOf } from '#src/sessions/panel-view.ts';
import { adam, eva, lounge } from '#test/conversation/setup/session-fixture.ts';

const start = initialState({} as Parameters<typeof initialState>[0]);

/** A bot that listens to Adam, and nobody else. */
function faceOf(features: FeaturePanel, more: Partial<PanelFacts> = {}): PanelFace {
  const gate = { standing: () => 'yes', paused: false } as unknown as PanelFacts['gate'];
  return panelOf({
    state: start,
    channel: lounge,
    botName: 'Nova',
    people: [adam],
    gate,
    nameOf: (id) => id,
    maySpeak: true,
    talkingIds: [],
    isInChat: false,
    features,
    ...more,
  });
}

function shown(...of: Parameters<typeof faceOf>): readonly string[] {
  return drawPanel(undefined, faceOf(...of), 'en', new Map()).content.split('\n');
}

const current = { title: 'rain', positionMs: 43_000, lengthMs: 125_000, loop: false };
const rain: ListedTrack = {
  name: 'bg',
  percent: 30,
  isPaused: false,
  isMuted: false,
  current,
  waiting: [],
};
const sea: ListedTrack = {
  ...rain,
  name: 'main',
  percent: 100,
  isPaused: true,
  current: { title: 'sea', positionMs: 0, loop: false },
};

const tracksLine = (tracks: readonly ListedTrack[]) => shown(trackPanel(tracks, 'en'))[2];

test('tracks read with volume and time under the people, three of them, and none at length', () => {
  expect(shown(trackPanel([rain, sea], 'en')).slice(1)).toEqual([
    'Hearing: Adam',
    '♪ bg: rain, 0:40 / 2:05, 30 %; main: sea, Paused, 0:00, 100 %',
  ]);
  expect(tracksLine(Array(25).fill(rain))).toMatch(/; \+22$/);
  const long = { ...rain, current: { ...current, title: 'x'.repeat(100) } };
  expect(tracksLine([long])?.length).toBeLessThan(80);
});

test('what a track is called pings nobody, forges no line and is no markdown', () => {
  expect(tracksLine([{ ...rain, name: '<@1> @everyone **loud**' }])).toBe(
    '♪ \\<@1> @\u200beveryone \\*\\*loud\\*\\*: rain, 0:40 / 2:05, 30 %',
  );
});

test('the panel names who is not answered', () => {
  const dropped = [0, 1].map((n) => ({ by: `person ${n}`, untilMs: 1 }));
  const state = { ...start, notes: { ...start.notes, dropped } };
  expect(shown({}, { state })[1]).toContain('person 0, person 1');
});

const known = new Map(buttons.map((button) => [button.name, button]));
const consent = ['parley:consent.always', 'parley:consent.never'];
const standings = ['yes', 'no', 'unasked'] as const;
const trackLists = [[], [rain], [rain, sea]];
const states = [true, false].flatMap((isThere) =>
  [true, false].flatMap((isPaused) =>
    standings.flatMap((adams) =>
      standings.flatMap((evas) =>
        trackLists.map((tracks) => ({ isThere, isPaused, adams, evas, tracks })),
      ),
    ),
  ),
);

test.each(states)(
  'the panel has seven buttons at most, and asks only people who have not decided: %j',
  ({ isThere, isPaused, adams, evas, tracks }) => {
    const standing = (id: string) => (id === adam.id ? adams : evas);
    const gate = {
      standing,
      paused: isPaused,
      saidNo: () => true,
    } as unknown as PanelFacts['gate'];
    const people = [adam, eva];
    const face = isThere
      ? faceOf(trackPanel(tracks, 'en'), { gate, people })
      : awayPanel({ gate, people });
    const names = buttonsOf(face);
    const isUndecided = adams === 'unasked' || evas === 'unasked';
    expect(names.length).toBeLessThanOrEqual(7);
    expect(names.filter((name) => consent.includes(name))).toEqual(isUndecided ? consent : []);
  },
);

test('the panel of a bot that left asks nobody', () => {
  expect(buttonsOf(leftPanel())).toEqual(['parley:ask', 'parley:stop', 'parley:more']);
});

function buttonsOf(face: PanelFace): readonly string[] {
  const rows = drawPanel(undefined, face, 'en', known).components ?? [];
  return rows.flatMap(({ components }) => components.map(({ custom_id }) => custom_id));
}
