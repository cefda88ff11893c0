import { z } from 'zod';
import type { Clock } from '#src/base/clock.ts';
import type { ProcessState, ProcessStates } from '#src/base/process-states.ts';
import type { VoiceSession } from '#src/conversation/voice-session.ts';
import type { RaisedAlert } from '#src/ops/alert-board.ts';
import type { SpentCosts } from '#src/spending/budget-authority.ts';
import { companyOf } from './session-view.ts';

/** Facts about the servers of this process. */
export interface ServerFacts extends Pick<SpentCosts, 'today'> {
  /** Servers that the bot is in, as far as this process serves them. */
  servers(): readonly { readonly guildId: string; readonly guildName: string }[];
  /** Wherever the bot sits now. */
  sessions(): readonly VoiceSession[];
}

const serverView = z.object({
  guildId: z.string(),
  guildName: z.string(),
  /** Absent: the bot is in no voice channel there. */
  state: z.string().optional(),
  /** People in that channel who agreed to be heard, and other people there. */
  heard: z.number(),
  unheard: z.number(),
  /** Spent today; minutes are those without a known price. */
  usd: z.number(),
  minutes: z.number(),
});
const summary = z.object({
  servers: z.array(serverView),
  alerts: z.array(
    z.object({
      ...{ name: z.string(), meaning: z.string(), action: z.string(), cause: z.string() },
      ...{ guildId: z.string().optional(), task: z.string().optional() },
    }),
  ),
});

/** Summary of a process for the pages of the others. */
type ProcessSummary = z.infer<typeof summary>;

/** Server of the list; `process` is the name of the other process that serves it. */
export type ServerView = z.infer<typeof serverView> & { readonly process?: string };

/** Process of the list; counts are absent where it has written no summary that this version reads. */
export type ProcessView = Pick<ProcessState, 'isOwn' | 'name' | 'shards' | 'version'> & {
  /** Instant of its start, at a whole second. */
  readonly startedWallMs: number;
  /** Present where it has been silent for longer than usual. */
  readonly silentMs?: number;
  readonly servers?: number;
  readonly rooms?: number;
  readonly alerts?: number;
};

export type ProcessesView = {
  readonly shardCount: number;
  readonly all: readonly ProcessView[];
  /** Ids of shards that no process serves. */
  readonly unserved: readonly number[];
  /** Present where the database has not answered for long: age of all this. */
  readonly oldMs?: number;
};

/** Interval, in ms, between two reads, and the time after which a process that renewed no lease counts as silent. */
const [askEveryMs, silentFromMs] = [2_000, 5_000];
/** Age, in ms, from which the page says that its list of processes is old. */
const oldFromMs = 10_000;

/** Servers of this process, as the list shows them. */
function viewServers({ servers, sessions, today }: ServerFacts): readonly ServerView[] {
  const rooms = new Map(sessions().map((session) => [session.channel.guildId, session]));
  return servers().map(({ guildId, guildName }) => {
    const room = rooms.get(guildId);
    const { heard, unheard, state } = room ? companyOf(room) : nobody;
    const { minutes, usd } = today(guildId);
    const people = { heard: heard.length, unheard };
    return { guildId, guildName, ...people, usd, minutes, ...(state && { state: state.kind }) };
  });
}

const nobody = { heard: [], unheard: 0, state: undefined };

/** Summary of this process, for the pages of the others. */
export function summariseProcess(
  facts: ServerFacts,
  alerts: readonly RaisedAlert[],
): ProcessSummary {
  return { servers: [...viewServers(facts)], alerts: [...alerts] };
}

/** Parts of a summary that are counted. */
type CountedSummary = {
  readonly alerts: readonly unknown[];
  readonly servers: readonly ServerView[];
};

/** State of a process with its summary, where this version reads it. */
type KnownProcess = ProcessState & { readonly known: ProcessSummary | undefined };

/** Processes of the bot and their servers, read from the database while somebody watches. */
export class ProcessWatch {
  readonly #clock: Pick<Clock, 'nowMs' | 'wallMs'>;
  #processes: readonly KnownProcess[] = [];
  #shardCount = 0;
  #readAtMs: number | undefined;
  #askedAtMs = Number.NEGATIVE_INFINITY;
  #isAsking = false;

  constructor(clock: Pick<Clock, 'nowMs' | 'wallMs'>) {
    this.#clock = clock;
  }

  /** Processes, servers and alerts of all: of this one as they are now, of the others by their last summary. Never waits. */
  view(
    facts: ServerFacts,
    ownAlerts: readonly RaisedAlert[],
    read: () => Promise<ProcessStates>,
  ): {
    readonly processes: ProcessesView;
    readonly servers: readonly ServerView[];
    readonly alerts: readonly (RaisedAlert & { readonly process?: string })[];
  } {
    void this.#ask(read);
    const own = { servers: viewServers(facts), alerts: ownAlerts };
    const others = this.#processes
      .filter(({ isOwn }) => !isOwn)
      .toSorted((one, other) => one.silentMs - other.silentMs)
      .flatMap(({ name, known }) => (known ? [{ process: name, known }] : []));
    const servers = new Map<string, ServerView>(own.servers.map((one) => [one.guildId, one]));
    // A server that changes hands stands in two summaries: the process that was heard of last has it.
    for (const { process, known } of others)
      for (const one of known.servers)
        if (!servers.has(one.guildId)) servers.set(one.guildId, { ...one, process });
    const alerts = others.flatMap(({ process, known }) =>
      known.alerts.map((alert) => ({ ...alert, process })),
    );
    return {
      processes: this.#view(own),
      servers: [...servers.values()],
      alerts: [...ownAlerts, ...alerts],
    };
  }

  #view(own: CountedSummary): ProcessesView {
    const wallMs = this.#clock.wallMs();
    const ageMs = this.#clock.nowMs() - (this.#readAtMs ?? this.#clock.nowMs());
    const taken = new Set(this.#processes.flatMap(({ shards }) => shards));
    const all = this.#processes.map(({ isOwn, name, shards, silentMs, known, ...process }) => {
      const counted = isOwn ? own : known;
      return {
        ...{ name, isOwn, shards, version: process.version },
        startedWallMs: Math.round((wallMs - ageMs - process.ageMs) / 1_000) * 1_000,
        ...(!isOwn && silentMs > silentFromMs && { silentMs: silentMs + ageMs }),
        ...(counted && countsOf(counted)),
      };
    });
    return {
      shardCount: this.#shardCount,
      all,
      unserved: Array.from({ length: this.#shardCount }, (_, id) => id).filter(
        (id) => !taken.has(id),
      ),
      ...(ageMs > oldFromMs && { oldMs: ageMs }),
    };
  }

  /** Never throws: what was read last is shown with its age. */
  async #ask(read: () => Promise<ProcessStates>): Promise<void> {
    const nowMs = this.#clock.nowMs();
    if (this.#isAsking || nowMs - this.#askedAtMs < askEveryMs) return;
    this.#isAsking = true;
    this.#askedAtMs = nowMs;
    try {
      const { processes, shardCount } = await read();
      this.#shardCount = shardCount;
      this.#readAtMs = this.#clock.nowMs();
      this.#processes = processes.map((one) => ({
        ...one,
        known: summary.safeParse(one.summary).data,
      }));
    } catch {
      // The log and the alerts tell of the database.
    } finally {
      this.#isAsking = false;
    }
  }
}

function countsOf({ alerts, servers }: CountedSummary) {
  const rooms = servers.filter(({ state }) => state !== undefined).length;
  return { servers: servers.length, rooms, alerts: alerts.length };
}
