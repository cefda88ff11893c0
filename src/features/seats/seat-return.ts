import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import { isYes } from '#src/people/consent.ts';
import { judgeReturn, type ReturnVerdict, returnMs } from '#src/people/return-rules.ts';
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

/** Known state of a seat before the bot returns to it; `unread`: the store failed. */
type PreparedReturn =
  | { readonly kind: 'return'; readonly seat: StoredSeat; readonly channel: ChannelRef }
  | { readonly kind: 'over'; readonly line: TextLine }
  | { readonly kind: 'none' | 'unread' };

/** Goes on where a former run sat, once Discord has listed its server. */
export class SeatReturn implements Disposable {
  readonly #parts: SessionDependencies;
  readonly #sessions: VoiceSessions;
  readonly #seatStore: SeatStore;
  readonly #over = new AbortController();
  /** Servers whose session was given up. */
  readonly #givenUp = new Set<string>();
  /** Called for each server once it is decided whether the bot returns there. */
  readonly #decided: (guildId: string) => void;
  #waiting: readonly string[] = [];
  #running = 0;

  constructor(
    parts: SessionDependencies,
    sessions: VoiceSessions,
    seatStore: SeatStore,
    decided: (guildId: string) => void = () => undefined,
  ) {
    this.#parts = parts;
    this.#sessions = sessions;
    this.#seatStore = seatStore;
    this.#decided = decided;
  }

  /**
   * To be called with servers that are there, or there again. Resolves to those in which a former run sat, before it
   * returns: what their panels show is decided here. Never throws.
   */
  async arrived(guildIds: readonly string[]): Promise<ReadonlySet<string>> {
    const seats = await this.#read(guildIds);
    if (!seats) void this.#readAgain(guildIds);
    return new Set(this.#enqueue(seats ?? []));
  }

  /** To be called for a session that was given up: its seat is read every minute while it stands. Never throws. */
  async givenUp(guildId: string): Promise<void> {
    if (this.#givenUp.has(guildId)) return;
    this.#givenUp.add(guildId);
    const { signal } = this.#over;
    for (let stands = true; stands; ) {
      await this.#parts.clock.sleep(checkAgainMs, signal).catch(() => undefined);
      if (signal.aborted || this.#sessions.at(guildId)) break;
      const seats = await this.#read([guildId]);
      stands = !seats || seats.some(({ idleMs }) => idleMs < returnMs);
      if (stands) this.#enqueue(seats ?? []);
    }
    this.#givenUp.delete(guildId);
  }

  /** Nothing is begun any more. */
  [Symbol.dispose](): void {
    this.#over.abort(new Error('the return to seats is closed'));
    this.#waiting = [];
  }

  async #readAgain(guildIds: readonly string[]): Promise<void> {
    const { signal } = this.#over;
    for (let waitedMs = 0; waitedMs < returnMs; waitedMs += retryMs) {
      await this.#parts.clock.sleep(retryMs, signal).catch(() => undefined);
      const seats = signal.aborted ? [] : await this.#read(guildIds);
      if (!seats) continue;
      this.#enqueue(seats);
      return;
    }
  }

  /** Undefined where the store could not be read. */
  async #read(guildIds: readonly string[]): Promise<readonly StoredSeat[] | undefined> {
    const [first = '', ...more] = guildIds;
    const all = await withStoreTimeout(first, this.#parts, 'store.unreadable', async () => {
      if (more.length > 0) return await this.#seatStore.read();
      const seat = await this.#seatStore.readIn(first);
      return seat ? [seat] : [];
    });
    const ids = new Set(guildIds);
    return all
      ?.filter(({ guildId }) => ids.has(guildId) && !this.#sessions.at(guildId))
      .toSorted((one, other) => one.idleMs - other.idleMs);
  }

  /** The seats that were left last come first. */
  #enqueue(seats: readonly StoredSeat[]): readonly string[] {
    const guildIds = seats.map(({ guildId }) => guildId);
    if (this.#over.signal.aborted) return guildIds;
    this.#waiting = [...new Set([...this.#waiting, ...guildIds])];
    while (this.#running < Math.min(mostAtOnce, this.#waiting.length + this.#running)) {
      this.#running++;
      void this.#work().finally(() => this.#running--);
    }
    return guildIds;
  }

  async #work(): Promise<void> {
    for (;;) {
      const [guildId, ...rest] = this.#waiting;
      if (guildId === undefined) return;
      this.#waiting = rest;
      try {
        await this.#settle(guildId);
      } catch (error) {
        this.#parts.onEvent(guildId, failureEventOf(error, 'link'));
      }
    }
  }

  async #settle(guildId: string): Promise<void> {
    let prepared: PreparedReturn = { kind: 'none' };
    const prepare = async () => {
      prepared = await this.#prepare(guildId);
      return prepared.kind === 'return' ? prepared : undefined;
    };
    const isOnce = this.#givenUp.has(guildId);
    const joining = await this.#sessions.returnTo(guildId, prepare, isOnce);
    await this.#report(guildId, prepared, joining);
    this.#decided(guildId);
  }

  async #report(guildId: string, prepared: PreparedReturn, joining?: JoinOutcome): Promise<void> {
    switch (prepared.kind) {
      case 'none':
        return;
      case 'unread':
        return void this.#readAgain([guildId]);
      case 'over':
        this.#sessions.forgetSeat(guildId);
        await this.#showLeft(guildId, prepared.line);
        return;
      case 'return':
        if (joining) await this.#reportJoined(guildId, joining); // else somebody called the bot meanwhile
    }
  }

  async #reportJoined(guildId: string, joining: JoinOutcome): Promise<void> {
    const { panels } = this.#parts;
    if ('company' in joining) {
      await panels.takeOver(guildId, { id: 'seat.returned.anew' });
    } else if (this.#givenUp.has(guildId))
      return; // its panel says so already
    else if ('nextTryMs' in joining) await panels.takeOver(guildId);
    else await this.#showLeft(guildId, { id: 'gave_up' });
  }

  async #showLeft(guildId: string, why: TextLine): Promise<void> {
    const { panels } = this.#parts;
    panels.show(guildId, leftPanel(why));
    await panels.takeOver(guildId);
  }

  async #prepare(guildId: string): Promise<PreparedReturn> {
    const { places } = this.#parts;
    const { settings } = this.#sessions;
    const [seat, choices] = await Promise.all([
      withStoreTimeout(guildId, this.#parts, 'store.unreadable', async () => ({
        found: await this.#seatStore.readIn(guildId),
      })),
      this.#sessions.readConsents(guildId),
      settings.load(guildId),
    ]);
    if (!seat || !choices.isRead) return { kind: 'unread' };
    const { found: kept } = seat;
    if (!kept) return { kind: 'none' };
    const channel = places.channel(guildId, kept.channelId);
    const verdict = this.#judge(kept, channel);
    if (verdict.kind === 'return' && channel) return { kind: 'return', seat: kept, channel };
    return {
      kind: 'over',
      line: lineOf(
        verdict,
        channel ?? { guildId, channelId: kept.channelId, name: kept.channelName },
      ),
    };
  }

  #judge(seat: StoredSeat, channel: ChannelRef | undefined): ReturnVerdict {
    const { places } = this.#parts;
    const { guildId } = seat;
    const people = channel ? places.people(channel) : [];
    return judgeReturn({
      idleMs: seat.idleMs,
      joining: channel && judgeEntry(channel, this.#parts),
      isAwaited: people.some(
        (one) => !one.isBot && isYes(this.#sessions.consentOf(guildId, one, seat)),
      ),
    });
  }
}

function lineOf(verdict: ReturnVerdict, where: ChannelRef): TextLine {
  const { name: channel } = where;
  const noChannel = { id: 'channel.removed' } as const;
  switch (verdict.kind) {
    case 'too-old':
    case 'nobody':
      return { id: 'seat.outdated', with: { channel } };
    case 'return':
    case 'no-channel':
      return noChannel;
    case 'barred':
      return obstacleOf(verdict.joining, where) ?? noChannel;
  }
}
