import { expect, test } from 'vitest';
import { openSandbox } from '#sandbox/sandbox.ts';
import { createWorld } from '#sandbox/world/world-making.ts';
import { MessageBoard, type MessageChange } from '#sandbox/world/world-messages.ts';
import { silentVoice } from '#test/sandbox/voice/silent-voice.ts';
import { ask, identified } from './raw-bot.ts';
import { SteppedClock } from './stepped-clock.ts';

const options = {
  botName: 'Nova',
  guildName: 'Sandbox',
  ownerName: 'Olga',
  textChannels: ['general'],
  voiceChannels: ['Lounge'],
};

test('a world made twice at one instant is the same world', () => {
  const one = createWorld(options, new SteppedClock());
  const two = createWorld(options, new SteppedClock());
  expect(one.guild).toEqual(two.guild);
  expect(BigInt(one.bot.id) >> 22n).toBe(BigInt(Date.UTC(2026, 0, 1) + 1000 - 1_420_070_400_000));
});

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

test('a moderator throws the bot out, and its call ends with 4014', async () => {
  const voice = silentVoice();
  await using sandbox = await openSandbox({ voice: voice.half });
  using bot = await identified(sandbox);
  bot.say(4, { guild_id: sandbox.guildId, channel_id: sandbox.channelId('Lounge') });
  await expect.poll(() => sandbox.bot()).toEqual({ online: true, channel: 'Lounge' });
  sandbox.faults.disconnectBot();
  expect(sandbox.bot()).toEqual({ online: true, channel: undefined });
  expect(voice.expelled).toEqual([{ userId: sandbox.botId, closeCode: 4014 }]);
});

test('people who move from channel to channel leave the former call', async () => {
  const voice = silentVoice();
  await using sandbox = await openSandbox({ voice: voice.half });
  const adam = sandbox.person('Adam');
  await adam.join('Lounge', AbortSignal.timeout(20_000));
  await adam.join('Workshop', AbortSignal.timeout(20_000));
  await adam.leave();
  await adam.leave();
  expect(voice.admitted.map(({ channelId }) => channelId)).toEqual([
    sandbox.channelId('Lounge'),
    sandbox.channelId('Workshop'),
  ]);
  await expect(adam.join('general', AbortSignal.timeout(1000))).rejects.toThrow(
    'general is not a voice channel.',
  );
});

test('somebody whose call cannot be opened does not sit in the channel', async () => {
  const voice = silentVoice();
  const connect = () => Promise.reject(new Error('no route'));
  await using sandbox = await openSandbox({ voice: { ...voice.half, connect } });
  const adam = sandbox.person('Adam');
  await expect(adam.join('Lounge', AbortSignal.timeout(1000))).rejects.toThrow('no route');
  const path = `/guilds/${sandbox.guildId}/voice-states/${adam.id}`;
  expect((await ask(sandbox, path)).status).toBe(404);
});

test('the log of requests is bounded', async () => {
  await using sandbox = await openSandbox({ voice: silentVoice().half });
  for (let n = 0; n < 1010; n++) await ask(sandbox, '/gateway');
  expect(sandbox.requests()).toHaveLength(1000);
});

test('ciphers, microphones and faults of voice are there for the people of the sandbox', async () => {
  const soon = AbortSignal.timeout(4000);
  const modes = ['aead_xchacha20_poly1305_rtpsize'] as const;
  await using sandbox = await openSandbox({ dave: 0, modes });
  const adam = sandbox.person('Adam', { microphone: { profile: 'open' } });
  const eve = sandbox.person('Eve');
  await adam.join('Lounge', soon);
  await eve.join('Lounge', soon);
  await eve.settled(soon);
  const hears = () => eve.counts().receivedPackets;
  await expect.poll(hears).toBeGreaterThan(2);
  expect(eve.counts().unopened).toBe(0);
  sandbox.faults.voice.network(eve.id, { down: { dead: true } });
  const before = hears();
  await expect.poll(() => adam.counts().sentPackets).toBeGreaterThan(before + 10);
  expect(hears()).toBeLessThanOrEqual(before + 2);
  sandbox.faults.heal();
  await expect.poll(hears).toBeGreaterThan(before + 4);
});
