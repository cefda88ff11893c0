import type { Clock } from '#src/base/clock.ts';
import type { ChannelId, GuildId, PersonId, RoleId } from '#src/base/ids.ts';
import type { Public } from '#src/base/public.ts';
import type { Owned } from '#src/people/owned.ts';
import type { PickedMessage } from '#src/ports/authored-content.ts';
import type {
  Members,
  Places,
  ReplyAudience,
  Stats,
} from '#src/ports/command-ports.ts';
import type { Form } from '#src/ports/form.ts';
import type { Picker } from '#src/ports/picker.ts';
import type { ReplyFile } from '#src/ports/voice-channel-chat-poster.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';
import type { ConfirmationRequests } from '#src/sessions/confirmation-requests.ts';
import type { MoveRequests } from '#src/sessions/move-requests.ts';
import type { PrivacyRequests } from '#src/sessions/privacy-requests.ts';
import type { VoiceSessions } from '#src/sessions/voice-sessions.ts';
import type { PersonalSettingsCache } from '#src/settings/personal-settings-cache.ts';
import type { StoredSettings } from '#src/settings/stored-settings.ts';
import type { SoundFile } from '#src/sources/recordings.ts';
import type { SpentCosts } from '#src/spending/budget-authority.ts';
import type {
  AnyLine,
  ChoiceValue,
  Locale,
  OptionName,
  PlainTextId,
  TextLine,
} from '#src/texts/texts.ts';
import type { WallTimes } from '#src/texts/wall-time.ts';
import type { HelpEntry, HelpState } from './contract/help-entries.ts';
import type { FeaturePorts } from './features.ts';

/** Parts of a message beside its words. */
type ReplyParts = {
  /** Default: the caller alone. */
  readonly to?: ReplyAudience;
  /** Names of buttons, in rows of five. Text after a colon becomes `inputs.about`. */
  readonly buttons?: readonly string[];
  /** Labels in place of the usual ones, by an entry of `buttons`, as the names of sounds. */
  readonly buttonLabels?: Readonly<Record<string, string>>;
  /** One row each, above the buttons. A message has five rows at most. */
  readonly pickers?: readonly Picker[];
  /** Replaces the message of the button, picker or form. */
  readonly inPlace?: true;
  /** The message shows the state of the channel from now on. */
  readonly panel?: true;
};

/** A message that answers a command, button or form. */
export type Reply = TextLine &
  ReplyParts & {
    readonly lines?: readonly TextLine[];
    /** Lines in place of the first one, which stays for readers who may not know these words. */
    readonly words?: readonly Owned<AnyLine>[];
    /** At most ten. Not in a panel. */
    readonly files?: readonly Owned<ReplyFile>[];
  };

/** A message as its readers may read it now: `openReply` alone makes one of a `Reply` with words. */
export type OpenedReply = AnyLine &
  ReplyParts & {
    readonly lines?: readonly AnyLine[];
    readonly words?: undefined;
    readonly files?: readonly ReplyFile[];
  };

/** Messages that answer a call, in order. The first answers the interaction. */
export type Replies = readonly [Reply, ...Reply[]];

/** Person who called a command. `channel` is the voice channel in which the person sits. */
export type Caller = {
  readonly id: PersonId;
  readonly name: string;
  readonly locale: Locale;
  readonly roleIds: readonly RoleId[];
  readonly mayManage: boolean;
  /** May create sounds, emoji and stickers in the server. */
  readonly mayCreateExpressions?: boolean;
  readonly channel?: ChannelRef;
};

/** One call of a command, button or form. */
export type CommandCall = {
  readonly guildId: GuildId;
  readonly caller: Caller;
  /** Channel or thread with the public replies. */
  readonly placeId?: ChannelId;
  readonly channel?: ChannelRef;
  readonly sound?: SoundFile;
  readonly file?: SoundFile;
  readonly message?: PickedMessage;
  /** Ids, or values of options. */
  readonly picked?: readonly string[];
  /**
   * Typed inputs by name: options of a command, fields of a form, and `about` of a
   * button. A boolean is `true` or `false`, and a channel is its id.
   */
  readonly inputs: Readonly<Record<string, string>>;
};

/** An option of a slash command. */
export type CommandOption = {
  readonly name: OptionName;
  readonly description: PlainTextId;
  readonly required?: true;
} & (
  | { readonly kind: 'voice-channel' | 'sound' | 'file' | 'boolean' }
  | { readonly kind: 'number'; readonly min: number; readonly max: number }
  | { readonly kind: 'decimal'; readonly min: number; readonly max: number }
  /** `isProse` texts are for people, so marks of Discord become names. */
  | {
      readonly kind: 'text';
      readonly maxChars: number;
      readonly suggest?: SuggestValues;
      readonly isProse?: true;
    }
  | { readonly kind: 'choice'; readonly values: readonly ChoiceValue[] }
);

/** Suggests 25 values at most, best first, within 200 ms, without a model. Values of a channel are shown to its readers. */
export type SuggestValues = (
  typed: string,
  call: CommandCall,
  ports: CommandPorts,
) => Promise<readonly (string | Owned<string>)[]>;

/** Objects that commands and buttons act through. */
export type CommandPorts = {
  readonly clock: Clock;
  readonly guilds: Pick<StoredSettings, 'findDenial'> & {
    /** Returns the formats of times in the time zone of a server. */
    getTimes(guildId: GuildId): WallTimes;
    /** Collects what the lines of `/help` depend on. Never throws. */
    readHelpState(guildId: GuildId): Promise<HelpState>;
  };
  readonly sessions: Pick<
    VoiceSessions,
    'at' | 'join' | 'leave' | 'canOpen' | 'pauseHearing' | 'findSession'
  > & { readonly moveRequests: Pick<MoveRequests, 'agree'> };
  readonly places: Places;
  readonly privacy: Omit<Public<PrivacyRequests>, 'resumePendingErasures'>;
  readonly peopleSettings: Public<PersonalSettingsCache>;
  readonly confirmations: ConfirmationRequests;
  readonly stats: Stats;
  readonly costs: SpentCosts;
  readonly features: FeaturePorts;
};

/** Objects that the HTTP API acts through. */
export type ProgramPorts = Pick<CommandPorts, 'places' | 'features' | 'sessions'> & {
  readonly members: Members;
};

/** Decision of a slash command or a button about one call. */
export interface CallHandler {
  /** The work may block the thread, and Discord waits 3 s for the first answer. */
  readonly mustDeferFirst?: true;
  /** Also for people without access. Such commands check rights themselves. */
  readonly isForEverybody?: true;
  /** It ends, silences or refuses something. */
  readonly isNeverLimited?: true;
  /** Finds the command that the typed words ask for. It runs in place of this one, with its own rights and limits. */
  findWished?(call: CommandCall, ports: CommandPorts): Command | undefined;
  /** Builds a form to fill in before the call. `run` runs if the form is undefined or late. */
  form?(call: CommandCall, ports: CommandPorts): Promise<Form | undefined>;
  /** Performs the call. The first reply answers the call, and further ones follow. Throws BotError. */
  run(call: CommandCall, ports: CommandPorts): Promise<Replies>;
}

/**
 * A slash command: data plus one decision, without discord.js.
 *
 * @example
 * import type { Command } from '#src/features/command.ts';
 *
 * export const ping: Command = {
 *   name: 'ping',
 *   description: 'command.stop',
 *   options: [],
 *   run: async () => [{ id: 'confirm.done' }],
 * };
 * ping.name; // 'ping'
 */
export interface Command extends CallHandler {
  readonly name: string;
  readonly description: PlainTextId;
  readonly options: readonly CommandOption[];
  /** Audience of "thinking". Default: the caller. */
  readonly shownTo?: ReplyAudience | ((call: CommandCall) => ReplyAudience);
  /**
   * Below the 15 minutes of Discord. Default: a minute. Source:
   * https://discord.com/developers/docs/interactions/receiving-and-responding
   */
  readonly longestMs?: number | ((call: CommandCall) => number | undefined);
  readonly help?: HelpEntry;
  /** Discord hides it from others. The command checks the right itself. */
  readonly needsManageServer?: true;
}

/** An entry in the menu of a message. */
export interface MessageCommand extends Pick<Command, 'longestMs' | 'shownTo' | 'run'> {
  /** At most 32 characters. */
  readonly label: PlainTextId;
}

export type CommandGroup = {
  readonly name: string;
  readonly description: PlainTextId;
  readonly commands: readonly Command[];
  readonly help?: HelpEntry;
};

/** A button is data plus one decision. Its name outlives the process. */
export interface Button extends CallHandler {
  readonly name: string;
  readonly label: PlainTextId;
  readonly style: 'plain' | 'main' | 'danger';
  readonly longestMs?: number;
  /** Changes its own message, which stays while a slow answer is awaited. */
  readonly inPlace?: true;
}

export type PickerHandler = Pick<Button, 'name' | 'isForEverybody' | 'inPlace' | 'run'>;

/** Decision about a form that a person sent. */
export interface FormHandler {
  readonly name: string;
  readonly inPlace?: true;
  /** Names of the inputs, whose texts become `words`. */
  readonly inputs: readonly string[];
  /** Performs the call of the form. */
  readonly run: CallHandler['run'];
}
