import type { Instants } from '#src/ports/session-events.ts';

/** Milliseconds from the last voiced packet to each later instant of the turn, where it happened. */
export type Latencies = {
  readonly endedMs: number;
  readonly recognisedMs?: number;
  readonly firstTokenMs?: number;
  readonly firstClauseMs?: number;
  readonly firstSpeechMs?: number;
  readonly firstSentMs?: number;
};

export function latencies(at: Instants): Latencies {
  const since = (atMs: number) => Math.round(atMs - at.heardAtMs);
  return {
    endedMs: since(at.endedAtMs),
    ...(at.recognisedAtMs !== undefined && { recognisedMs: since(at.recognisedAtMs) }),
    ...(at.firstTokenAtMs !== undefined && { firstTokenMs: since(at.firstTokenAtMs) }),
    ...(at.firstClauseAtMs !== undefined && { firstClauseMs: since(at.firstClauseAtMs) }),
    ...(at.firstSpeechAtMs !== undefined && { firstSpeechMs: since(at.firstSpeechAtMs) }),
    ...(at.firstSentAtMs !== undefined && { firstSentMs: since(at.firstSentAtMs) }),
  };
}
