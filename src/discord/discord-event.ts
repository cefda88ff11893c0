import type { AlertChange } from '#src/base/alerts.ts';
import type { ErrorCode } from '#src/base/errors.ts';
import type { ChannelId, GuildId, PersonId } from '#src/base/ids.ts';
import type { LoggedText } from '#src/base/logged-text.ts';
import type { ReceiverCounts } from '#src/discord/link/consented-receiver.ts';
import type { SenderCounts } from '#src/discord/link/frame-sender.ts';
import type { PostOutcome } from '#src/discord/outbox/outbox.ts';
import type { MissingRight, VoiceRestriction } from '#src/ports/voice-link.ts';

/** For logs and counters: ids and numbers, never words of people. */
export type DiscordEvent =
  | { readonly kind: 'ready'; readonly botId: PersonId; readonly guilds: number }
  | { readonly kind: 'registered'; readonly commands: number }
  | { readonly kind: 'gateway'; readonly what: 'reconnecting' | 'resumed' }
  | {
      readonly kind: 'closed';
      readonly closeCode: number;
      readonly remedy?: LoggedText;
    }
  | {
      readonly kind: 'warning';
      readonly message: LoggedText;
      readonly guildId?: GuildId;
      readonly cause?: unknown;
    }
  | (AlertChange & { readonly name: 'link-down'; readonly guildId: GuildId })
  | { readonly kind: 'message'; readonly outcome: PostOutcome }
  | { readonly kind: 'command'; readonly name: LoggedText; readonly tookMs: number }
  | {
      readonly kind: 'command-failed';
      readonly name: LoggedText;
      readonly code: ErrorCode | 'internal';
      readonly error: unknown;
    }
  | {
      readonly kind: 'link-opened';
      readonly guildId: GuildId;
      readonly tookMs: number;
      readonly isEndToEnd: boolean;
      readonly cipher: LoggedText;
    }
  /** A call is left and joined again, as its path had died. */
  | {
      readonly kind: 'path-died';
      readonly guildId: GuildId;
      readonly why: LoggedText;
    }
  | {
      readonly kind: 'voice-closed';
      readonly guildId: GuildId;
      readonly closeCode: number;
    }
  /** Also reported when the bot joins. */
  | {
      readonly kind: VoiceRestriction;
      readonly guildId: GuildId;
      readonly isOn: boolean;
    }
  /** After a missing right the bot still sits in the channel. */
  | {
      readonly kind: 'moved' | MissingRight;
      readonly guildId: GuildId;
      readonly channelId: ChannelId;
    }
  | { readonly kind: 'guild-removed'; readonly guildId: GuildId }
  | { readonly kind: 'server-greeted' | 'server-left'; readonly guildId: GuildId }
  /** A frame left so late that people heard a gap. */
  | { readonly kind: 'stalled'; readonly lateMs: number }
  | {
      readonly kind: 'link-made';
      readonly guildId: GuildId;
      readonly counts: () => LinkCounts;
    }
  | {
      readonly kind: 'link-closed';
      readonly guildId: GuildId;
      readonly counts: LinkCounts;
    };

export type LinkCounts = ReceiverCounts &
  SenderCounts & {
    readonly dropped: number;
    readonly errors: number;
  };
