import type { GuildId } from '#src/base/ids.ts';
import { toSnakeCase } from '#src/base/snake-case.ts';
import type { Meters } from './meters.ts';

/** Counts of one voice link. All but the four named ones are packets by outcome. */
export type LinkTally = {
  readonly sent: number;
  readonly refused: number;
  readonly shifts: number;
  readonly errors: number;
} & Readonly<Record<string, number>>;

/** A command is given up after 60 s. An answer should come within 0.3 s. */
const commandBuckets = [0.05, 0.1, 0.2, 0.3, 0.5, 1, 3, 10, 60];

export type DiscordMetrics = ReturnType<typeof addDiscordMetrics>;

/** Adds metrics of Discord. Labels are our own words and close codes, never ids. */
export function addDiscordMetrics(meters: Meters, onLink: () => void) {
  /** Each server has one link at a time. */
  const open = new Map<string, () => LinkTally>();
  const past = new Map<string, number>();
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

    /** People are heard and answered there now. */
    isLinked: (guildId: GuildId) => usable.has(guildId),

    hasLink: () => open.size > 0,

    /** Counts a new link. `tally` is read until the link has closed. */
    countLink(guildId: GuildId, tally: () => LinkTally) {
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

/** Adds totals of links. `totals` never fall. */
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
