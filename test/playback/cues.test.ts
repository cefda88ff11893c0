import { measureLevelDb } from '#src/audio/pcm.ts';
import {
  type CueName,
  CueTrack,
  loadCues,
  VoiceTrack,
} from '#src/playback/reply/cue-track.ts';
import { SpokenReply } from '#src/playback/reply/spoken-reply.ts';
import { findSteepest, joinFrames, samplesPerMs } from './speech-like-sound.ts';
import { makeLevel, openTrack, VirtualListener } from './virtual-listener.ts';

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
