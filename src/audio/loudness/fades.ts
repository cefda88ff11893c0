/** A voice fades in and out of silence in this time, since a step would click. */
export const edgeMs = 3;

export function fadeOut(samples: Int16Array, length: number): void {
  const tail = samples.subarray(Math.max(0, samples.length - length));
  for (const [at, sample] of tail.entries()) {
    tail[at] = Math.round(sample * (1 - (at + 1) / (tail.length + 1)));
  }
}

export function fadeIn(samples: Int16Array, length: number): void {
  const head = samples.subarray(0, length);
  for (const [at, sample] of head.entries()) {
    head[at] = Math.round((sample * (at + 1)) / (head.length + 1));
  }
}
