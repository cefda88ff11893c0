import { measureRms } from '#src/audio/pcm.ts';

const windowSamples = 512;
const stepSamples = windowSamples / 2;
/** Share of the windows of a clip in which only its room is heard. */
const quietShare = 0.05;

/** Goes on with the room of a clip: its quietest windows in any order, each faded into the next. */
export function makeRoom(
  samples: Int16Array,
  random: () => number,
): (lengthSamples: number) => Int16Array {
  const windows: Int16Array[] = [];
  for (let at = 0; at + windowSamples <= samples.length; at += stepSamples / 2)
    windows.push(samples.subarray(at, at + windowSamples));
  const sorted = windows.toSorted((one, other) => measureRms(one) - measureRms(other));
  const quiet = sorted.slice(0, Math.max(3, Math.floor(sorted.length * quietShare)));
  return (lengthSamples) => {
    const room = new Float64Array(lengthSamples + windowSamples);
    for (let at = 0; at < lengthSamples; at += stepSamples) {
      const window = quiet[Math.floor(random() * quiet.length)] ?? new Int16Array();
      const sign = random() < 0.5 ? -1 : 1;
      for (const [n, sample] of window.entries())
        room[at + n] =
          (room[at + n] ?? 0) + sign * sample * Math.sin((Math.PI * n) / windowSamples);
    }
    return Int16Array.from(room.subarray(0, lengthSamples), Math.round);
  };
}
