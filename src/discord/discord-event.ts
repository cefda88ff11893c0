import type { AlertChange } from '#src/base/alerts.ts';
import type { PostOutcome } from '#src/discord/outbox/outbox.ts';
import type {
  MissingRight,
  VoiceRestriction,
} from '#src/ports/seat-changes-by-others.ts';
import type { ReceiverCounts } from './link/consented-receiver.ts';
import type { SenderCounts } from './link/frame-sender.ts';

/** Event at Discord, for logs and counters: ids and numbers, never words people said. */
export type DiscordEvent =
  | { readonly kind: 'ready'; readonly botId: PersonId; readonly guilds: number }
  | { readonly kind: 'registered'; readonly commands: number }
  | { readonly kind: 'gateway'; readonly what: 'reconnecting' | 'resumed' }
  /** The gateway closed for good; the bot must be started again. */
  | { readonly kind: 'closed'; readonly closeCode: number; readonly remedy?: string }
  /** `cause` is the error behind it, for the log. */
  | {
      readonly kind: 'warning';
      readonly message: string;
      readonly guildId?: GuildId;
      readonly cause?: unknown;
    }
  /** A watchdog of a voice link found a promise broken, or kept again. */
  | (AlertChange & { readonly guildId: GuildId })
  /** Outcome of a message that was written into a chat. */
  | { readonly kind: 'message'; readonly outcome: PostOutcome }
  | { readonly kind: 'command'; readonly name: string; readonly tookMs: number }
  /** `error` is whatever a command threw, or why Discord did not take its reply. */
  | {
      readonly kind: 'command-failed';
      readonly name: string;
      readonly code: string;
      readonly error: unknown;
    }
  | {
      readonly kind: 'link-opened';
      readonly guildId: GuildId;
      readonly tookMs: number;
      readonly isEndToEnd: boolean;
      /** Cipher of the transport, as the voice server names it. */
      readonly cipher: string;
    }
  /** A voice socket closed. */
  | {
      readonly kind: 'voice-closed';
      readonly guildId: GuildId;
      readonly closeCode: number;
    }
  /** Restriction of the bot in its channel, also from the moment it joins; `on` is false when it is over. */
  | {
      readonly kind: VoiceRestriction;
      readonly guildId: GuildId;
      readonly isOn: boolean;
    }
  /** The bot was moved to another channel by a moderator: the link has ended. */
  | { readonly kind: 'moved'; readonly guildId: GuildId; readonly channelId: ChannelId }
  /** A right to be in the channel where the bot sits was taken away; it still sits there. */
  | {
      readonly kind: MissingRight;
      readonly guildId: GuildId;
      readonly channelId: ChannelId;
    }
  /** The bot is no member of that server any more: whatever was there has ended. */
  | { readonly kind: 'guild-removed'; readonly guildId: GuildId }
  /** A server that newly invited the bot has read how to call it. */
  | { readonly kind: 'server-greeted'; readonly guildId: GuildId }
  /** The bot left a server that the operator has not allowed. */
  | { readonly kind: 'server-left'; readonly guildId: GuildId }
  /** A link begins, and will be told of once more when it has closed; its functions read how it is by then. */
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

/** Everything one link passed on, lost, refused or had to mend, since it was made. */
export type LinkCounts = ReceiverCounts &
  SenderCounts & {
    /** Packets that were not fetched within 10 s. */
    readonly dropped: number;
    /** `error` events of the voice library. */
    readonly errors: number;
  };
