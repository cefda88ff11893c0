import { expect, test } from 'vitest';
import { openSandbox } from '#sandbox/sandbox.ts';
import { openVoiceServer } from '#sandbox/voice-server/voice-server.ts';
import {
  ada,
  bob,
  chirp,
  enter,
  guildId,
  heardFrames,
  record,
  settle,
  soon,
} from './voice-callers.ts';

/** Sound of ten packets: 100 ms, and the silence frames after it. */
const word = chirp(100, 300);

test('nobody gets a packet of a person who may not speak, until that is taken back', async () => {
  await using server = await openVoiceServer();
  await using one = await enter(server, ada);
  await using two = await enter(server, bob);
  await settle({ [ada]: one, [bob]: two });
  const [heard, back] = [record(two), record(one)];
  server.allow(guildId, ada, { speak: false, hear: true });
  await one.speak(word, soon());
  await two.speak(word, soon());
  await heardFrames(back, 10);
  expect([heard.frames.length, back.frames.length]).toEqual([0, 10]);
  server.allow(guildId, ada, { speak: true, hear: true });
  await one.speak(word, soon());
  await heardFrames(heard, 10);
  expect(heard.frames).toHaveLength(10);
});

test('a person who may not hear gets no packet, also in a call they enter later', async () => {
  await using server = await openVoiceServer();
  server.allow(guildId, ada, { speak: true, hear: false });
  await using one = await enter(server, ada);
  await using two = await enter(server, bob);
  await settle({ [ada]: one, [bob]: two });
  const [heard, back] = [record(two), record(one)];
  await two.speak(word, soon());
  await one.speak(word, soon());
  await heardFrames(heard, 10);
  expect([heard.frames.length, back.frames.length]).toEqual([10, 0]);
  expect(one.counts().receivedPackets).toBe(0);
});

test('whoever is muted, by a moderator or by themselves, is not heard in the channel', async () => {
  await using sandbox = await openSandbox();
  const [guild, adam, eve] = [sandbox.guild(), sandbox.person('Adam'), sandbox.person('Eve')];
  await adam.join('Lounge', soon());
  await eve.join('Lounge', soon());
  await Promise.all([adam.settled(soon()), eve.settled(soon())]);
  const reached = () => [adam, eve].map((each) => each.counts().receivedPackets);
  guild.mute('Adam', true);
  await adam.say(word, soon());
  guild.mute('Adam', false);
  adam.mute(true);
  await adam.say(word, soon());
  adam.mute(false);
  guild.deafen('Eve', true);
  await adam.say(word, soon());
  await eve.say(word, soon());
  await expect.poll(reached).toEqual([10, 0]);
  guild.deafen('Eve', false);
  await adam.say(word, soon());
  await expect.poll(reached).toEqual([10, 10]);
});
