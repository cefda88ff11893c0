import { expect, test } from 'vitest';
import { longestQueueMs, SpokenReply } from '#src/playback/reply/spoken-reply.ts';
import { VoiceTrack } from '#src/playback/reply/voice-track.ts';
import { level, loudest, open, VirtualListener } from './listening.ts';

/** A reply that sounds already, on a link of its own. */
function speaking(): { reply: SpokenReply; listener: VirtualListener } {
  const reply = new SpokenReply();
  const track = new VoiceTrack();
  track.add(reply);
  return { reply, listener: new VirtualListener(track) };
}

test('a reply is completed once its last frame has left', async () => {
  const { reply, listener } = speaking();
  await reply.write(level(5, 60), 'Yes.', open);
  reply.end();
  listener.steps(3);
  expect(await reply.finish).toBe('completed');
  expect(reply.playedMs()).toBe(60);
  expect(reply.heardText()).toBe('Yes.');
  expect(reply.firstSentAtMs).toBe(20);
});

test('a reply without sound is empty', async () => {
  const { reply } = speaking();
  reply.end();
  expect(await reply.finish).toBe('empty');
});

test('a reply whose source broke plays what there is, and has failed then', async () => {
  const { reply, listener } = speaking();
  await reply.write(level(5, 40), 'As I was', open);
  reply.fail();
  listener.steps(3);
  expect(listener.levels).toEqual([5, 5, undefined]);
  expect(await reply.finish).toBe('failed');
});

test('frames the link refused do not count, and the reply still comes to its end', async () => {
  const { reply, listener } = speaking();
  await reply.write(level(5, 200), 'Nobody hears this.', open);
  reply.end();
  for (let n = 0; n < 11; n++) listener.step(true);
  expect(await reply.finish).toBe('completed');
  expect(reply.playedMs()).toBe(0);
  expect(reply.heardText()).toBe('');
  expect(reply.firstSentAtMs).toBeUndefined();
});

test('a reply ends although the link refused a frame and then its sound was late', async () => {
  const { reply, listener } = speaking();
  await reply.write(level(5, 20), 'Hm.', open);
  listener.step(true);
  listener.step();
  reply.end();
  expect(await reply.finish).toBe('completed');
});

test('after a cut the reply fades within 10 ms and is silent from the second frame on', async () => {
  const { reply, listener } = speaking();
  await reply.write(level(8000, 1000), 'A long story.', open);
  listener.steps(3);
  reply.cut();
  const fade = listener.step();
  expect(loudest(fade?.subarray(0, 240))).toBeGreaterThan(7000);
  expect(loudest(fade?.subarray(240))).toBe(0);
  expect(listener.step()).toBeUndefined();
  expect(await reply.finish).toBe('cancelled');
  expect(reply.playedMs()).toBe(60);
});

test('a reply that was cut before it sounded makes no sound at all', async () => {
  const { reply, listener } = speaking();
  await reply.write(level(8000, 1000), 'A long story.', open);
  reply.cut();
  expect(listener.step()).toBeUndefined();
  expect(await reply.finish).toBe('cancelled');
});

test('what is written after a cut is dropped', async () => {
  const { reply, listener } = speaking();
  reply.cut();
  await reply.write(level(8000, 1000), 'Too late.', open);
  expect(listener.step()).toBeUndefined();
  expect(reply.heardText()).toBe('');
});

test('a finish stays what it was', async () => {
  const { reply, listener } = speaking();
  await reply.write(level(5, 20), 'Yes.', open);
  reply.end();
  listener.steps(2);
  reply.cut();
  reply.fail();
  expect(await reply.finish).toBe('completed');
});

test('a reply that was cut in its second sentence was heard up to a word of it', async () => {
  const { reply, listener } = speaking();
  await reply.write(level(5, 500), 'It is noon.', open);
  await reply.write(level(5, 1000), 'Lunch is ready in the kitchen.', open);
  reply.end();
  listener.steps(50);
  reply.cut();
  expect(reply.heardText()).toBe('It is noon. Lunch is ready');
});

test('sound that comes in pieces of odd lengths plays without a gap', async () => {
  const { reply, listener } = speaking();
  for (const ms of [5, 13, 9, 30, 3]) await reply.write(level(5, ms), 'Odd.', open);
  reply.end();
  listener.steps(4);
  expect(listener.frames.slice(0, 3).every((frame) => frame?.every((sample) => sample === 5))).toBe(
    true,
  );
  expect(listener.frames[3]).toBeUndefined();
});

test('when sound is late the link goes quiet, and goes on when it comes', async () => {
  const { reply, listener } = speaking();
  await reply.write(level(5, 20), 'Well,', open);
  listener.steps(3);
  await reply.write(level(6, 20), 'yes.', open);
  reply.end();
  listener.steps(2);
  expect(listener.levels).toEqual([5, undefined, undefined, 6, undefined]);
  expect(await reply.finish).toBe('completed');
});

test('a part of a frame waits one frame for its rest', async () => {
  const { reply, listener } = speaking();
  await reply.write(level(5, 10), 'Well.', open);
  expect(listener.step()).toBeUndefined();
  await reply.write(level(5, 10), 'Well.', open);
  expect(listener.step()?.every((sample) => sample === 5)).toBe(true);
});

test('a part of a frame whose rest does not come plays with a fade', async () => {
  const { reply, listener } = speaking();
  await reply.write(level(8000, 15), 'Well.', open);
  listener.step();
  const part = listener.step();
  expect(part?.[100]).toBe(8000);
  expect(loudest(part?.subarray(350))).toBeLessThan(500);
  expect(reply.playedMs()).toBe(15);
});

test('a writer waits while 5 s are queued, until some of it was played', async () => {
  const { reply, listener } = speaking();
  await reply.write(level(5, longestQueueMs), 'Long.', open);
  let written = false;
  const writing = reply.write(level(5, 20), 'More.', open).then(() => {
    written = true;
  });
  await Promise.resolve();
  expect(written).toBe(false);
  listener.step();
  await writing;
});

test('a waiting writer leaves with the reason of its signal', async () => {
  const { reply } = speaking();
  const turn = new AbortController();
  const writing = reply.write(level(5, longestQueueMs + 1000), 'Long.', turn.signal);
  const reason = new Error('the turn is over');
  turn.abort(reason);
  await expect(writing).rejects.toBe(reason);
});

test('a cut frees a waiting writer', async () => {
  const { reply } = speaking();
  const writing = reply.write(level(5, longestQueueMs + 1000), 'Long.', open);
  reply.cut();
  await writing;
});

test('a provider at another rate is played at its own pace', async () => {
  const { reply, listener } = speaking();
  await reply.write(level(1000, 100, 16_000), 'Old engine.', open);
  reply.end();
  listener.steps(6);
  expect(reply.playedMs()).toBe(100);
  expect(listener.frames[5]).toBeUndefined();
});

test('a reply that ends after its sentence drops what is queued of the next', async () => {
  const { reply, listener } = speaking();
  await reply.write(level(5, 100), 'It is noon.', open);
  await reply.write(level(6, 100), 'Lunch is ready.', open);
  listener.steps(2);
  reply.endAfterSentence();
  await reply.write(level(7, 100), 'Come in.', open);
  reply.end();
  listener.steps(5);
  expect(listener.levels).toEqual([5, 5, 5, 5, 5, undefined, undefined]);
  expect(await reply.finish).toBe('cancelled');
  expect(reply.heardText()).toBe('It is noon.');
});

test('a reply that ends after its sentence takes what is still to come of that', async () => {
  const { reply, listener } = speaking();
  await reply.write(level(5, 60, 16_000), 'It is noon.', open);
  listener.steps(2);
  reply.endAfterSentence();
  await reply.write(level(5, 60, 16_000), 'It is noon.', open);
  await reply.write(level(6, 100), 'Lunch is ready.', open);
  listener.steps(6);
  expect(reply.playedMs()).toBe(120);
  expect(await reply.finish).toBe('cancelled');
  expect(reply.heardText()).toBe('It is noon.');
});

test('the last sentence of a reply is its own end, and one that has not sounded is cut', async () => {
  const { reply, listener } = speaking();
  await reply.write(level(5, 60), 'It is noon.', open);
  listener.step();
  reply.endAfterSentence();
  reply.end();
  listener.steps(4);
  expect(await reply.finish).toBe('completed');
  const silent = speaking().reply;
  silent.endAfterSentence();
  expect(await silent.finish).toBe('cancelled');
});

test('a reply that ends after its sentence just where that ends says nothing more', async () => {
  const { reply, listener } = speaking();
  await reply.write(level(5, 40), 'It is noon.', open);
  await reply.write(level(6, 40), 'Lunch is ready.', open);
  listener.steps(2);
  reply.endAfterSentence();
  expect(await reply.finish).toBe('cancelled');
  expect(listener.step()).toBeUndefined();
});
