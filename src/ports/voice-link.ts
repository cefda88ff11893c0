import type { FrameSource } from '#src/audio/frame.ts';
import type { Packet } from '#src/audio/jitter-buffer.ts';
import type { ChannelId, GuildId, PersonId, RoleId } from '#src/base/ids.ts';
import type { LoggedText } from '#src/base/logged-text.ts';
import type { TextLine } from '#src/texts/texts.ts';

/** The consent gate, asked before each packet is decrypted. */
export type MayHear = (speakerId: PersonId) => boolean;

/** A person or bot in a voice channel, as far as Discord has reported. */
export type ChannelMember = {
  readonly id: PersonId;
  readonly name: string;
  readonly isBot: boolean;
  /** As far as Discord has reported. */
  readonly roleIds: readonly RoleId[];
  /** A deafened person hears nothing. */
  readonly isDeaf?: boolean;
};

export type ChannelRef = {
  readonly guildId: GuildId;
  readonly channelId: ChannelId;
  readonly name: string;
};

/** Ciphers of voice packets that an operator may ask for. `auto`: the faster one on this machine. */
export const voiceCiphers = ['auto', 'aes256-gcm', 'xchacha20-poly1305'] as const;
export type VoiceCipher = (typeof voiceCiphers)[number];

export type LinkState = {
  /** Empty if no cipher was agreed on. */
  readonly cipher: LoggedText;
  readonly isEndToEnd: boolean;
};

/** One open voice connection. Disposing of it leaves the channel, unless a person has moved the bot out of it. */
export interface VoiceLink extends AsyncDisposable {
  /** False from its end on, also before `receivePackets` ends. */
  readonly isOpen: boolean;
  /**
   * Receives packets of heard people, none during silence. A packet that cannot be
   * opened end to end stays sealed. Throws BotError `link.*`.
   */
  receivePackets(signal: AbortSignal): AsyncIterable<Packet>;
  /** Sets the listener for packets of unheard people, in place of the former. */
  onUnheard(listener: (speakerId: PersonId) => void): void;
  /**
   * Plays `frames`, one each 20 ms, and reports sent ones. Replaces the former source. `wake` asks for the next frame at
   * once, after the source was idle.
   */
  playFrames(frames: FrameSource): { wake(): void };
  /** Lists everybody but the bot, with roles as last reported. */
  listPeople(): readonly ChannelMember[];
  /** Sets the listener for changes of `listPeople`, in place of the former one. */
  onPeople(listener: () => void): void;
  /** Updates a member's roles. Throws BotError `discord.unreachable` after 5 s. */
  refreshMember(personId: PersonId, signal: AbortSignal): Promise<void>;
  /** Returns the encryption that the connection uses now. */
  getState(): LinkState;
}

/** Opens voice links, one for each server at a time. */
export interface VoiceLinkOpener {
  /**
   * Opens a link. Resolves when people can hear the bot. Throws BotError `link.timeout`
   * after 15 s, `link.lost` and `link.rate_limited` (see `getRestMs`), and the final
   * `link.no_cipher` and `link.no_end_to_end`. Where a person has moved the bot it joins nothing: it takes that seat.
   */
  openLink(
    channel: ChannelRef,
    mayHear: MayHear,
    signal: AbortSignal,
  ): Promise<VoiceLink>;
  /** Leaves a channel to which a person has moved the bot and that no link followed. Never throws. */
  leaveChannel(guildId: GuildId): Promise<void>;
  /** Returns the wait before another link may be opened, in ms. */
  getRestMs(guildId: GuildId): number;
}

/**
 * The outcome of a cue. `left` means for the channel. `speaking` means other sound was in the way, and `away` no connection.
 */
export type CueOutcome = 'left' | 'speaking' | 'away';

export type MissingRight = 'no-view' | 'no-connect';

export const voiceRestrictions = ['muted', 'deafened', 'suppressed'] as const;
export type VoiceRestriction = (typeof voiceRestrictions)[number];

/** A change of the bot's seat. `planRetry` decides on closed links. */
export type SeatChange =
  /** Also reported when the bot joins under the restriction. */
  | { readonly kind: VoiceRestriction; readonly isOn: boolean }
  /** After a missing right Discord leaves the bot there. */
  | { readonly kind: 'moved' | MissingRight; readonly channelId: ChannelId }
  /** The link carries no sound, though it was opened anew, or it does again. */
  | { readonly kind: 'link-down'; readonly isOn: boolean }
  | { readonly kind: 'guild-removed' };

/** Names the permission that the bot lacks in a channel. */
export function toMissingRightLine(
  kind: MissingRight,
  { name: channel }: ChannelRef,
): TextLine {
  const permission = kind === 'no-view' ? 'View Channel' : 'Connect';
  return { id: 'join.no_right', with: { channel, permission } };
}
