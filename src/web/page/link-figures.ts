import type { Clock } from '#src/base/clock.ts';
import type { SessionEvent } from '#src/conversation/ports/session-events.ts';

/** Counts of one voice link since it was made, by name. */
export type LinkTotals = Readonly<Record<string, number>>;

/** Quality of the link of a room. */
export type LinkFigures = {
  /** Since the link was made. */
  readonly ageMs?: number;
  readonly counts?: LinkTotals;
  /** Lost share, 0 to 1, of the packets of people that were sent in the last five minutes; absent: there was no speech. */
  readonly lossShare?: number;
  /** Jitter of packets, in ms, of the person with the worst in those minutes. */
  readonly jitterMs?: number;
};

/** Readings of a voice link while it is open. */
export type LinkReadings = { readonly counts: () => LinkTotals };

type HeardPackets = {
  readonly atMs: number;
  readonly heard: number;
  readonly lost: number;
  readonly jitterMs: number | undefined;
};
type OpenLink = LinkReadings & { readonly madeAtMs: number };

/** Window, in ms, over which packets are counted, and its largest number of steps. */
const [lossMs, mostSteps] = [5 * 60_000, 300];

/** Voice links, by server, from the events of rooms and of Discord. */
export class LinkFigureLog {
  readonly #clock: Pick<Clock, 'nowMs'>;
  readonly #links = new Map<string, OpenLink>();
  readonly #packets = new Map<string, readonly HeardPackets[]>();

  constructor(clock: Pick<Clock, 'nowMs'>) {
    this.#clock = clock;
  }

  /** `readings` are read at each look, until the link has closed. */
  made(guildId: string, readings: LinkReadings): void {
    this.#links.set(guildId, { ...readings, madeAtMs: this.#clock.nowMs() });
  }

  closed(guildId: string): void {
    this.#links.delete(guildId);
  }

  /** Hears of every event of every session. */
  report(guildId: string, event: SessionEvent): void {
    if (event.kind === 'left') this.#packets.delete(guildId);
    if (event.kind !== 'stream') return;
    const { jitterMs, packets } = event;
    const { heard, lost } = packets;
    const step = { atMs: this.#clock.nowMs(), heard, lost, jitterMs };
    this.#packets.set(guildId, [...this.#recent(guildId), step].slice(-mostSteps));
  }

  figures(guildId: string): LinkFigures {
    const link = this.#links.get(guildId);
    const recent = this.#recent(guildId);
    const lost = recent.reduce((sum, step) => sum + step.lost, 0);
    const all = recent.reduce((sum, step) => sum + step.heard, lost);
    const jitters = recent.flatMap(({ jitterMs }) => jitterMs ?? []);
    return {
      ...(link && { ageMs: this.#clock.nowMs() - link.madeAtMs, counts: { ...link.counts() } }),
      ...(all > 0 && { lossShare: lost / all }),
      ...(jitters.length > 0 && { jitterMs: Math.max(...jitters) }),
    };
  }

  #recent(guildId: string): readonly HeardPackets[] {
    const nowMs = this.#clock.nowMs();
    return (this.#packets.get(guildId) ?? []).filter(({ atMs }) => nowMs - atMs <= lossMs);
  }
}
