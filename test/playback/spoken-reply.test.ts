import {
  maxQueueMs,
  SpokenReply,
  VoiceTrack,
} from '#src/playback/reply/spoken-reply.ts';
import { TimeStretch } from '#src/playback/reply/time-stretch.ts';
import { joinedSpeech, readSpeechFile } from '#test/audio/recorded-speech.ts';
import { knownWords } from '#test/fakes/recogniser/mock-recogniser.ts';
import { fc } from '#test/properties.ts';
import {
  findSteepest,
  joinFrames,
  makeSpeechLike,
  makeTone,
  type SpeechLike,
  samplesPerMs,
} from './speech-like-sound.ts';
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

const bridge = ['The', 'Millau', 'Viaduct', 'is', 'three', 'hundred', 'metres', 'tall'];

async function startWords(sound: SpeechLike = makeSpeechLike(bridge)) {
  const reply = new SpokenReply();
  const track = new VoiceTrack();
  track.add(reply);
  void reply.write(sound.pcm, sound.text, openTrack); // waits where that is more than 5 s
  reply.end();
  return { ...sound, reply, track, listener: new VirtualListener(track) };
}

/** Where in the whole sound the frames that follow begin; the first 5 ms rise, so they are not compared. */
function placeMs({
  listener,
  pcm,
}: {
  listener: VirtualListener;
  pcm: SpeechLike['pcm'];
}) {
  const sound = listener.step()?.subarray(120) ?? new Int16Array(0);
  for (let at = 120; at < pcm.samples.length; at++) {
    if (sound.every((sample, n) => sample === (pcm.samples[at + n] ?? 0)))
      return (at - 120) / samplesPerMs;
  }
  throw new Error('These samples are not of the sentence.');
}

test('a reply goes on from the start of the word that was cut', async () => {
  const said = await startWords();
  const viaduct = said.marks[2]?.fromMs ?? 0;
  said.listener.steps(Math.ceil((viaduct + 200) / 20));
  said.reply.pause();
  said.listener.steps(10);
  said.reply.resume();
  expect(said.listener.wakes).toBeGreaterThan(0);
  const startMs = placeMs(said);
  expect(startMs).toBeGreaterThan(viaduct - 60);
  expect(startMs).toBeLessThanOrEqual(viaduct + 10);
});

test('after a pause the sound rises out of silence within 5 ms', async () => {
  const { listener, reply } = await startWords({
    ...makeSpeechLike([]),
    pcm: makeLevel(9_000, 400),
  });
  listener.steps(3);
  reply.pause();
  listener.steps(5);
  reply.resume();
  const frame = listener.step();
  expect(frame?.[0]).toBeLessThan(200);
  expect(frame?.[120]).toBe(9_000);
});

const words = fc.array(fc.constantFrom(...bridge, 'a', 'understanding', 'of', 'it'), {
  minLength: 1,
  maxLength: 12,
});
const paces = fc.array(fc.double({ min: 0.88, max: 1.12, noNaN: true }), {
  minLength: 12,
  maxLength: 12,
});

test('at 50 cut points in words of uneven pace, history ends within one word of the last packet, and nothing is lost', async () => {
  const happening = fc.asyncProperty(
    words,
    paces,
    fc.nat(999),
    async (spoken, pace, share) => {
      const said = await startWords(makeSpeechLike(spoken, (n) => pace[n] ?? 1));
      const { listener, reply, marks, pcm } = said;
      const frames = Math.ceil(pcm.samples.length / 480);
      listener.steps(Math.floor((frames * share) / 1000));
      const leftMs = reply.getPlayedMs();
      reply.pause();
      listener.steps(5);
      const real = marks.filter(({ toMs }) => toMs <= leftMs).length;
      const heardCount = reply.getHeardText().split(' ').filter(Boolean).length;
      expect(Math.abs(heardCount - real)).toBeLessThanOrEqual(1);
      expect(said.text.startsWith(reply.getHeardText())).toBe(true);
      const countBefore = listener.frames.length;
      reply.resume();
      listener.steps(frames + 1);
      const rest = joinFrames(listener.frames.slice(countBefore)).length / 480;
      expect(rest * 20).toBeGreaterThanOrEqual(
        pcm.samples.length / samplesPerMs - leftMs - 1,
      );
      expect(await reply.finish).toBe('completed');
      expect(reply.getPlayedMs()).toBeCloseTo(pcm.samples.length / samplesPerMs, 6);
    },
  );
  // Where a word ends is reckoned, not known: one of some hundred other cuts may be two words off.
  await fc.assert(happening, { numRuns: 50, seed: 1 });
});

test('in recordings whose words are known, history is more than one word off in at most 1 % of all cuts', async () => {
  let cuts = 0;
  let off = 0;
  for (const [file, times] of Object.entries(knownWords)) {
    const pcm = readSpeechFile(file);
    const text = times.map(({ word }) => word).join(' ');
    const { reply, listener } = await startWords({ text, pcm, marks: [] });
    while (listener.step()) {
      const real = times.filter(({ toMs }) => toMs <= reply.getPlayedMs()).length;
      const heardCount = reply.getHeardText().split(' ').filter(Boolean).length;
      cuts++;
      if (Math.abs(heardCount - real) > 1) off++;
    }
  }
  expect(cuts).toBeGreaterThan(1000);
  expect(off / cuts).toBeLessThanOrEqual(0.01);
});

function stretchWhole(samples: Int16Array, speed: number) {
  const stretch = new TimeStretch(speed);
  return joinFrames([stretch.push(samples), stretch.flush()]);
}

/** By the way from the first to the last upward zero crossing. */
function pitchHz(samples: Int16Array) {
  const crossings: number[] = [];
  for (let n = 1; n < samples.length; n++) {
    const [a, b] = [samples[n - 1] ?? 0, samples[n] ?? 0];
    if (a < 0 && b >= 0) crossings.push(n - b / (b - a));
  }
  const way = (crossings.at(-1) ?? 0) - (crossings[0] ?? 0);
  return ((crossings.length - 1) * 24_000) / way;
}

test.each([110, 220, 330])(
  'slower, a tone of %i Hz keeps its pitch and does not click',
  (hz) => {
    const { samples } = makeTone(hz, 1000);
    for (const speed of [0.25, 0.85]) {
      const slow = stretchWhole(samples, speed);
      expect(pitchHz(slow.subarray(480, -480)) / hz).toBeCloseTo(1, 2);
      expect(findSteepest(slow)).toBeLessThan(findSteepest(samples) * 1.1);
    }
  },
);

test('any sound can be made slower or faster, also one of a few samples', () => {
  const speeds = fc.double({ min: 0.25, max: 4, noNaN: true });
  fc.assert(
    fc.property(fc.int16Array({ maxLength: 5000 }), speeds, (samples, speed) => {
      const off = stretchWhole(samples, speed).length - samples.length / speed;
      expect(Math.abs(off)).toBeLessThan(600); // 25 ms
    }),
  );
});

test.each([0.7, 0.85, 1.4])(
  'at speed %d sound in pieces of any size is stretched as it is in one',
  (speed) => {
    const { samples } = makeSpeechLike(['The', 'Millau', 'Viaduct']).pcm;
    const expected = stretchWhole(samples, speed);
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 9000 }), { minLength: 1 }),
        (sizes) => {
          const stretch = new TimeStretch(speed);
          const out: Int16Array[] = [];
          for (let [at, n] = [0, 0]; at < samples.length; n++) {
            const size = sizes[n % sizes.length] ?? 1;
            out.push(stretch.push(samples.subarray(at, at + size)));
            at += size;
          }
          out.push(stretch.flush());
          expect(joinFrames(out)).toEqual(expected);
        },
      ),
      { numRuns: 5 },
    );
  },
);
