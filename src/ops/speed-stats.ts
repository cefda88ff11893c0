import type { GuildId } from '#src/base/ids.ts';
import type { AnswerLatencyStats } from '#src/ports/command-ports.ts';
import type { SessionEvent } from '#src/ports/session-events.ts';

/** The oldest turn is forgotten. */
const longest = 100;

type TimedTurn = { readonly startMs?: number; readonly failed: boolean };

/** Measures the speed of spoken answers per server, for `/stats`. */
export function createSpeedStats() {
  const servers = new Map<string, readonly TimedTurn[]>();

  function addTurn(guildId: GuildId, turn: TimedTurn) {
    const turns = servers.get(guildId) ?? [];
    servers.set(guildId, [...turns, turn].slice(-longest));
  }

  return {
    report(guildId: GuildId, event: SessionEvent) {
      if (event.kind !== 'answered' || event.typed) return;
      const { finish, instants } = event;
      const { firstSentAtMs, heardAtMs } = instants;
      if (finish === 'empty') return;
      const started = firstSentAtMs !== undefined && {
        startMs: firstSentAtMs - heardAtMs,
      };
      addTurn(guildId, { ...started, failed: finish === 'failed' });
    },

    speed(guildId: GuildId): AnswerLatencyStats | undefined {
      const turns = servers.get(guildId) ?? [];
      const startsMs = turns
        .flatMap(({ startMs }) => (startMs === undefined ? [] : [startMs]))
        .sort((a, b) => a - b);
      if (startsMs.length === 0) return undefined;
      const failed = turns.filter((turn) => turn.failed).length;
      const [p50Ms, p95Ms] = [
        findPercentile(startsMs, 0.5),
        findPercentile(startsMs, 0.95),
      ];
      return { turns: turns.length, p50Ms, p95Ms, failed };
    },
  };
}

/** Finds the smallest value that at least this share does not exceed. */
function findPercentile(sorted: readonly number[], share: number) {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}
