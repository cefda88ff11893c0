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
