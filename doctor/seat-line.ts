import { differs, ok, type ReportLine } from './finding.ts';

/** Seat of the bot in a voice channel, as the store holds it. */
type ListedSeat = {
  readonly guildId: string;
  readonly channelId: string;
  readonly sinceWallMs: number;
  /** Time, in ms, since its session was last known to live. */
  readonly idleMs: number;
};

/** Age, in ms, from which the bot does not return to a seat. */
const returnMs = 15 * 60_000;

export function seatLine({ guildId, channelId, sinceWallMs, idleMs }: ListedSeat): ReportLine {
  const since = new Date(sinceWallMs).toISOString();
  const words = `seat in channel ${channelId} since ${since}, last active ${span(idleMs)} ago`;
  if (idleMs < returnMs) return ok(guildId, words);
  return differs(
    guildId,
    `${words}: the bot does not return to it`,
    'call the bot there again with /join',
  );
}

/** A length of time in its largest unit; a clock that was put back gives 0. */
export function span(ms: number): string {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 120) return `${s} s`;
  if (s < 7_200) return `${Math.round(s / 60)} min`;
  return s < 172_800 ? `${Math.round(s / 3_600)} h` : `${Math.round(s / 86_400)} days`;
}
