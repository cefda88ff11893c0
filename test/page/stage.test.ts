import { expect, test } from 'vitest';
import { emptyRoom, type Item } from '#page/room/room-state.js';
import { readStage } from '#page/room/stage.js';
import { text } from '#src/texts/texts.ts';

const seat = { channel: 'Lounge', isYou: false, speaks: false };
const room = {
  ...emptyRoom.room,
  people: [
    { id: '1', name: 'Adam', ...seat },
    { id: '2', name: 'Ben', ...seat },
  ],
  bot: { online: true, channel: 'Lounge', name: 'Nova', speaks: false },
  you: 'Adam',
};
const hearing = text('panel.people.yes', { names: 'Adam' });
const unheard = (names: string) => text('panel.people.unasked', { names });

/** The stage while the panel has these lines below its headline; where `ask` is no button of it, nobody is answered. */
function stageOf(lines: readonly string[], ...buttons: readonly string[]) {
  const panel = {
    ...{ kind: 'message', key: '1', author: 'Nova', text: ['Talk.', ...lines].join('\n') },
    buttons: [...buttons, 'stop', 'more'].map((name) => ({ customId: `parley:${name}` })),
  };
  return readStage({ ...emptyRoom, room, items: [panel as Item] }, true);
}

test.each([
  ['Listening', [text('panel.listening'), hearing], ['ask']],
  ['Listening', [text('panel.hearing', { name: 'Adam' }), hearing], ['ask']],
  ['Thinking', [text('panel.thinking'), hearing], ['ask']],
  ['Thinking', ['I look it up', hearing], ['ask']],
  ['Speaking', [text('panel.speaking', { name: 'Adam' })], []],
  ['Waiting for Ben', [unheard('Ben')], []],
  ['Waiting for you', [unheard('Adam, Ben')], []],
  ['Paused', [], []],
])('the stage says %s while the panel says %j with the buttons %j', (word, lines, buttons) => {
  expect(stageOf(lines, ...buttons).word).toBe(word);
});

test('people on the stage have marks for who is heard, in place of the lines that say so', () => {
  const stage = stageOf([text('panel.listening'), hearing, unheard('Ben'), '♪ rain'], 'ask');
  expect(stage.seats.map(({ isHeard }) => isHeard)).toEqual([true, false]);
  expect([stage.message?.text, stage.message?.buttons.length]).toEqual(['♪ rain', 2]);
});
