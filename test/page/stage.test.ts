import { emptyRoom } from '#page/room/room-state.js';
import type { Item, Person } from '#page/room/room-types.js';
import { readStage } from '#page/room/stage.js';
import { formatText } from '#src/texts/texts.ts';
import './english.ts';
import words from './stage-words.json' with { type: 'json' };

const room = {
  ...emptyRoom.room,
  people: ['Adam', 'Ben'].map((name) => ({ name, channel: 'Lounge' }) as Person),
  bot: { online: true, channel: 'Lounge', name: 'Nova', speaks: false },
  you: 'Adam',
};

/** The stage while the panel has these lines below its headline, and these buttons beside More. */
function stageOf(lines: readonly string[], buttons: readonly string[]) {
  const panel = {
    ...{ kind: 'message', author: 'Nova', text: ['Talk.', ...lines].join('\n') },
    buttons: [...buttons, 'more'].map((name) => ({ customId: `parley:${name}` })),
  };
  return readStage({ ...emptyRoom, room, items: [panel as Item] }, true);
}

test.each(
  words as unknown as readonly [string, string[], ...Parameters<typeof formatText>][],
)(
  'the stage says %s while the panel with the buttons %j says %s',
  (word, buttons, ...line) =>
    expect(stageOf([formatText(...line)], buttons).word).toBe(word),
);

test('people on the stage have marks for who is heard, in place of the lines that say so', () => {
  const lines = [
    'Searching',
    'Hearing: Adam',
    'Not heard until they press Hear me: Ben',
    '♪ rain',
  ];
  const { word, seats, message } = stageOf(lines, ['ask']);
  expect(seats.map(({ isHeard }) => isHeard)).toEqual([true, false]);
  expect([word, message?.text]).toEqual(['Thinking', '♪ rain']);
});
