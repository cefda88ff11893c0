/** Lets the last `length` of `samples` fall to silence in a straight line, in place: no click. */
export function fadeOut(samples: Int16Array, length: number): void {
  const tail = samples.subarray(Math.max(0, samples.length - length));
  for (const [at, sample] of tail.entries()) {
    tail[at] = Math.round(sample * (1 - (at + 1) / (tail.length + 1)));
  }
}
