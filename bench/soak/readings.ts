/** Memory of the bot at one instant, after a forced collection. */
export type MemoryReading = {
  /** Since the soak began. */
  readonly atMs: number;
  readonly residentMb: number;
  /** Heap and external memory of the main thread, without `codeMb`. */
  readonly heldMb: number;
  /** Bytecode and machine code of the main thread: V8 compiles for as long as something new grows hot. */
  readonly codeMb: number;
  readonly timers: number;
  readonly listeners: number;
  readonly sockets: number;
  /** Open files, sockets and pipes, of all threads. */
  readonly handles: number;
};

export type Figure = keyof Omit<MemoryReading, 'atMs' | 'codeMb'>;

/** More than this above minute 10 is a leak. Memory is allowed so much for each 50 minutes; handles come and go. */
export const bounds: Readonly<Record<Figure, number>> = {
  residentMb: 10,
  heldMb: 1,
  timers: 2,
  listeners: 2,
  sockets: 2,
  handles: 2,
};

const minuteMs = 60_000;
const windowMs = 5 * minuteMs;
/** By then everything that is loaded once has been loaded. */
export const warmMs = 10 * minuteMs;
const boundOverMs = 50 * minuteMs;

/** The least of the 5 minutes up to an instant: what is held for good. */
export function least(
  readings: readonly MemoryReading[],
  untilMs: number,
  figure: Figure,
): number | undefined {
  const near = readings.filter(({ atMs }) => atMs > untilMs - windowMs && atMs <= untilMs);
  return near.length === 0 ? undefined : Math.min(...near.map((reading) => reading[figure]));
}

/** Figures that grew by more than they may between minute 10 and the end; none where the soak is too short to tell. */
export function grown(readings: readonly MemoryReading[]): readonly string[] {
  const endMs = readings.at(-1)?.atMs ?? 0;
  if (!isLongEnough(readings)) return [];
  return Object.entries(bounds).flatMap(([name, bound]) => {
    const figure = name as Figure;
    const from = least(readings, warmMs, figure);
    const to = least(readings, endMs, figure);
    if (from === undefined || to === undefined) return [`${figure}: not measured`];
    const scale = figure.endsWith('Mb') ? Math.max(1, (endMs - warmMs) / boundOverMs) : 1;
    const more = to - from;
    if (more <= bound * scale) return [];
    return [
      `${figure}: ${more.toFixed(1)} more than at minute 10; ${(bound * scale).toFixed(1)} may be`,
    ];
  });
}

/** The last 5 minutes do not overlap those up to minute 10. */
export function isLongEnough(readings: readonly MemoryReading[]): boolean {
  return (readings.at(-1)?.atMs ?? 0) >= warmMs + windowMs;
}
