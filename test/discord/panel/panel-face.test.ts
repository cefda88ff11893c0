import { expect, test } from 'vitest';
import { buttons } from '#commands/buttons.ts';
import type { PanelFace, PanelTrack } from '#src/conversation/ports/panel.ts';
import { drawPanel } from '#src/discord/panel/panel-face.ts';
import { panelButtons } from '#src/features/tracks/track-names.ts';
import { builtInLocales } from '#src/texts/locales.ts';
import { type Locale, text } from '#src/texts/texts.ts';

const listening: PanelFace = { state: { kind: 'listening' }, people: [], engine: 'built-in' };

function linesOf(face: PanelFace, locale: Locale = 'en'): readonly string[] {
  const view = { guildId: 'g', locale, botName: 'Nova', buttons: new Map() };
  return drawPanel(undefined, face, view).content.split('\n');
}

test.each(builtInLocales)(
  'while the link is away the panel says that it is coming back (%s)',
  (locale) => {
    const face: PanelFace = { ...listening, state: { kind: 'reconnecting' } };
    expect(linesOf(face, locale)[0]).toBe(text('panel.reconnecting', {}, locale));
  },
);

test('whoever was just heard for the first time reads so under the state', () => {
  expect(linesOf({ ...listening, firstHeard: ['Ann'] })[1]).toBe('I hear you, Ann.');
  expect(linesOf({ ...listening, firstHeard: ['Ann', '*Bob*'] })[1]).toBe(
    'I hear you, Ann, \\*Bob\\*.',
  );
  expect(linesOf(listening)).toHaveLength(2);
});

test.each(builtInLocales)(
  'whoever pressed Ask reads under the state that they may go ahead (%s)',
  (locale) => {
    const name = { name: 'Ann' };
    const lines = linesOf({ ...listening, asked: ['Ann'], firstHeard: ['Ann'] }, locale);
    expect(lines.slice(0, 3)).toEqual([
      text('panel.listening', {}, locale),
      text('panel.asked', name, locale),
      text('join.first_heard', name, locale),
    ]);
  },
);

test.each(builtInLocales)('the panel names who is next, and who is not answered (%s)', (locale) => {
  const lost = [
    { name: 'Ann', why: 'late' },
    { name: 'Eva', why: 'late' },
    { name: 'Bob', why: 'crowded' },
    { name: 'Cleo', why: 'budget' },
  ] as const;
  const face: PanelFace = { ...listening, next: 'Ben', lost };
  expect(linesOf(face, locale).slice(1, 5)).toEqual([
    text('panel.next', { name: 'Ben' }, locale),
    text('panel.lost.crowded', { name: 'Bob' }, locale),
    text('panel.lost.late', { name: 'Ann, Eva' }, locale),
    text('panel.lost.budget', { name: 'Cleo' }, locale),
  ]);
});

test.each(builtInLocales)('the panel shows what was understood (%s)', (locale) => {
  const understood = [
    { name: 'Ann', words: 'what *is* it\n@everyone' },
    { name: 'Eva', words: 'and Lima' },
  ];
  expect(linesOf({ ...listening, understood }, locale).slice(1, 3)).toEqual([
    text('panel.heard', { name: 'Ann', words: 'what \\*is\\* it @\u200beveryone' }, locale),
    text('panel.heard', { name: 'Eva', words: 'and Lima' }, locale),
  ]);
});

test.each(builtInLocales)('the panel says who needs the name, and since when (%s)', (locale) => {
  const unnamed = [
    { name: 'Ann', isLate: false },
    { name: 'Eva', isLate: true },
  ];
  expect(linesOf({ ...listening, unnamed }, locale).slice(1, 3)).toEqual([
    text('panel.unnamed', { name: 'Ann', bot: 'Nova' }, locale),
    text('panel.unnamed.late', { name: 'Eva', bot: 'Nova' }, locale),
  ]);
});

test.each(builtInLocales)('while a tool runs the panel names the step (%s)', (locale) => {
  const face: PanelFace = { ...listening, state: { kind: 'step', step: 'slow.voice' } };
  expect(linesOf(face, locale)[0]).toBe(text('slow.voice', {}, locale));
});

test('lines of features stand before the engine', () => {
  const lines = [{ id: 'panel.paused' }, { id: 'panel.thinking' }] as const;
  expect(linesOf({ ...listening, lines })).toEqual([
    'Listening',
    'Paused',
    'Thinking',
    linesOf(listening).at(-1),
  ]);
});

const rain = {
  name: 'bg',
  title: 'rain',
  percent: 30,
  isPaused: false,
  isMuted: false,
  positionMs: 40_000,
  lengthMs: 125_000,
};
const sea = {
  name: 'main',
  title: 'sea',
  percent: 100,
  isPaused: true,
  isMuted: false,
  positionMs: 0,
};

test('tracks read with volume and time under the people', () => {
  const people = [{ name: 'Ann', heard: 'yes' }] as const;
  const lines = linesOf({ ...listening, people, tracks: [rain, sea] });
  expect(lines.slice(1, 3)).toEqual([
    'Hearing: Ann',
    'Tracks: bg: rain, 0:40 / 2:05, 30 %; main: sea, paused at 0:00, 100 %',
  ]);
  const [, many = ''] = linesOf({ ...listening, tracks: Array(25).fill(rain) });
  expect(many).toMatch(/; \+22$/);
  const [, long = ''] = linesOf({ ...listening, tracks: [{ ...rain, title: 'x'.repeat(100) }] });
  expect(long.length).toBeLessThan(80);
});

test('a second row of buttons steers the first track while there is one', () => {
  const known = new Map(buttons.map((button) => [button.name, button]));
  const view = { guildId: 'g', locale: 'en', botName: 'Nova', buttons: known } as const;
  const rowsIn = (tracks: readonly PanelTrack[]) =>
    drawPanel(
      undefined,
      { ...listening, tracks, buttons: panelButtons(tracks) },
      view,
    ).components?.map(({ components }) =>
      components.map(({ custom_id }) => custom_id.replace('parley:', '')),
    ) ?? [];
  expect(rowsIn([])).toHaveLength(2);
  expect(rowsIn([rain, sea])[1]).toEqual([
    ...['track.pause:bg', 'track.skip:bg', 'track.quieter:bg', 'track.louder:bg', 'track.list'],
  ]);
  expect(rowsIn([sea])[1]?.[0]).toBe('track.resume:main');
  const long = { ...rain, name: '🎸'.repeat(40) };
  const references = rowsIn([long])[1] ?? [];
  expect(references[2]).toMatch(/^track\.quieter:#[0-9a-f]{16}$/);
  const unlike = rowsIn([{ ...rain, name: '🥁'.repeat(40) }])[1] ?? [];
  expect(unlike[2]).not.toBe(references[2]);
  const longest = { ...rain, name: '雨 '.repeat(37) };
  for (const name of rowsIn([longest])[1] ?? [])
    expect(`parley:${name}`.length).toBeLessThanOrEqual(100);
});

test('what a track is called pings nobody, forges no line and is no markdown', () => {
  const named = (name: string) => linesOf({ ...listening, tracks: [{ ...rain, name }] });
  expect(named('<@1> @everyone **loud**')[1]).toBe(
    'Tracks: \\<@1> @\u200beveryone \\*\\*loud\\*\\*: rain, 0:40 / 2:05, 30 %',
  );
});

test.each(['\n', '\r\n', '\v', '\u0085', '\u2028'])(
  'a name with a line break (%j) forges no line of the panel',
  (lineBreak) => {
    const forged = `Ann${lineBreak}I hear: Eve`;
    const face: PanelFace = {
      state: { kind: 'speaking', name: forged },
      people: [{ name: forged, heard: 'yes' }],
      next: forged,
      engine: 'built-in',
    };
    const plain = { ...face, people: [{ name: 'Ann', heard: 'yes' }], next: 'Ann' } as const;
    expect(linesOf(face)).toHaveLength(linesOf(plain).length);
  },
);

test('who is named by the panel may take their name out there; otherwise no such button stands on it', () => {
  const namesOf = (people: PanelFace['people']) => {
    const all = new Map(buttons.map((one) => [one.name, one]));
    const view = { guildId: 'g', locale: 'en', botName: 'Nova', buttons: all } as const;
    const { components } = drawPanel(undefined, { ...listening, people }, view);
    return JSON.stringify(components);
  };
  expect(namesOf([{ name: 'Ann', heard: 'unasked' }])).toContain(text('button.hide_name'));
  const others = [{ heard: 'unasked' }, { name: 'Ben', heard: 'yes' }, { heard: 'no' }] as const;
  expect(namesOf(others)).not.toContain(text('button.hide_name'));
});
