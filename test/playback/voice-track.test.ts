import { expect, test } from 'vitest';
import { SpokenReply } from '#src/playback/reply/spoken-reply.ts';
import { VoiceTrack } from '#src/playback/reply/voice-track.ts';
import { level, open, VirtualListener } from './listening.ts';

async function reply(value: number, ms: number): Promise<SpokenReply> {
  const made = new SpokenReply();
  await made.write(level(value, ms), `Level ${value}.`, open);
  made.end();
  return made;
}

test('replies play one after the other without a gap', async () => {
  const track = new VoiceTrack();
  const listener = new VirtualListener(track);
  expect(track.add(await reply(1, 40))).toEqual({ kind: 'added', place: 1 });
  expect(track.add(await reply(2, 20))).toEqual({ kind: 'added', place: 2 });
  listener.steps(4);
  expect(listener.levels).toEqual([1, 1, 2, undefined]);
});

test('a reply waits while the one before it is late', async () => {
  const track = new VoiceTrack();
  const listener = new VirtualListener(track);
  const first = new SpokenReply();
  track.add(first);
  track.add(await reply(2, 20));
  listener.step();
  await first.write(level(1, 20), 'First.', open);
  first.end();
  listener.steps(2);
  expect(listener.levels).toEqual([undefined, 1, 2]);
});

test('a line that is full says so and leaves the reply alone', async () => {
  const track = new VoiceTrack(1);
  track.add(await reply(1, 20));
  const second = await reply(2, 20);
  expect(track.add(second)).toEqual({ kind: 'full', limit: 1 });
  expect(second.over).toBe(false);
});

test('a reply that was cut while waiting gives its place away', async () => {
  const track = new VoiceTrack(2);
  const waiting = await reply(2, 20);
  track.add(await reply(1, 20));
  track.add(waiting);
  waiting.cut();
  expect(track.add(await reply(3, 20))).toEqual({ kind: 'added', place: 2 });
});

test('a cut of the track silences the line, not only what sounds', async () => {
  const track = new VoiceTrack();
  const listener = new VirtualListener(track);
  const all = [await reply(1, 100), await reply(2, 100)];
  for (const one of all) track.add(one);
  listener.step();
  track.cut();
  listener.steps(3);
  expect(listener.frames.slice(2)).toEqual([undefined, undefined]);
  expect(await Promise.all(all.map(({ finish }) => finish))).toEqual(['cancelled', 'cancelled']);
});

test('a reply of which a frame was refused does not hold up the next', async () => {
  const track = new VoiceTrack();
  const listener = new VirtualListener(track);
  const first = await reply(1, 20);
  track.add(first);
  track.add(await reply(2, 20));
  listener.step(true);
  listener.step();
  expect(listener.levels).toEqual([1, 2]);
  expect(await first.finish).toBe('completed');
});

test('the volume of the voice is true gain, and what is kept of a reply stays as it was', async () => {
  const track = new VoiceTrack();
  const listener = new VirtualListener(track);
  const said = await reply(1_000, 120);
  track.add(said);
  track.volume(0.5);
  listener.step();
  track.volume(2);
  listener.steps(5);
  expect(listener.levels.at(0)).toBe(500);
  expect(listener.levels.at(-1)).toBeCloseTo(2_000, -2);
  expect([...said.sentences()][0]?.samples.at(-1)).toBe(1_000);
});
