import { expect, test } from 'vitest';
import { openVoiceServer } from '#sandbox/voice-server/voice-server.ts';
import { similarity } from '#src/audio/echo/similarity.ts';
import { resample } from '#src/audio/resample.ts';
import {
  ada,
  bob,
  chirp,
  cleo,
  detour,
  enter,
  guildId,
  heardFrames,
  record,
  settle,
  soon,
  speech,
} from './voice-callers.ts';

test('three people in a call hear each other sealed end to end', async () => {
  await using server = await openVoiceServer();
  await using one = await enter(server, ada);
  await using two = await enter(server, bob);
  await using three = await enter(server, cleo);
  const heard = [record(two), record(three)];
  await settle({ [ada]: one, [bob]: two, [cleo]: three });
  const said = await speech('human-cards-001'); // 1095 ms
  await one.speak(said, soon());
  for (const recorded of heard) {
    await heardFrames(recorded, 60);
    expect(recorded.frames.filter(({ audible, sealed }) => audible && sealed)).toHaveLength(55);
    expect(recorded.frames.filter(({ audible }) => !audible)).toHaveLength(5);
    expect(similarity(recorded.pcm(ada), said)).toBeGreaterThan(0.9);
  }
});

test('two people at once are kept apart', async () => {
  await using server = await openVoiceServer();
  await using one = await enter(server, ada);
  await using two = await enter(server, bob);
  await using three = await enter(server, cleo);
  const heard = record(three);
  await settle({ [ada]: one, [bob]: two, [cleo]: three });
  const [clubs, fives] = [await speech('human-cards-001'), await speech('human-cards-004')];
  await Promise.all([one.speak(clubs, soon()), two.speak(fives, soon())]);
  await heardFrames(heard, 60 + 69);
  expect(similarity(heard.pcm(ada), clubs)).toBeGreaterThan(0.9);
  expect(similarity(heard.pcm(bob), fives)).toBeGreaterThan(0.9);
  expect(similarity(heard.pcm(bob), clubs)).toBeLessThan(0.6);
});

test('somebody who hangs up and comes back is heard again', async () => {
  await using server = await openVoiceServer();
  await using one = await enter(server, ada);
  await using two = await enter(server, bob);
  {
    await using three = await enter(server, cleo);
    await settle({ [ada]: one, [bob]: two, [cleo]: three });
  }
  await settle({ [ada]: one, [bob]: two });
  await using three = await enter(server, cleo);
  await settle({ [ada]: one, [bob]: two, [cleo]: three });
  const heard = record(two);
  await three.speak(chirp(200, 300), soon());
  await heardFrames(heard, 15);
  expect(heard.frames.filter(({ sealed }) => sealed)).toHaveLength(10);
  expect(two.counts().stillSealed).toBe(0);
});

test('the last one in a call can be joined again', async () => {
  await using server = await openVoiceServer();
  await using one = await enter(server, ada);
  {
    await using two = await enter(server, bob);
    await settle({ [ada]: one, [bob]: two });
  }
  await settle({ [ada]: one });
  await using three = await enter(server, cleo);
  await settle({ [ada]: one, [cleo]: three });
  const heard = record(one);
  await three.speak(chirp(100, 300), soon());
  await heardFrames(heard, 10);
  expect(heard.frames.filter(({ sealed }) => sealed)).toHaveLength(5);
});

test('a client whose socket broke resumes, and learns what it missed', async () => {
  await using server = await openVoiceServer();
  await using way = await detour(server);
  await using one = await enter(server, ada, way.endpoint);
  await using two = await enter(server, bob);
  await settle({ [ada]: one, [bob]: two });
  way.cut();
  await using three = await enter(server, cleo);
  await settle({ [ada]: one, [bob]: two, [cleo]: three });
  const heard = record(one);
  await three.speak(chirp(100, 300), soon());
  await heardFrames(heard, 10);
  expect(heard.frames.filter(({ sealed }) => sealed)).toHaveLength(5);
});

test('without DAVE people hear each other unsealed', async () => {
  await using server = await openVoiceServer({ dave: 0 });
  await using one = await enter(server, ada);
  await using two = await enter(server, bob);
  await settle({ [ada]: one, [bob]: two });
  const heard = record(two);
  const said = resample(await speech('human-cards-001'), 44_100);
  await one.speak(said, soon());
  await heardFrames(heard, 60);
  expect(heard.frames.some(({ sealed }) => sealed)).toBe(false);
  expect(similarity(heard.pcm(ada), said)).toBeGreaterThan(0.9);
});

test('one thing is said after the other', async () => {
  await using server = await openVoiceServer();
  await using one = await enter(server, ada);
  const [first, second] = await Promise.all([
    one.speak(chirp(100, 300), soon()),
    one.speak(chirp(100, 300), soon()),
  ]);
  expect(second.firstPacketAtMs).toBeGreaterThan(first.lastVoicedAtMs + 90);
});

test('an aborted speech throws the reason of whoever aborted it', async () => {
  await using server = await openVoiceServer();
  await using one = await enter(server, ada);
  const reason = new Error('interrupted');
  const running = new AbortController();
  const saying = one.speak(chirp(2000, 300), running.signal);
  const waiting = one.speak(chirp(2000, 300), AbortSignal.abort(reason));
  await expect(waiting).rejects.toBe(reason);
  running.abort(reason);
  await expect(saying).rejects.toBe(reason);
});

test('somebody thrown out of the call learns it from whatever they wait for', async () => {
  await using server = await openVoiceServer();
  await using one = await enter(server, ada);
  const waits = [one.settled([bob], soon()), one.speak(chirp(2000, 300), soon())];
  server.expel(guildId, ada, 4014);
  for (const wait of waits) await expect(wait).rejects.toMatchObject({ code: 'link.lost' });
});
