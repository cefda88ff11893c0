import { joinSamples, type Pcm } from '#src/audio/pcm.ts';

/** Length, in ms, in which the sound of a voice comes out of silence and goes back into it: a step would click. */
export const edgeMs = 3;

/** Lets the last `length` of `samples` fall to silence in a straight line, in place: no click. */
export function fadeOut(samples: Int16Array, length: number): void {
  const tail = samples.subarray(Math.max(0, samples.length - length));
  for (const [at, sample] of tail.entries()) {
    tail[at] = Math.round(sample * (1 - (at + 1) / (tail.length + 1)));
  }
}

/** Lets the first `length` of `samples` rise from silence, in place. */
export function fadeIn(samples: Int16Array, length: number): void {
  const head = samples.subarray(0, length);
  for (const [at, sample] of head.entries()) {
    head[at] = Math.round((sample * (at + 1)) / (head.length + 1));
  }
}

/** The sound of a voice, mono, without a click at its first and its last sample: its latest 3 ms are held back. */
export async function* smoothEdges(sound: AsyncIterable<Pcm>): AsyncGenerator<Pcm> {
  let [held, rateHz, hasBegun]: [Int16Array, number, boolean] = [new Int16Array(0), 0, false];
  for await (const pcm of sound) {
    ({ rateHz } = pcm);
    held = joinSamples([held, pcm.samples]);
    const edge = (edgeMs * rateHz) / 1000;
    const end = held.length - edge;
    if (end < (hasBegun ? 1 : edge)) continue;
    if (!hasBegun) fadeIn(held, edge);
    hasBegun = true;
    yield { ...pcm, samples: held.subarray(0, end) };
    held = held.subarray(end);
  }
  if (held.length === 0) return;
  if (!hasBegun) fadeIn(held, held.length / 2);
  fadeOut(held, (edgeMs * rateHz) / 1000);
  yield { samples: held, rateHz, channels: 1 };
}
