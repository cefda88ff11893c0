import type {
  DiscordGatewayAdapterCreator,
  DiscordGatewayAdapterImplementerMethods,
  DiscordGatewayAdapterLibraryMethods,
} from '@discordjs/voice';
import type { SyncTiming } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import type { ChannelId, GuildId } from '#src/base/ids.ts';
import type { SignalPace } from './signal-pace.ts';

type ServerUpdate = Parameters<
  DiscordGatewayAdapterLibraryMethods['onVoiceServerUpdate']
>[0];
type StateUpdate = Parameters<
  DiscordGatewayAdapterLibraryMethods['onVoiceStateUpdate']
>[0];
type SeatPayload = { readonly d?: { readonly channel_id?: string | null } };

/** A seat to which a person has moved the bot, as Discord has told of it. */
export type MovedSeat = {
  readonly state: StateUpdate;
  /** May still be that of the former channel, as Discord names the two in any order. */
  readonly server: ServerUpdate | undefined;
};

export type VoiceSignalsDeps = {
  readonly guildId: GuildId;
  readonly channelId: ChannelId;
  readonly gateway: DiscordGatewayAdapterCreator;
  readonly pace: SignalPace;
  readonly leaves: OwnLeaves;
  readonly timing: SyncTiming;
  /** Seat of the bot in the channel. Undefined: the link asks for one. */
  readonly seat: MovedSeat | undefined;
  /** Discord has not told yet of the end of a seat that the bot has had. */
  readonly isSeated: boolean;
  /** Called once when a person has moved or disconnected the bot. */
  readonly onGone: (isMoved: boolean) => void;
};

const leaveMs = 1_000;
/** Longest time, in ms, after which Discord still tells of a leave. It has no documented limit: a seat has come 15 s late. */
const maxEchoMs = 30_000;

/**
 * The main gateway as one link sees it. The library would rejoin without end after a refusal,
 * so here it joins once. Moved by a person, the bot stays where it was put, and the next link takes that seat.
 */
export class VoiceSignals {
  readonly #deps;
  #gateway: DiscordGatewayAdapterImplementerMethods | undefined;
  #voice: DiscordGatewayAdapterLibraryMethods | undefined;
  #hasAsked = false;
  /** Last seat that Discord has told of, from the link's own on. */
  #state: StateUpdate | undefined;
  #server: ServerUpdate | undefined;
  #wasToldServer = false;
  /** A server update must not overtake the state update. */
  #isServerWaiting = false;
  #isGone = false;
  /** True while the seat waits for the next link. */
  #isKept = false;
  #confirmLeave: (() => void) | undefined;
  /** True until Discord tells of the end of the seat that the bot had before the link. */
  #hasFormerSeat;

  constructor(deps: VoiceSignalsDeps) {
    this.#deps = deps;
    this.#hasFormerSeat = deps.isSeated;
  }

  /** Adapter for the library, which joins through it. */
  readonly adapter: DiscordGatewayAdapterCreator = (library) => {
    this.#voice = library;
    this.#gateway = this.#deps.gateway({
      onVoiceServerUpdate: (update) => {
        this.#wasToldServer = true;
        this.#onServerUpdate(update);
      },
      onVoiceStateUpdate: (update) => this.#onStateUpdate(update),
      destroy: () => this.#onDisconnected(),
    });
    return {
      sendPayload: (payload) => this.#sendPayload(payload),
      destroy: () => {
        if (!this.#isKept) this.#gateway?.destroy();
      },
    };
  };

  /** Tells the library of the seat that the bot has already. Call this once the library is listened to. */
  takeUpSeat(): void {
    const { seat } = this.#deps;
    if (!seat) return;
    if (seat.server) this.#onServerUpdate(seat.server);
    this.#onStateUpdate(seat.state);
  }

  /** True while only a former link was told of a voice server. */
  get waitsForServer(): boolean {
    return this.#deps.seat !== undefined && !this.#wasToldServer;
  }

  /** True once Discord has told of the seat that the link uses. */
  get hasSeat(): boolean {
    return this.#state?.channel_id === this.#deps.channelId;
  }

  /** True while the seat waits for the next link. */
  get isKept(): boolean {
    return this.#isKept;
  }

  /** Keeps the seat to which a person has moved the bot, for the next link or for `leaveKept`. */
  keepSeat(): void {
    this.#isKept = true;
  }

  /**
   * Hands the kept seat over. Undefined if it is in another channel. Throws BotError `link.lost` if a person has
   * disconnected the bot since.
   */
  handOverSeat(channelId: ChannelId): MovedSeat | undefined {
    const state = this.#state;
    if (!this.#isKept || !state) return undefined;
    if (state.channel_id === null) {
      this.#dropKept();
      throw createRemovedError();
    }
    if (state.channel_id !== channelId) return undefined;
    this.#isKept = false;
    return { state, server: this.#server };
  }

  /** Leaves the channel. Resolves once Discord has confirmed, or after a second. */
  async leave(): Promise<void> {
    const isOut = this.#state?.channel_id === null;
    if (!this.#sendLeave() || isOut) return;
    await new Promise<void>((resolve) => {
      const cancelWait = this.#deps.timing.later(leaveMs, resolve);
      this.#confirmLeave = () => {
        cancelWait();
        resolve();
      };
    });
  }

  /** Leaves the channel of a kept seat. Does nothing without one. */
  async leaveKept(): Promise<void> {
    if (!this.#isKept) return;
    this.#isKept = false;
    if (this.#state?.channel_id !== null) await this.leave();
    this.#gateway?.destroy();
  }

  #sendPayload(payload: SeatPayload) {
    if (payload.d?.channel_id === null) return this.#sendLeave();
    if (this.#hasAsked) return false;
    this.#hasAsked = true;
    return this.#deps.seat !== undefined || this.#sendNow(payload);
  }

  #sendLeave() {
    const { leaves, timing } = this.#deps;
    // Out of the channel there is nothing that Discord could tell.
    if (this.#state?.channel_id !== null)
      leaves.noteAsked(this.#state !== undefined, timing.nowMs());
    const d = {
      guild_id: this.#deps.guildId,
      channel_id: null,
      self_mute: false,
      self_deaf: false,
    };
    return this.#sendNow({ op: 4, d });
  }

  #sendNow(payload: object) {
    const { pace, timing } = this.#deps;
    pace.noteSent(timing.nowMs());
    return this.#gateway?.sendPayload(payload) ?? false;
  }

  #onStateUpdate(update: StateUpdate) {
    const isHere = update.channel_id === this.#deps.channelId;
    if (update.channel_id === null) {
      this.#hasFormerSeat = false;
      this.#confirmLeave?.();
      if (this.#takeEcho()) return;
    }
    // Before our own join has come through, this is the echo of an earlier session.
    if (!this.#state && (!isHere || this.#isFormerSeat())) return;
    // A known seat is told of again whenever the bot is muted, or may speak on a stage.
    if (!this.#state) this.#deps.leaves.noteSeat();
    this.#state = update;
    if (this.#isGone) return;
    if (isHere) {
      this.#voice?.onVoiceStateUpdate(update);
      this.#passServer();
      return;
    }
    this.#isGone = true;
    this.#deps.onGone(update.channel_id !== null);
  }

  /** Muted before Discord handles its own leave, the bot is told once more of the seat that it gives up. */
  #isFormerSeat() {
    const { leaves, timing } = this.#deps;
    return this.#hasFormerSeat && leaves.hasKnown(timing.nowMs());
  }

  /** The seat until now was given late to a link that had left. The link's own seat is still to come. */
  #takeEcho() {
    const { leaves, timing } = this.#deps;
    const isEcho = leaves.takeEcho(timing.nowMs());
    if (isEcho) this.#state = undefined;
    return isEcho;
  }

  #onServerUpdate(update: ServerUpdate) {
    this.#server = update;
    this.#isServerWaiting = true;
    if (this.#state || !update.endpoint) this.#passServer();
  }

  #passServer() {
    if (!this.#server || !this.#isServerWaiting || this.#isGone) return;
    this.#isServerWaiting = false;
    this.#voice?.onVoiceServerUpdate(this.#server);
  }

  /** The gateway session is over, and with it the seat. */
  #onDisconnected() {
    if (this.#isKept) this.#dropKept();
    else this.#voice?.destroy();
  }

  #dropKept() {
    this.#isKept = false;
    this.#gateway?.destroy();
  }
}

type OwnLeave = { readonly isSeated: boolean; readonly atMs: number };

/**
 * Leaves of one server for which the bot has asked and of which Discord has still to tell. The next link hears of such a
 * leave as if a person had disconnected the bot.
 *
 * @example
 * import { OwnLeaves } from '#src/discord/link/voice-signals.ts';
 *
 * const leaves = new OwnLeaves();
 * leaves.noteAsked(false, 0);
 * [leaves.takeEcho(9_000), leaves.takeEcho(9_500)]; // [true, false]
 */
export class OwnLeaves {
  #asked: readonly OwnLeave[] = [];

  /** Notes a request to leave. `isSeated`: Discord has told of the seat that the bot gives up. */
  noteAsked(isSeated: boolean, atMs: number): void {
    this.#asked = [...this.#asked, { isSeated, atMs }];
  }

  /** Returns whether the bot has left a known seat within 30 s, and Discord has not told of the end. */
  hasKnown(atMs: number): boolean {
    return this.#asked.some(
      (leave) => leave.isSeated && atMs - leave.atMs <= maxEchoMs,
    );
  }

  /** Notes a new seat of which Discord tells. It tells in order, so that seats known before have ended, whoever was told. */
  noteSeat(): void {
    const firstUnknown = this.#asked.findIndex(({ isSeated }) => !isSeated);
    this.#asked = firstUnknown < 0 ? [] : this.#asked.slice(firstUnknown);
  }

  /** Returns whether a leave of which Discord tells now is one that the bot asked for. Each counts once, within 30 s. */
  takeEcho(atMs: number): boolean {
    const recent = this.#asked.filter((leave) => atMs - leave.atMs <= maxEchoMs);
    this.#asked = recent.slice(1);
    return recent.length > 0;
  }
}

/** Creates the error of a link out of which a person has taken the bot. */
export function createRemovedError(): BotError {
  return new BotError(
    'link.lost',
    false,
    'A person has moved or disconnected the bot.',
  );
}
