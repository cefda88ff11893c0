import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import { isYes } from '#src/people/consent.ts';
import { returnMs } from '#src/people/join-rules.ts';
import type { JoinOutcome } from '#src/ports/command-ports.ts';
import { failureEventOf } from '#src/ports/failure-event.ts';
import { leftPanel } from '#src/ports/panel.ts';
import { withStoreTimeout } from '#src/ports/store-timeout.ts';
import type { SeatStore, StoredSeat } from '#src/ports/stores/seat-store.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';
import { judgeEntry, obstacleOf } from '#src/sessions/join-obstacles.ts';
import type { VoiceSessions } from '#src/sessions/voice-sessions.ts';
import type { TextLine } from '#src/texts/texts.ts';

/** Seats that are returned to at the same time: each takes messages of the gateway, of which Discord takes 114 a minute. */
const mostAtOnce = 10;
/** A store that cannot be read is asked again after so long, in ms, while seats stand. */
const retryMs = 10_000;
/** Interval in ms at which the seat of a session that was given up is read while it stands. */
const checkAgainMs = 60_000;

/** Seat to which the bot returns, and its channel. */
type SeatedChannel = { readonly seat: StoredSeat; readonly channel: ChannelRef };

/** Goes on where a former run sat, once Discord has listed its server. */
export class SeatReturn {
  readonly #parts;
  readonly #sessions;
  readonly #seatStore;
  readonly #signal;
  /** Servers whose session was given up. */
  readonly #givenUp = new Set<string>();
  /** Called for each server once it is decided whether the bot returns there. */
  readonly #decided;
  readonly #waiting = new Set<string>();
  #running = 0;

  constructor(
    parts: SessionDependencies,
    sessions: VoiceSessions,
    seatStore: SeatStore,
    signal: AbortSignal,
    decided: (guildId: GuildId) => void,
  ) {
    this.#parts = parts;
    this.#sessions = sessions;
    this.#seatStore = seatStore;
    this.#signal = signal;
    this.#decided = decided;
  }

  /**
   * To be called with servers that are there, or there again. Resolves to those in which a former run sat, before it
   * returns: what their panels show is decided here. Never throws.
   */
  async arrived(guildIds: readonly GuildId[]): Promise<ReadonlySet<string>> {
    const seats = await this.#read(guildIds);
    if (!seats) void this.#readAgain(guildIds);
    return new Set(this.#enqueue(seats ?? []));
  }

  /** To be called for a session that was given up: its seat is read every minute while it stands. Never throws. */
  async givenUp(guildId: GuildId): Promise<void> {
    if (this.#givenUp.has(guildId)) return;
    this.#givenUp.add(guildId);
    await this.#readAgain([guildId], checkAgainMs);
    this.#givenUp.delete(guildId);
  }

  /** Reads seats from time to time while they stand; with the usual pause only until they could be read. */
  async #readAgain(guildIds: readonly GuildId[], everyMs = retryMs) {
    const signal = this.#signal;
    for (let waitedMs = 0; waitedMs < returnMs; waitedMs += everyMs) {
      await this.#parts.clock.sleep(everyMs, signal).catch(() => undefined);
      if (signal.aborted || guildIds.every((id) => this.#sessions.at(id))) return;
      const seats = await this.#read(guildIds);
      const isEnough = everyMs === retryMs;
      this.#enqueue(seats?.filter(({ idleMs }) => isEnough || idleMs < returnMs) ?? []);
      if (seats && isEnough) return;
    }
  }

  /** Undefined where the store could not be read. */
  async #read(guildIds: readonly GuildId[]): Promise<readonly StoredSeat[] | undefined> {
    const [first = ''] = guildIds;
    const all = await withStoreTimeout(first, this.#parts, 'store.unreadable', () =>
      this.#seatStore.read(guildIds),
    );
    return all
      ?.filter(({ guildId }) => !this.#sessions.at(guildId))
      .toSorted((one, other) => one.idleMs - other.idleMs);
  }

  /** The seats that were left last come first. */
  #enqueue(seats: readonly StoredSeat[]): readonly string[] {
    const guildIds = seats.map(({ guildId }) => guildId);
    for (const guildId of guildIds) this.#waiting.add(guildId);
    for (let free = mostAtOnce - this.#running; free > 0; free--) void this.#work();
    return guildIds;
  }

  /** Never throws. */
  async #work() {
    this.#running++;
    for (const guildId of this.#waiting) {
      if (this.#signal.aborted) break;
      this.#waiting.delete(guildId);
      try {
        await this.#settle(guildId);
      } catch (error) {
        this.#parts.onEvent(guildId, failureEventOf(error, 'link'));
      }
    }
    this.#running--;
  }

  async #settle(guildId: GuildId) {
    let objection: TextLine | undefined;
    const prepare = async () => {
      const found = await this.#find(guildId);
      if (!found || 'seat' in found) return found;
      objection = found;
      return undefined;
    };
    const joining = await this.#sessions.returnTo(guildId, prepare, this.#givenUp.has(guildId));
    if (objection) {
      this.#sessions.forgetSeat(guildId);
      await this.#showLeft(guildId, objection);
    }
    if (joining) await this.#reportJoined(guildId, joining);
    this.#decided(guildId);
  }

  async #reportJoined(guildId: GuildId, joining: JoinOutcome) {
    const { panels } = this.#parts;
    if (this.#givenUp.has(guildId) && !('consent' in joining)) return; // its panel says so already
    if ('consent' in joining || 'nextTryMs' in joining) await panels.takeOver(guildId);
    else await this.#showLeft(guildId, { id: 'gave_up' });
  }

  async #showLeft(guildId: GuildId, why: TextLine) {
    const { panels } = this.#parts;
    panels.show(guildId, leftPanel(why));
    await panels.takeOver(guildId);
  }

  /** Its seat, or why it does not return there; undefined: there is none, or it could not be read, and is read again. */
  async #find(guildId: GuildId): Promise<SeatedChannel | TextLine | undefined> {
    const [read, choices] = await Promise.all([
      withStoreTimeout(guildId, this.#parts, 'store.unreadable', () =>
        this.#seatStore.read([guildId]),
      ),
      this.#sessions.readConsents(guildId),
      this.#sessions.settings.load(guildId),
    ]);
    if (!read || !choices.isRead) void this.#readAgain([guildId]);
    const [seat] = read ?? [];
    if (!choices.isRead || !seat) return undefined;
    const channel = this.#parts.places.channel(guildId, seat.channelId);
    return this.#objectionTo(seat, channel) ?? (channel && { seat, channel });
  }

  /** Why the bot does not return: only soon, where it may enter, and to people who may be heard. */
  #objectionTo(seat: StoredSeat, channel: ChannelRef | undefined): TextLine | undefined {
    const outdated = { id: 'seat.outdated', with: { channel: seat.channelName } } as const;
    const joining = channel && judgeEntry(channel, this.#parts);
    if (!channel || !joining || seat.idleMs >= returnMs) return outdated;
    const isAwaited = this.#parts.places
      .people(channel)
      .some((one) => !one.isBot && isYes(this.#sessions.consentOf(seat.guildId, one, seat)));
    return obstacleOf(joining, channel) ?? (isAwaited ? undefined : outdated);
  }
}
