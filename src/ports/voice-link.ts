import type { FrameSource } from '#src/audio/frame.ts';
import type { Packet } from '#src/audio/jitter-buffer.ts';

/** Asked for each packet before it is decrypted. */
export type MayHear = (speakerId: PersonId) => boolean;

export type ChannelMember = {
  readonly id: string;
  readonly name: string;
  readonly isBot: boolean;
  /** Roles in this server, as far as Discord has reported. */
  readonly roleIds: readonly RoleId[];
  /** Deafened by themselves or by a moderator: nothing that is said reaches them. */
  readonly isDeaf?: boolean;
};

export type ChannelRef = {
  readonly guildId: GuildId;
  readonly channelId: ChannelId;
  readonly name: string;
};

/** Encryption of a link. */
export type LinkState = {
  /** Cipher of the transport, as Discord names it; empty: none was agreed on. */
  readonly cipher: string;
  readonly isEndToEnd: boolean;
};

/** One voice channel as the session sees it. discord/ and test/fakes each supply one. */
export interface VoiceLink extends AsyncDisposable {
  /** False from its end on, also before `hear` has told of it. */
  readonly isOpen: boolean;
  /**
   * Packets of people who may be heard, in order of arrival; nothing at all during silence.
   *
   * One that could not be opened end to end still comes sealed, so that its sender is not forgotten.
   * Ends when the link is disposed. Errors: BotError `link.*`, all of which `VoiceLinkOpener.open` names.
   * Aborting `signal` throws `signal.reason`.
   */
  receivePackets(signal: AbortSignal): AsyncIterable<Packet>;
  /**
   * `listener` is called with the header of each packet of a person who may not be heard; nothing of it is decrypted. Replaces the
   * former one.
   */
  onUnheard(listener: (speakerId: PersonId) => void): void;
  /** Asks `frames` for 20 ms every 20 ms, and reports to it what was really sent. Replaces the former source. */
  playFrames(frames: FrameSource): { wake(): void };
  /** Everybody in the channel now but this bot itself, with their roles as last reported. */
  listPeople(): readonly ChannelMember[];
  /** `listener` is called after each change of `people` that Discord reported. Replaces the former one. */
  onPeople(listener: () => void): void;
  /**
   * Asks which roles this person has now; afterwards `people` knows.
   *
   * Errors: BotError `discord.unreachable`, after 5 s at most; then all is as it was. Aborting throws `signal.reason`.
   */
  refreshMember(personId: PersonId, signal: AbortSignal): Promise<void>;
  getState(): LinkState;
}

/** Opens voice links; one per server at a time. */
export interface VoiceLinkOpener {
  /**
   * Resolves once the link can be spoken through: voice ready and encryption settled.
   *
   * Errors: BotError `link.timeout` after 15 s, `link.lost` (retryable, unless a person sent the bot away),
   * `link.rate_limited` (see `restMs`; where that is 0 the own pace of joins has no place for `retryAfterMs`), and those that no
   * other try mends: `link.no_cipher`, `link.no_end_to_end`. Aborting throws `signal.reason`.
   */
  openLink(channel: ChannelRef, mayHear: MayHear, signal: AbortSignal): Promise<VoiceLink>;
  /** Time in ms before another link in that server may be opened; 0: none. */
  getRestMs(guildId: GuildId): number;
}
