import { expect, test } from 'vitest';
import { createWorld } from '#sandbox/world/world-making.ts';
import { MessageBoard, type MessageChange } from '#sandbox/world/world-messages.ts';
import { SteppedClock } from './stepped-clock.ts';

const options = {
  botName: 'Nova',
  guildName: 'Sandbox',
  ownerName: 'Olga',
  textChannels: ['general'],
  voiceChannels: ['Lounge'],
};

test('the board keeps the last 500 messages and tells of every change', () => {
  const world = createWorld(options, new SteppedClock());
  const changes: MessageChange['kind'][] = [];
  const board = new MessageBoard(world, ({ kind }) => void changes.push(kind));
  const posting = { channelId: '1', authorId: '2', ephemeral: false, loading: false };
  const first = board.post(posting, { content: 'first' });
  const seenByOne = board.post({ ...posting, ephemeral: true }, { content: 'seen by one' });
  for (let n = 0; n < 499; n++) board.post(posting, { content: `${n}` });
  expect(board.find(seenByOne.id)).toBeUndefined();
  expect(board.find(first.id)).toBeDefined();
  board.post(posting, { content: 'last' });
  expect(board.find(first.id)).toBeUndefined();
  const [message] = board.inChannel('1');
  if (!message) throw new Error('nothing kept');
  board.edit(message, { content: 'changed' });
  board.remove(message);
  expect(changes.slice(-3)).toEqual(['posted', 'edited', 'deleted']);
});
