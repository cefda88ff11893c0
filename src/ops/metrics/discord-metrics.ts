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
/** Buckets in s, up to the deadline of a link. */
const linkBuckets = [0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 15];
/** Discord docs, "Voice Close Event Codes", and how sockets close. */
const closeCodes = new Set([
  1000, 1001, 1006, 4001, 4002, 4003, 4004, 4005, 4006, 4009, 4011, 4012, 4014, 4015, 4016, 4017,
  4020, 4021, 4022,
]);

export type DiscordMetrics = ReturnType<typeof discordMetrics>;

/** Counts what happens at Discord; labels are words of ours and known close codes, never ids. `onLink` is called when a voice link is made. */
export function discordMetrics(meters: Meters, onLink: () => void) {
  const links = meters.seconds('link_open', 'Time until a voice link could be used.', linkBuckets);
  const closed = 'Voice sockets that closed, by close code.';
  const closes = meters.counter('voice_closes', closed, ['code']);
  /** Tally by server, which has one link at a time. */
  const open = new Map<string, () => LinkTally>();
  /** Counts of links that have closed, by key of their tallies. */
  const past = new Map<string, number>();
  /** Servers whose link is open. */
  const usable = new Set<string>();
  totalLinks(meters, () => {
    const totals = new Map(past);
    for (const tally of open.values()) add(tally(), totals);
    return totals;
  });
  const answered = 'Time until a command was answered.';
  const reconnects = 'Reconnects and resumes of the main gateway.';
  const written = 'Messages written into chats, by outcome.';
  return {
    commands: meters.seconds('command', answered, commandBuckets, ['name']),
    commandFailures: meters.counter('command_failures', 'Commands that failed, by code.', ['code']),
    gateway: meters.counter('gateway', reconnects, ['what', 'shard']),
    messages: meters.counter('messages', written, ['outcome']),
    warnings: meters.counter('warnings', 'Warnings in the log about Discord.'),

    linkOpened(guildId: string, tookMs: number): void {
      usable.add(guildId);
      links.observe(tookMs / 1000);
    },

    /** Whether people are heard and answered there now. */
    isLinked: (guildId: string) => usable.has(guildId),

    /** Whether there is a voice link, open or being opened. */
    hasLink: () => open.size > 0,

    /** Counts an unknown code as `other`. */
    voiceClosed(closeCode: number): void {
      closes.inc({ code: closeCodes.has(closeCode) ? `${closeCode}` : 'other' });
    },

    /** `tally` is read at each look, until the link has closed. */
    linkMade(guildId: string, tally: () => LinkTally): void {
      usable.delete(guildId);
      const former = open.get(guildId);
      if (former) add(former(), past);
      open.set(guildId, tally);
      onLink();
    },

    linkClosed(guildId: string, tally: LinkTally): void {
      open.delete(guildId);
      usable.delete(guildId);
      add(tally, past);
    },
  };
}

/** `totals`: sums over all links there ever were, of which none ever falls. */
function totalLinks(meters: Meters, totals: () => ReadonlyMap<string, number>): void {
  const one = (key: string) => () => totals().get(key) ?? 0;
  const some = (which: (key: string) => boolean) => () =>
    [...totals()].flatMap(([key, value]) =>
      which(key) ? [{ labels: { what: snake(key) }, value }] : [],
    );
  const isFrame = (key: string) => frameKeys.has(key);
  const isPacket = (key: string) => !frameKeys.has(key) && !otherKeys.has(key);
  meters.total('link_errors', 'Errors of the voice library.', one('errors'));
  meters.total('frames', 'Frames to the voice library, 20 ms each.', some(isFrame), ['what']);
  meters.total('clock_shifts', 'Stalls over 60 ms: a gap without a lost frame.', one('shifts'));
  meters.total('packets', 'Packets of people, by outcome.', some(isPacket), ['what']);
}

const frameKeys = new Set(['sent', 'refused']);
const otherKeys = new Set(['shifts', 'errors']);

function add(tally: LinkTally, to: Map<string, number>): void {
  for (const [key, count] of Object.entries(tally)) to.set(key, (to.get(key) ?? 0) + count);
}

function snake(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
