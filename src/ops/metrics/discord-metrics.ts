import type { Counter, Histogram } from 'prom-client';
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

/** Metrics of Discord. Labels are our own words and close codes, never ids. */
export class DiscordMetrics {
  /** Counts voice sockets that closed. */
  readonly voiceCloses: Counter<'code'>;
  /** Takes the time until a command was answered, in seconds. */
  readonly commands: Histogram<'name'>;
  /** Counts reconnects and resumes of the main gateway. */
  readonly gateway: Counter<'what' | 'shard'>;
  /** Counts messages written into chats. */
  readonly messages: Counter<'outcome'>;
  readonly #onLink;
  /** Each server has one link at a time. */
  readonly #openLinks = new Map<GuildId, () => LinkTally>();
  readonly #closedTotals = new Map<string, number>();
  readonly #usableGuilds = new Set<GuildId>();

  /** Adds the metrics to `meters`. Calls `onLink` at each new link. */
  constructor(meters: Meters, onLink: () => void) {
    this.#onLink = onLink;
    addLinkTotals(meters, () => this.#countTotals());
    this.voiceCloses = meters.addCounter(
      'voice_closes',
      'Voice sockets that closed, by close code.',
      ['code'],
    );
    this.commands = meters.addHistogram(
      'command',
      'Time until a command was answered.',
      commandBuckets,
      ['name'],
    );
    this.gateway = meters.addCounter(
      'gateway',
      'Reconnects and resumes of the main gateway.',
      ['what', 'shard'],
    );
    this.messages = meters.addCounter(
      'messages',
      'Messages written into chats, by outcome.',
      ['outcome'],
    );
  }

  /** Tests whether people are heard and answered in a server now. */
  isLinked(guildId: GuildId): boolean {
    return this.#usableGuilds.has(guildId);
  }

  /** Tests whether any server has a link, or one is being opened. */
  hasLink(): boolean {
    return this.#openLinks.size > 0;
  }

  /** Counts a new link. `tally` is read until the link has closed. */
  countLink(guildId: GuildId, tally: () => LinkTally): void {
    this.#usableGuilds.delete(guildId);
    const formerTally = this.#openLinks.get(guildId);
    if (formerTally) addTally(formerTally(), this.#closedTotals);
    this.#openLinks.set(guildId, tally);
    this.#onLink();
  }

  /** Notes that people can hear the bot over the link of a server. */
  onLinkOpened(guildId: GuildId): void {
    this.#usableGuilds.add(guildId);
  }

  /** Notes the end of a link, with its last counts. */
  onLinkClosed(guildId: GuildId, tally: LinkTally): void {
    this.#openLinks.delete(guildId);
    this.#usableGuilds.delete(guildId);
    addTally(tally, this.#closedTotals);
  }

  #countTotals() {
    const totals = new Map(this.#closedTotals);
    for (const tally of this.#openLinks.values()) addTally(tally(), totals);
    return totals;
  }
}

const otherKeys = new Set(['sent', 'refused', 'shifts', 'errors']);

/** Adds totals of links. `countTotals` never falls. */
function addLinkTotals(meters: Meters, countTotals: () => ReadonlyMap<string, number>) {
  meters.addTotal(
    'clock_shifts',
    'Stalls over 60 ms: a gap without a lost frame.',
    () => countTotals().get('shifts') ?? 0,
  );
  const countPackets = () =>
    [...countTotals()].flatMap(([key, value]) =>
      otherKeys.has(key) ? [] : [{ labels: { what: toSnakeCase(key) }, value }],
    );
  meters.addTotal('packets', 'Packets of people, by outcome.', countPackets, ['what']);
}

function addTally(tally: LinkTally, totals: Map<string, number>) {
  for (const [key, count] of Object.entries(tally))
    totals.set(key, (totals.get(key) ?? 0) + count);
}
