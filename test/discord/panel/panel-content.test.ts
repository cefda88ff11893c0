import { buttons } from '#commands/buttons.ts';
import { drawPanel } from '#src/discord/panel/panels.ts';
import { describeTrackPanel } from '#src/features/tracks/session-tracks.ts';
import type { ListedTrack } from '#src/features/tracks/track-request-outcomes.ts';
import type { PanelContent } from '#src/ports/panel.ts';
import { formatText, type TextLine } from '#src/texts/texts.ts';

const known = new Map(buttons.map((button) => [button.name, button]));
const listening: PanelContent = {
  lines: [{ id: 'panel.listening' }],
  rows: [['ask', 'stop', 'more']],
};

const rain: ListedTrack = {
  name: 'bg',
  percent: 30,
  isPaused: false,
  isMuted: false,
  current: { title: 'rain', positionMs: 40_000, lengthMs: 125_000, loop: false },
  waiting: [],
};
const sea = { ...rain, name: 'main' };

test('the sentence of a panel stands until its content is known, and no longer', () => {
  const anew = { id: 'seat.returned.anew' } as const;
  const drawLines = (head: TextLine | undefined, content?: PanelContent) =>
    drawPanel(head, content, 'en', known).content.split('\n');
  expect(drawLines(anew)).toEqual([formatText('seat.returned.anew')]);
  expect(drawLines(anew, listening)).toEqual(['Listening']);
});

test('a second row of buttons steers the first track while there is one', () => {
  const rowsIn = (tracks: readonly ListedTrack[]) =>
    drawPanel(
      undefined,
      {
        ...listening,
        rows: [['stop'], describeTrackPanel(tracks, 'en').buttons ?? []],
      },
      'en',
      known,
    ).components?.map(({ components }) =>
      components.map(({ custom_id }) => custom_id.replace('parley:', '')),
    ) ?? [];
  expect(rowsIn([])).toHaveLength(1);
  expect(rowsIn([rain, sea])[1]).toEqual(['track.pause:bg', 'track.skip:bg']);
  expect(rowsIn([sea])[1]?.[0]).toBe('track.pause:main');
  for (const name of rowsIn([{ ...rain, name: '雨 '.repeat(37) }])[1] ?? [])
    expect(`parley:${name}`.length).toBeLessThanOrEqual(100);
});

test.each(['\n', '\r\n', '\v', '\u0085', '\u2028'])(
  'a name with a line break (%j) forges no line of the panel',
  (lineBreak) => {
    const forged = `Ann${lineBreak}I hear: Eve`;
    const drawSpeaking = (name: string) => {
      const lines = [{ id: 'panel.speaking', with: { name } } as const];
      return drawPanel(undefined, { ...listening, lines }, 'en', known).content.split(
        '\n',
      );
    };
    expect(drawSpeaking(forged)).toHaveLength(drawSpeaking('Ann').length);
  },
);
