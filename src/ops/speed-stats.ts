import type { GuildId } from '#src/base/ids.ts';
import type {
  AnswerLatencyStats,
  LeftCalls,
  Stats,
  UnsentSpeech,
} from '#src/ports/command-ports.ts';
import type { SessionEvent } from '#src/ports/session-events.ts';
import type { TextLine } from '#src/texts/texts.ts';

/** Another turn makes the oldest forgotten. */
const maxTurns = 100;

type TimedTurn = { readonly startMs?: number; readonly failed: boolean };

/** Measures the speed of spoken answers per server, and counts calls that were left, for `/stats`. */
export class SpeedStats implements Stats {
  readonly #turnsByGuild = new Map<GuildId, readonly TimedTurn[]>();
  readonly #leftCallsByGuild = new Map<GuildId, LeftCalls>();
  readonly #talkMsByGuild = new Map<GuildId, number>();
  readonly #unsentByGuild = new Map<GuildId, UnsentSpeech>();
  readonly #getHabits: () => readonly string[];
  readonly #getModelLines: () => readonly TextLine[];

  /** `getHabits` lists what servers of models do otherwise than asked, `getModelLines` tells of a chat model on this machine. */
  constructor(
    getHabits: () => readonly string[] = () => [],
    getModelLines: () => readonly TextLine[] = () => [],
  ) {
    this.#getHabits = getHabits;
    this.#getModelLines = getModelLines;
  }

  /** Lists what servers of models do otherwise than asked, one clause each, since the start. */
  listHabits(): readonly string[] {
    return this.#getHabits();
  }

  /** Lists speed, memory and waiting requests of a chat model on this machine, or how far it is. */
  listModelLines(): readonly TextLine[] {
    return this.#getModelLines();
  }

  /** Counts a call that is left, as its path has died. */
  noteLeftCall(guildId: GuildId, wallMs: number): void {
    const { count } = this.#leftCallsByGuild.get(guildId) ?? { count: 0 };
    this.#leftCallsByGuild.set(guildId, { count: count + 1, lastWallMs: wallMs });
  }

  /** Finds the calls of a server that were left since the start. Undefined: none was. */
  findLeftCalls(guildId: GuildId): LeftCalls | undefined {
    return this.#leftCallsByGuild.get(guildId);
  }

  /** Gets the time of paid sessions with a live model in a server since the start, in ms. */
  getTalkMs(guildId: GuildId): number {
    return this.#talkMsByGuild.get(guildId) ?? 0;
  }

  /** Gets the speech in a server that no paid recogniser got since the start, as it did not name the bot. */
  getUnsent(guildId: GuildId): UnsentSpeech {
    return this.#unsentByGuild.get(guildId) ?? { count: 0, ms: 0 };
  }

  /** Counts the answer of a spoken turn, paid time of a live model, and speech that was not sent. Ignores other events. */
  report(guildId: GuildId, event: SessionEvent): void {
    if (event.kind === 'spent' && event.talkMs !== undefined)
      this.#talkMsByGuild.set(guildId, this.getTalkMs(guildId) + event.talkMs);
    if (event.kind === 'unsent') {
      const { count, ms } = this.getUnsent(guildId);
      this.#unsentByGuild.set(guildId, { count: count + 1, ms: ms + event.ms });
    }
    if (event.kind !== 'answered' || event.typed) return;
    const { finish, instants } = event;
    const { firstSentAtMs, heardAtMs } = instants;
    if (finish === 'empty') return;
    const start = firstSentAtMs !== undefined && { startMs: firstSentAtMs - heardAtMs };
    this.#addTurn(guildId, { ...start, failed: finish === 'failed' });
  }

  /** Returns figures of the last 100 answers. Undefined until one was heard. */
  speed(guildId: GuildId): AnswerLatencyStats | undefined {
    const turns = this.#turnsByGuild.get(guildId) ?? [];
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
  }

  #addTurn(guildId: GuildId, turn: TimedTurn) {
    const turns = this.#turnsByGuild.get(guildId) ?? [];
    this.#turnsByGuild.set(guildId, [...turns, turn].slice(-maxTurns));
  }
}

/** Finds the smallest value that at least this share does not exceed. */
function findPercentile(sorted: readonly number[], share: number) {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}
