import type { TurnTimestamps } from '#src/ports/session-events.ts';

/** Measures milliseconds from the last voiced packet to each later instant, as `firstTokenMs`. */
export function measureLatencies({
  heardAtMs,
  ...later
}: TurnTimestamps): Readonly<Record<string, number>> {
  const instants = Object.entries(later).filter(([, atMs]) => atMs !== undefined);
  return Object.fromEntries(
    instants.map(([name, atMs]) => [
      name.replace('AtMs', 'Ms'),
      Math.round(atMs - heardAtMs),
    ]),
  );
}
