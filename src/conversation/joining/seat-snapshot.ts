import type { Clock } from '#src/base/clock.ts';
import type { JoinMode } from '#src/conversation/ports/command-ports.ts';
import type { Seat } from '#src/conversation/ports/stores/seat-store.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';

/** Seat of a session as it is stored now. */
export function seatOf(
  { channel, gate, settings }: SessionContext,
  {
    callerId,
    followedId,
    mode,
  }: {
    readonly callerId: string;
    readonly followedId: string | undefined;
    readonly mode: JoinMode;
  },
  sinceWallMs: number,
): Seat {
  const { guildId, channelId, name: channelName } = channel;
  const isCallerKept = callerId !== '' && !gate.saidNo(callerId);
  return {
    guildId,
    channelId,
    channelName,
    ...(isCallerKept && { callerId }),
    followedId,
    mode,
    pipeline: settings().pipeline,
    sinceWallMs,
    ...gate.answers,
  };
}

/** When a session began, by the monotonic and the wall clock; the former may lie before the process began. */
export type SeatStart = { readonly atMs: number; readonly wallMs: number };

/** Start of a session that begins now, or goes on from that seat. */
export function startOf(seat: Seat | undefined, clock: Pick<Clock, 'nowMs' | 'wallMs'>): SeatStart {
  const nowWallMs = clock.wallMs();
  const wallMs = seat?.sinceWallMs ?? nowWallMs;
  return { atMs: clock.nowMs() - Math.max(0, nowWallMs - wallMs), wallMs };
}
