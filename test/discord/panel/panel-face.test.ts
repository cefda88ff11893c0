import { expect, test } from 'vitest';
import { buttons } from '#commands/buttons.ts';
import type { PanelFace, PanelTrack } from '#src/conversation/ports/panel.ts';
import { drawPanel } from '#src/discord/panel/panel-face.ts';
import { panelButtons } from '#src/features/tracks/track-names.ts';
import { builtInLocales } from '#src/texts/locales.ts';
import { type Locale, type TextLine, text } from '#src/texts/texts.ts';

const listening: PanelFace = { state: { kind: 'listening' }, people: [] };

function linesOf(face: PanelFace, locale: Locale = 'en'): readonly string[] {
  const view = { guildId: 'g', locale, botName: 'Nova', buttons: new Map() };
  return drawPanel(undefined, face, view).content.split('\n');
}

test.each(builtInLocales)('the panel names who is next, and who is not answered (%s)', (locale) => {
  const lost = [
    { name: 'Ann', why: 'late' },
    { name: 'Eva', why: 'late' },
    { name: 'Cleo', why: 'budget' },
  ] as const;
  const face: PanelFace = { ...listening, next: 'Ben', lost };
  expect(linesOf(face, locale).slice(1, 4)).toEqual([
    text('panel.next', { name: 'Ben' }, locale),
    text('panel.lost.late', { name: 'Ann, Eva' }, locale),
    text('panel.lost.budget', { name: 'Cleo' }, locale),
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
    'Tracks: bg: rain, 0:40 / 2:05, 30 %; main: sea, Paused, 0:00, 100 %',
  ]);
  const [, many = ''] = linesOf({ ...listening, tracks: Array(25).fill(rain) });
  expect(many).toMatch(/; \+22$/);
  const [, long = ''] = linesOf({ ...listening, tracks: [{ ...rain, title: 'x'.repeat(100) }] });
  expect(long.length).toBeLessThan(80);
});

test('the line of a /join gives way to the headline of now, any other line stays', () => {
  const several = { id: 'join.ok.several', with: { channel: 'Lounge', bot: 'Nova' } } as const;
  const view = { guildId: 'g', locale: 'en', botName: 'Nova', buttons: new Map() } as const;
  const alone = { id: 'join.ok', with: { channel: 'Lounge' } } as const;
  const drawn = (head: TextLine | undefined, face?: PanelFace) =>
    drawPanel(head, face, view).content.split('\n');
  expect(drawn(alone)).toEqual([text('join.ok', { channel: 'Lounge' })]);
  expect(drawn(alone, { ...listening, headline: several })).toEqual([
    text('join.ok.several', several.with),
    'Listening',
  ]);
  expect(drawn(alone, listening)).toEqual(['Listening']);
  const stage = { id: 'muted.server' } as const;
  expect(drawn(stage, { ...listening, headline: several })[0]).toBe(text('muted.server'));
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
  expect(rowsIn([])).toHaveLength(1);
  expect(rowsIn([rain, sea])[1]).toEqual(['track.pause:bg', 'track.skip:bg']);
  expect(rowsIn([sea])[1]?.[0]).toBe('track.pause:main');
  const long = { ...rain, name: '🎸'.repeat(40) };
  const references = rowsIn([long])[1] ?? [];
  expect(references[1]).toMatch(/^track\.skip:#[0-9a-f]{16}$/);
  const unlike = rowsIn([{ ...rain, name: '🥁'.repeat(40) }])[1] ?? [];
  expect(unlike[1]).not.toBe(references[1]);
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
    };
    const plain = { ...face, people: [{ name: 'Ann', heard: 'yes' }], next: 'Ann' } as const;
    expect(linesOf(face)).toHaveLength(linesOf(plain).length);
  },
);

test('the panel has three buttons, and those of consent only while somebody has not decided', () => {
  const namesOf = (people: PanelFace['people']) => {
    const all = new Map(buttons.map((one) => [one.name, one]));
    const view = { guildId: 'g', locale: 'en', botName: 'Nova', buttons: all } as const;
    const { components } = drawPanel(undefined, { ...listening, people }, view);
    return components?.flatMap((row) =>
      row.components.map((one) => ('custom_id' in one ? one.custom_id : '')),
    );
  };
  const three = ['parley:ask', 'parley:stop', 'parley:more'];
  expect(namesOf([{ name: 'Ben', heard: 'yes' }, { heard: 'no' }])).toEqual(three);
  expect(namesOf([{ name: 'Ann', heard: 'unasked' }])).toEqual([
    ...three,
    'parley:consent.always',
    'parley:consent.never',
  ]);
});
