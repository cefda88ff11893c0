import { VoiceTrack } from '#src/playback/reply/cue-track.ts';
import { SpokenReply } from '#src/playback/reply/spoken-reply.ts';
import { findSteepest, joinFrames, makeTone } from './speech-like-sound.ts';
import { findLoudest, openTrack, VirtualListener } from './virtual-listener.ts';

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
