import { VoiceTrack } from '#src/playback/reply/cue-track.ts';
import { SpokenReply } from '#src/playback/reply/spoken-reply.ts';
import { makeLevel, openTrack, VirtualListener } from './virtual-listener.ts';

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
