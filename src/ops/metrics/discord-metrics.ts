import { toSnakeCase } from '#src/base/snake-case.ts';
import type { Meters } from './meters.ts';

/**
 * Counts of one voice link since it was made: packets passed on, refused, lost, and faults mended.
 *
 * All but the four that are named are packets, by what befell them.
 */
export type LinkTally = {
  readonly sent: number;
  readonly refused: number;
  readonly shifts: number;
  readonly errors: number;
} & Readonly<Record<string, number>>;

/** Buckets in s, up to the 60 s after which a command is given up; an answer should come within 0.3 s. */
const commandBuckets = [0.05, 0.1, 0.2, 0.3, 0.5, 1, 3, 10, 60];

export type DiscordMetrics = ReturnType<typeof addDiscordMetrics>;

/** Counts what happens at Discord; labels are words of ours and close codes, never ids. `onLink` is called when a voice link is made. */
export function addDiscordMetrics(meters: Meters, onLink: () => void) {
  /** Tally by server, which has one link at a time. */
  const open = new Map<string, () => LinkTally>();
  /** Counts of links that have closed, by key of their tallies. */
  const past = new Map<string, number>();
  /** Servers whose link is open. */
  const usable = new Set<string>();
  totalLinks(meters, () => {
    const totals = new Map(past);
    for (const tally of open.values()) addTally(tally(), totals);
    return totals;
  });
  return {
    voiceCloses: meters.addCounter(
      'voice_closes',
      'Voice sockets that closed, by close code.',
      ['code'],
    ),
    commands: meters.addHistogram(
      'command',
      'Time until a command was answered.',
      commandBuckets,
      ['name'],
    ),
    gateway: meters.addCounter(
      'gateway',
      'Reconnects and resumes of the main gateway.',
      ['what', 'shard'],
    ),
    messages: meters.addCounter(
      'messages',
      'Messages written into chats, by outcome.',
      ['outcome'],
    ),

    linkOpened: (guildId: GuildId) => void usable.add(guildId),

    /** Whether people are heard and answered there now. */
    isLinked: (guildId: GuildId) => usable.has(guildId),

    /** Whether there is a voice link, open or being opened. */
    hasLink: () => open.size > 0,

    /** `tally` is read at each look, until the link has closed. */
    linkMade(guildId: GuildId, tally: () => LinkTally) {
      usable.delete(guildId);
      const former = open.get(guildId);
      if (former) addTally(former(), past);
      open.set(guildId, tally);
      onLink();
    },

    linkClosed(guildId: GuildId, tally: LinkTally) {
      open.delete(guildId);
      usable.delete(guildId);
      addTally(tally, past);
    },
  };
}

const otherKeys = new Set(['sent', 'refused', 'shifts', 'errors']);

/** `totals`: sums over all links there ever were, of which none ever falls. */
function totalLinks(meters: Meters, totals: () => ReadonlyMap<string, number>) {
  meters.addTotal(
    'clock_shifts',
    'Stalls over 60 ms: a gap without a lost frame.',
    () => totals().get('shifts') ?? 0,
  );
  const countPackets = () =>
    [...totals()].flatMap(([key, value]) =>
      otherKeys.has(key) ? [] : [{ labels: { what: toSnakeCase(key) }, value }],
    );
  meters.addTotal('packets', 'Packets of people, by outcome.', countPackets, ['what']);
}

function addTally(tally: LinkTally, to: Map<string, number>) {
  for (const [key, count] of Object.entries(tally))
    to.set(key, (to.get(key) ?? 0) + count);
}
