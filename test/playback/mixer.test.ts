import { measureLevelDb } from '#src/audio/pcm.ts';
import { frameSamples, Mixer } from '#src/playback/mix/mixer.ts';
import { type CueName, CueTrack, loadCues } from '#src/playback/reply/cue-track.ts';
import { SpokenReply, VoiceTrack } from '#src/playback/reply/spoken-reply.ts';
import { fc } from '#test/properties.ts';
import {
  findSteepest,
  joinFrames,
  makeTone,
  samplesPerMs,
} from './speech-like-sound.ts';
import {
  findLoudest,
  makeLevel,
  openTrack,
  plainCodec,
  speechOnlyTracks,
  VirtualListener,
} from './virtual-listener.ts';

/** A track that never ends. */
function makeSteadyTrack(value: number) {
  const samples = new Int16Array(frameSamples).fill(value);
  return {
    pullBlock: () => ({ samples, onSent: () => undefined }),
    onSound: () => undefined,
  };
}

function startSpeaking() {
  const reply = new SpokenReply();
  const track = new VoiceTrack();
  const listener = new VirtualListener(track);
  track.add(reply);
  return { reply, track, listener };
}

test('the end of a late reply wakes the link for the next one', async () => {
  const { reply, track, listener } = startSpeaking();
  await reply.write(makeLevel(1, 20), 'Well.', openTrack);
  const next = new SpokenReply();
  await next.write(makeLevel(2, 20), 'Next.', openTrack);
  track.add(next);
  listener.steps(2);
  expect(listener.wakes).toBe(1);
  reply.end();
  expect(listener.wakes).toBe(2);
  listener.step();
  expect(listener.levels).toEqual([1, undefined, 2]);
});

test('an answer that sounds already does not wake the sender again with its next sound', async () => {
  const { reply, listener } = startSpeaking();
  expect(listener.mixer.isIdle).toBe(true);
  await reply.write(makeLevel(1, 20), 'Well.', openTrack);
  listener.step();
  await reply.write(makeLevel(1, 20), 'Well.', openTrack);
  expect(listener.wakes).toBe(1);
});

test('speech is heard over music, in both channels, as loud as alone', () => {
  const music = {
    isMoving: true,
    onSound: () => undefined,
    pullFrame: () =>
      new Float32Array(4 * frameSamples).map((_, n) => (n % 2 === 0 ? 2_000 : -2_000)),
  };
  const mixer = new Mixer(
    { ...speechOnlyTracks, voice: makeSteadyTrack(700), music },
    plainCodec,
    () => undefined,
  );
  mixer.pullFrame();
  const [left, right] = new Int16Array(
    new Uint8Array(mixer.pullFrame() ?? []).buffer,
  ).subarray(-2);
  expect(left).toBeCloseTo(2_700, -1);
  expect(right).toBeCloseTo(-1_300, -1);
});

const happening = fc.oneof(
  fc.record({ kind: fc.constant('write'), ms: fc.integer({ min: 0, max: 90 }) }),
  fc.record({
    kind: fc.constantFrom('step', 'step', 'step', 'refused'),
    ms: fc.constant(0),
  }),
);

test('what was played is all up to what was confirmed last, in order, and nothing of it is lost or doubled', () =>
  fc.assert(
    fc.asyncProperty(fc.array(happening), async (happenings) => {
      const { reply, listener } = startSpeaking();
      const written: number[] = [];
      let [passed, left] = [0, 0];
      const stepListener = (refuses = false) => {
        passed += soundIn(listener.step(refuses));
        if (!refuses && soundIn(listener.frames.at(-1)) > 0) left = passed;
        return listener.frames.at(-1);
      };
      for (const { kind, ms } of happenings) {
        if (kind === 'write') {
          const samples = Int16Array.from(
            { length: ms * 24 },
            (_, at) => 9000 + ((written.length + at) % 9000),
          );
          written.push(...samples);
          await reply.write(
            { samples, rateHz: 24_000, channels: 1 },
            'Counting.',
            openTrack,
          );
        } else stepListener(kind === 'refused');
      }
      reply.end();
      while (stepListener());
      expect(await reply.finish).toBe(written.length > 0 ? 'completed' : 'empty');
      const heardCount = listener.frames.reduce(
        (sum, frame) => sum + soundIn(frame),
        0,
      );
      expect(heardCount).toBe(written.length);
      expect(reply.getPlayedMs() * 24).toBeCloseTo(left, 6);
      expect(wholeFrames(listener)).toEqual(wholeFrames(listener, written));
    }),
  ));

/** Samples that are not padding: these tests write no zeros. */
function soundIn(frame: Int16Array | undefined) {
  return frame ? frame.findLastIndex((sample) => sample !== 0) + 1 : 0;
}

/** The frames without padding and faded edges as they were played, or as `written` says they should have been. */
function wholeFrames(listener: VirtualListener, written?: readonly number[]) {
  let at = 0;
  const sounding = listener.frames.reduce((sum, frame) => sum + soundIn(frame), 0);
  return listener.frames.flatMap((frame) => {
    const from = at;
    at += soundIn(frame);
    if (!frame || at - from < frameSamples) return [];
    const samples = written ? written.slice(from, at) : [...frame];
    return [samples.filter((_, n) => from + n >= 72 && from + n < sounding - 72)];
  });
}

test('after a cut at any moment nothing sounds from the second frame on', async () => {
  const moment = fc.record({ steps: fc.nat(12), ms: fc.integer({ min: 0, max: 200 }) });
  await fc.assert(
    fc.asyncProperty(moment, fc.nat(3), async ({ steps, ms }, others) => {
      const { reply, track, listener } = startSpeaking();
      await reply.write(makeLevel(9000, ms), 'Cut me.', openTrack);
      for (let n = 0; n < others; n++) track.add(new SpokenReply());
      listener.steps(steps);
      const playedMs = reply.getPlayedMs();
      track.cut();
      listener.step();
      expect(findLoudest(listener.frames.at(-1)?.subarray(240))).toBe(0);
      listener.steps(3);
      expect(listener.frames.slice(-3)).toEqual([undefined, undefined, undefined]);
      expect(reply.getPlayedMs()).toBe(playedMs);
    }),
  );
});

test('frames that left are reported as they were before Opus, and other frames are not', () => {
  const left: [number, number][] = [];
  const mixer = new Mixer(
    { ...speechOnlyTracks, voice: makeSteadyTrack(700) },
    plainCodec,
    (samples, atMs) => left.push([samples[0] ?? 0, atMs]),
  );
  const [first, second] = [mixer.pullFrame(), mixer.pullFrame()];
  if (!first || !second) throw new Error('A steady track always sounds.');
  mixer.markSent(second, 40);
  mixer.markSent(second, 60);
  expect(left).toEqual([[700, 40]]);
});

async function startSounding(reply = new SpokenReply()) {
  const track = new VoiceTrack();
  track.add(reply);
  const listener = new VirtualListener(track);
  const { samples, ...rest } = makeTone(200, 2000, 10_000);
  await reply.write({ samples, ...rest }, 'A long tone.', openTrack);
  listener.steps(5);
  return { reply, listener, samples };
}

const toDb = (level: number) => 20 * Math.log10(level / 10_000);

test('a reply is 12 dB down in the second frame after it was ducked', async () => {
  const { reply, listener } = await startSounding();
  reply.duck(12);
  listener.step();
  expect(toDb(findLoudest(listener.step()))).toBeCloseTo(-12, 1);
});

test('a change of volume does not click', async () => {
  const { reply, listener, samples } = await startSounding();
  reply.duck(12);
  listener.steps(6);
  reply.duck(0);
  listener.steps(6);
  expect(findSteepest(joinFrames(listener.frames))).toBeLessThan(
    findSteepest(samples) * 1.2,
  );
  expect(listener.frames.at(-1)).toEqual(samples.slice(16 * 480, 17 * 480));
});

async function writeReply(value: number, ms: number) {
  const made = new SpokenReply();
  await made.write(makeLevel(value, ms), `Level ${value}.`, openTrack);
  made.end();
  return made;
}

test('a reply waits while the one before it is late', async () => {
  const track = new VoiceTrack();
  const listener = new VirtualListener(track);
  const first = new SpokenReply();
  track.add(first);
  track.add(await writeReply(2, 20));
  listener.step();
  await first.write(makeLevel(1, 20), 'First.', openTrack);
  first.end();
  listener.steps(2);
  expect(listener.levels).toEqual([undefined, 1, 2]);
});

test('the volume of the voice is true gain', async () => {
  let percent = 50;
  const track = new VoiceTrack(() => percent);
  const listener = new VirtualListener(track);
  track.add(await writeReply(1_000, 120));
  listener.step();
  percent = 200;
  listener.steps(5);
  expect(listener.levels.at(0)).toBe(500);
  expect(listener.levels.at(-1)).toBeCloseTo(2_000, -2);
});

const cues = await loadCues();
const names: readonly CueName[] = ['heard', 'thinking', 'error', 'leaving'];
function openListener() {
  const voice = new VoiceTrack();
  const track = new CueTrack(voice, cues);
  return { voice, track, link: new VirtualListener(voice, track) };
}

async function sayFor(voice: VoiceTrack, ms: number) {
  const reply = new SpokenReply();
  voice.add(reply);
  await reply.write(makeLevel(9000, ms), 'Speech.', openTrack);
  reply.end();
  return reply;
}

test.each(names)(
  'the cue "%s" is under 250 ms, -26 dB, and begins and ends in silence',
  (name) => {
    const samples = cues[name];
    expect(samples.length / samplesPerMs).toBeLessThan(250);
    const levels = Array.from({ length: Math.floor(samples.length / 120) }, (_, n) =>
      measureLevelDb(samples.subarray(n * 120, n * 120 + 480)),
    );
    const whole = levels.slice(0, Math.max(1, levels.length - 3));
    expect(Math.max(...whole)).toBeGreaterThan(-26.5);
    expect(Math.max(...whole)).toBeLessThan(-25.5);
    expect(Math.abs(samples[0] ?? 0) + Math.abs(samples.at(-1) ?? 0)).toBeLessThan(30);
  },
);

test('the low sound of work lasts 2 s, and is far below speech and all other cues', () => {
  const samples = cues.working;
  expect(samples.length / samplesPerMs).toBe(2_000);
  const levels = Array.from({ length: 99 }, (_, n) =>
    measureLevelDb(samples.subarray(n * 480, (n + 1) * 480)),
  );
  expect(Math.max(...levels)).toBeLessThan(-37);
  expect(Math.max(...levels)).toBeGreaterThan(-40);
  expect(Math.abs(samples[0] ?? 0) + Math.abs(samples.at(-1) ?? 0)).toBeLessThan(3);
});

test('a cue wakes a quiet link and sounds as it is', () => {
  const { track, link } = openListener();
  track.play('heard');
  expect(link.wakes).toBe(1);
  link.steps(10);
  expect(joinFrames(link.frames).subarray(0, cues.heard.length)).toEqual(cues.heard);
  expect(link.frames.at(-1)).toBeUndefined();
});

test('the first sample of an answer ends a cue for good', async () => {
  const { voice, track, link } = openListener();
  track.play('heard');
  link.steps(3);
  await sayFor(voice, 60);
  link.steps(5);
  expect(link.frames.slice(3, 6).every((frame) => frame?.[240] === 9000)).toBe(true);
  expect(link.frames.slice(6)).toEqual([undefined, undefined]);
});

test('a cue that is cut is silent within a frame and does not click', () => {
  const { track, link } = openListener();
  const cue = track.play('heard');
  link.steps(3);
  if (cue) track.cut(cue);
  link.steps(2);
  expect(link.frames[4]).toBeUndefined();
  expect(findSteepest(joinFrames(link.frames))).toBeLessThanOrEqual(
    findSteepest(cues.heard),
  );
});

test('a sound that is played by hand reports each frame that leaves', () => {
  const voice = new VoiceTrack();
  const track = new CueTrack(voice, cues);
  const link = new VirtualListener(voice, track);
  let frames = 0;
  track.playSamples(cues.heard, () => void frames++);
  link.steps(20);
  expect(frames).toBe(Math.ceil(cues.heard.length / 480));
});
