import { expect, test } from 'vitest';
import { emptyRoom, type Room, type RoomLine, stepRoom } from '#page/room/room-state.js';
import { readStage } from '#page/room/stage.js';
import { text } from '#src/texts/texts.ts';

const room = {
  ...emptyRoom.room,
  people: ['Adam', 'Ben'].map((name) => ({
    ...{ id: name, name, channel: 'Lounge', isYou: name === 'Adam', speaks: false },
  })),
  bot: { online: true, channel: 'Lounge', name: 'Nova', speaks: false },
  you: 'Adam',
};
const heard = text('panel.people.yes', { names: 'Adam' });
const unheard = text('panel.people.unasked', { names: 'Ben' });

/** The stage of a room whose panel has these lines below its headline, and these buttons. */
function stageOf(lines: readonly string[], buttons: readonly string[] = ['ask'], of: Room = room) {
  const panel = {
    ...{ kind: 'message', change: 'posted', id: '1', channel: 'Lounge', author: 'Nova' },
    text: ['Just talk to me.', ...lines].join('\n'),
    buttons: [...buttons, 'stop', 'more'].map((name) => ({
      customId: `parley:${name}`,
      label: name,
    })),
  };
  const told = [{ kind: 'state', ...of }, panel] as RoomLine[];
  return readStage(told.reduce(stepRoom, emptyRoom), true);
}

test.each([
  ['Listening', [text('panel.listening'), heard]],
  ['Listening', [text('panel.hearing', { name: 'Adam' }), heard]],
  ['Thinking', [text('panel.thinking'), heard]],
  ['Thinking', ['I look it up', heard]],
  ['Speaking', [text('panel.speaking', { name: 'Adam' }), heard]],
])('the stage says %s while the panel says %j', (word, lines) => {
  expect(stageOf(lines)).toMatchObject({ word, headline: 'Just talk to me.' });
});

test('where nobody is answered, the stage says for whom the bot waits, or that it is paused', () => {
  expect(stageOf([unheard], []).word).toBe('Waiting for Ben');
  expect(stageOf([text('panel.people.unasked', { names: 'Adam, Ben' })], []).word).toBe(
    'Waiting for you',
  );
  expect(stageOf([], []).word).toBe('Paused');
  const { bot } = room;
  expect(stageOf([], [], { ...room, bot: { ...bot, speaks: true } }).word).toBe('Speaking');
  expect(readStage({ ...emptyRoom, room }, false).word).toBe('Connecting');
  const away = {
    ...emptyRoom,
    room: { ...room, bot: { online: true, name: 'Nova', speaks: false } },
  };
  expect(readStage(away, true)).toMatchObject({ word: 'Away', headline: 'Not here.' });
});

test('people on the stage have marks for who is heard, in place of the lines that say so', () => {
  const { seats, message, stop } = stageOf([text('panel.listening'), heard, unheard, '♪ rain']);
  expect(seats.map(({ name, isHeard }) => [name, isHeard])).toEqual([
    ['Adam', true],
    ['Ben', false],
  ]);
  expect([message?.text, message?.buttons.length, stop?.label]).toEqual(['♪ rain', 2, 'stop']);
});
