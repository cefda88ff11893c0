import { measureRms } from '#src/audio/pcm.ts';

const windowSamples = 512;
const stepSamples = windowSamples / 2;
const fade = Float64Array.from({ length: windowSamples }, (_, n) =>
  Math.sin((Math.PI * n) / windowSamples),
);
/** Share of the windows of a clip in which only its room is heard. */
const quietShare = 0.05;

/** Makes a function that goes on with the room of a clip: its quietest windows in any order, each faded into the next. */
export function makeRoom(
  samples: Int16Array,
  random: () => number,
): (lengthSamples: number) => Int16Array {
  const windows: { readonly sound: Int16Array; readonly level: number }[] = [];
  for (let at = 0; at + windowSamples <= samples.length; at += stepSamples / 2) {
    const sound = samples.subarray(at, at + windowSamples);
    windows.push({ sound, level: measureRms(sound) });
  }
  const sorted = windows.toSorted((a, b) => a.level - b.level);
  const quietCount = Math.max(3, Math.floor(sorted.length * quietShare));
  const quietWindows = sorted.slice(0, quietCount);
  return (lengthSamples) => {
    const roomSound = new Float64Array(lengthSamples + windowSamples);
    for (let at = 0; at < lengthSamples; at += stepSamples) {
      const { sound = new Int16Array() } =
        quietWindows[Math.floor(random() * quietWindows.length)] ?? {};
      const sign = random() < 0.5 ? -1 : 1;
      for (let n = 0; n < sound.length; n++)
        roomSound[at + n] =
          (roomSound[at + n] ?? 0) + sign * (sound[n] ?? 0) * (fade[n] ?? 0);
    }
    return Int16Array.from(roomSound.subarray(0, lengthSamples), Math.round);
  };
}
