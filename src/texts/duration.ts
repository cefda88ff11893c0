/** Formats a time as `45 s`, `12 min` or `3 h 5 min`, alike in every language. */
export function formatDuration(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return `${Math.round(ms / 1000)} s`;
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Formats a place as `0:40 / 2:05`, or only the position. */
export function formatPlayingTime(positionMs: number, lengthMs?: number): string {
  return [positionMs, ...(lengthMs === undefined ? [] : [lengthMs])]
    .map(formatClockTime)
    .join(' / ');
}

function formatClockTime(ms: number) {
  const seconds = Math.floor(ms / 1000);
  const [h, m, s] = [
    Math.floor(seconds / 3600),
    Math.floor(seconds / 60) % 60,
    seconds % 60,
  ];
  const two = (n: number) => `${n}`.padStart(2, '0');
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}
