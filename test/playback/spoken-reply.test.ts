import { VoiceTrack } from '#src/playback/reply/cue-track.ts';
import { maxQueueMs, SpokenReply } from '#src/playback/reply/spoken-reply.ts';
import { joinedSpeech } from '#test/audio/recorded-speech.ts';
import {
  findLoudest,
  makeLevel,
  openTrack,
  VirtualListener,
} from './virtual-listener.ts';

/** A reply that sounds already, on a link of its own. */
function startSpeaking() {
  const reply = new SpokenReply();
  const track = new VoiceTrack();
  track.add(reply);
  return { reply, listener: new VirtualListener(track) };
}

test('a reply whose source broke plays what there is, and has failed then', async () => {
  const { reply, listener } = startSpeaking();
  await reply.write(makeLevel(5, 40), 'As I was', openTrack);
  reply.fail();
  listener.steps(3);
  expect(listener.levels).toEqual([5, 5, undefined]);
  expect(await reply.finish).toBe('failed');
});

test('a part of a frame whose rest does not come plays with a fade', async () => {
  const { reply, listener } = startSpeaking();
  await reply.write(makeLevel(8000, 15), 'Well.', openTrack);
  listener.step();
  const part = listener.step();
  expect(part?.[100]).toBe(8000);
  expect(findLoudest(part?.subarray(350))).toBeLessThan(500);
  expect(reply.getPlayedMs()).toBe(15);
});

test('a waiting writer leaves with the reason of its signal', async () => {
  const { reply } = startSpeaking();
  const turn = new AbortController();
  const writing = reply.write(makeLevel(5, maxQueueMs + 1000), 'Long.', turn.signal);
  const reason = new Error('the turn is over');
  turn.abort(reason);
  await expect(writing).rejects.toBe(reason);
});

test('a cut frees a waiting writer', async () => {
  const { reply } = startSpeaking();
  const writing = reply.write(makeLevel(5, maxQueueMs + 1000), 'Long.', openTrack);
  reply.cut();
  await writing;
});

test('a reply that ends after its sentence takes what is still to come of that', async () => {
  const { reply, listener } = startSpeaking();
  await reply.write(makeLevel(5, 60, 16_000), 'It is noon.', openTrack);
  listener.steps(2);
  reply.endAfterSentence();
  await reply.write(makeLevel(5, 60, 16_000), 'It is noon.', openTrack);
  await reply.write(makeLevel(6, 100), 'Lunch is ready.', openTrack);
  listener.steps(6);
  expect([reply.getPlayedMs(), await reply.finish]).toEqual([120, 'cancelled']);
  expect(reply.getHeardText()).toBe('It is noon.');
});

test('a sentence that is said twice was heard as often as it has left', async () => {
  const { reply, listener } = startSpeaking();
  for (let n = 0; n < 3; n++) {
    await reply.write(makeLevel(5, 60), 'No.', openTrack);
    reply.endSentence();
  }
  listener.steps(6);
  expect(reply.getHeardText()).toBe('No. No.');
});

test('the last sentence of a reply is its own end, and one that has not sounded is cut', async () => {
  const { reply, listener } = startSpeaking();
  await reply.write(makeLevel(5, 60), 'It is noon.', openTrack);
  listener.step();
  reply.endAfterSentence();
  reply.end();
  listener.steps(4);
  expect(await reply.finish).toBe('completed');
  const silent = startSpeaking().reply;
  silent.endAfterSentence();
  expect(await silent.finish).toBe('cancelled');
});

test.each([8000, 16_000, 22_050, 44_100, 48_000])(
  'sound of %i Hz plays at its own speed and level, stereo mixed down',
  async (rateHz) => {
    const { reply, listener } = startSpeaking();
    const samples = Int16Array.from({ length: 2 * rateHz }, (_, n) =>
      n % 2 === 0 ? 1_500 : 500,
    );
    await reply.write({ samples, rateHz, channels: 2 }, 'One second.', openTrack);
    reply.end();
    listener.steps(51);
    expect(reply.getPlayedMs()).toBe(1_000);
    expect(listener.levels[25]).toBeCloseTo(1_000, -1);
  },
);

test.each([8_000, 24_000, 48_000])(
  'a voice of %i Hz stays below -1 dBFS, and neither its beginning nor its end clicks',
  async (rateHz) => {
    const { reply, listener } = startSpeaking();
    const full = Int16Array.from({ length: rateHz }, (_, n) =>
      n % (rateHz / 200) < rateHz / 400 ? 32_767 : -32_768,
    );
    await reply.write({ samples: full, rateHz, channels: 1 }, 'Loud.', openTrack);
    reply.end();
    listener.steps(60);
    const heardSound = joinedSpeech(
      listener.frames.map((frame) => frame ?? new Int16Array(0)),
    );
    expect(findLoudest(heardSound)).toBeLessThanOrEqual(29_204);
    expect(findLoudest(heardSound)).toBeGreaterThan(25_000);
    for (const edge of [heardSound, heardSound.toReversed()]) {
      const from = edge.findIndex((one) => one !== 0);
      expect(Math.abs(edge[from] ?? 0)).toBeLessThan(1_000);
      expect(findLoudest(edge.subarray(from, from + 24))).toBeLessThan(11_000);
    }
  },
);

test('a quiet voice passes the limiter unchanged', async () => {
  const { reply, listener } = startSpeaking();
  const quiet = Int16Array.from({ length: 4_800 }, (_, n) => 29_000 * Math.sin(n / 9));
  await reply.write(
    { samples: quiet, rateHz: 24_000, channels: 1 },
    'Quiet.',
    openTrack,
  );
  reply.end();
  listener.steps(12);
  const heardSound = joinedSpeech(
    listener.frames.map((frame) => frame ?? new Int16Array(0)),
  );
  expect(heardSound.subarray(72, 4_728)).toEqual(quiet.subarray(72, 4_728));
});

test('between two sentences there is no step, and sound that goes on is not touched', async () => {
  const { reply, listener } = startSpeaking();
  await reply.write(makeLevel(9_000, 60), 'One.', openTrack);
  reply.endSentence();
  await reply.write(makeLevel(-9_000, 60), 'Two.', openTrack);
  reply.endSentence();
  const tone = Int16Array.from(
    { length: 2_880 },
    (_, n) => 9_000 * Math.sin(n / 9 - Math.PI / 2),
  );
  await reply.write(
    { samples: tone.subarray(0, 1_440), rateHz: 24_000, channels: 1 },
    'Three',
    openTrack,
  );
  await reply.write(
    { samples: tone.subarray(1_440), rateHz: 24_000, channels: 1 },
    'four.',
    openTrack,
  );
  reply.end();
  listener.steps(12);
  const heardSound = joinedSpeech(
    listener.frames.map((frame) => frame ?? new Int16Array(0)),
  );
  for (let n = 1; n < heardSound.length - 1; n++)
    expect(Math.abs((heardSound[n] ?? 0) - (heardSound[n - 1] ?? 0))).toBeLessThan(
      1_100,
    );
  expect(heardSound.subarray(3_000, 5_600)).toEqual(tone.subarray(120, 2_720));
});
