import type { Clock } from '#src/base/clock.ts';
import type { Public } from '#src/base/public.ts';
import type { Members, Places, ReplyAudience, Stats } from '#src/ports/command-ports.ts';
import type { Form } from '#src/ports/form.ts';
import type { Picker } from '#src/ports/picker.ts';
import type { MessageContent } from '#src/ports/typed-messages.ts';
import type { ReplyFile } from '#src/ports/voice-channel-chat-poster.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';
import type { ConfirmationRequests } from '#src/sessions/confirmation-requests.ts';
import type { MoveRequests } from '#src/sessions/move-requests.ts';
import type { PrivacyRequests } from '#src/sessions/privacy-requests.ts';
import type { VoiceSessions } from '#src/sessions/voice-sessions.ts';
import type { GuildAccess } from '#src/settings/access-control.ts';
import type { PersonalSettingsCache } from '#src/settings/personal-settings-cache.ts';
import type { SoundFile } from '#src/sources/recordings.ts';
import type { SpentCosts } from '#src/spending/budget-authority.ts';
import type { Locale, PlainTextId, TextLine } from '#src/texts/texts.ts';
import type { WallTimes } from '#src/texts/wall-time.ts';
import type { HelpEntry, HelpState } from './contract/help-entries.ts';
import type { FeaturePorts } from './features.ts';

/** A message to the caller or to the channel. The first sentence stands in the reply itself, `lines` follow under it. */
export type Reply = TextLine & {
  /** Only the caller sees it, where it does not say `room`: then everybody in the channel does. */
  readonly to?: ReplyAudience;
  readonly lines?: readonly TextLine[];
  /** In rows of five, by the names of `Press`; what follows a colon its press finds in `words.about`. */
  readonly buttons?: readonly string[];
  /** Menus above the buttons, a row each; rows of both are five at most. */
  readonly pickers?: readonly Picker[];
  /** It takes the place of the message whose button, picker or form was used. */
  readonly inPlace?: true;
  /** This message is edited from now on to show the state of the caller's channel. */
  readonly panel?: true;
  /** At most ten, below Discord's limit together. Not in a panel. */
  readonly files?: readonly ReplyFile[];
};

export type Replies = readonly [Reply, ...Reply[]];

/** Invocation of a command: the caller, the place, and the options. */
export type CommandCall = {
  readonly guildId: GuildId;
  readonly callerId: PersonId;
  readonly callerName: string;
  readonly callerLocale: Locale;
  /** Channel or thread in which it was asked, and in which public replies stand. */
  readonly placeId?: ChannelId;
  /** The voice channel the caller sits in. */
  readonly callerChannel?: ChannelRef;
  readonly mayManage: boolean;
  /** Roles of the caller in that server. */
  readonly callerRoleIds: readonly RoleId[];
  /** A channel option, where the command has one and the caller filled it. */
  readonly channel?: ChannelRef;
  /** A sound option, where the command has one and the caller filled it with any file. */
  readonly sound?: SoundFile;
  /** Another file option, as `sound`. */
  readonly file?: SoundFile;
  /** The message whose menu it was, for an entry of one. */
  readonly message?: PickedMessage;
  /** Values that were picked from a menu: ids, or values of its options. */
  readonly picked?: readonly string[];
  /** All other options that were filled, by name; a choice is one of its values, a truth `true` or `false`. */
  readonly words: Readonly<Record<string, string>>;
};

/** Message of any author; none of its words count as the caller's. */
export type PickedMessage = MessageContent & {
  readonly messageId: MessageId;
  readonly author: string;
  readonly authorId: PersonId;
  /** Written by a program, or through a webhook. */
  readonly isBot: boolean;
};

/** Option of a command, with its description. */
export type CommandOption = {
  readonly name: string;
  readonly description: PlainTextId;
  readonly required?: true;
} & (
  | { readonly kind: 'voice-channel' | 'sound' | 'file' | 'truth' }
  /** A whole number. */
  | { readonly kind: 'number'; readonly least: number; readonly most: number }
  /** With decimals. */
  | { readonly kind: 'decimal'; readonly least: number; readonly most: number }
  /** `isProse`: words for people, in which Discord's marks are read as names. */
  | {
      readonly kind: 'text';
      readonly maxChars: number;
      readonly suggest?: SuggestValues;
      readonly isProse?: true;
    }
  | { readonly kind: 'choice'; readonly values: readonly string[] }
);

/** Suggestions for the text typed so far, best first; at most 25, within 200 ms, never by a model. */
export type SuggestValues = (
  typed: string,
  call: CommandCall,
  ports: CommandPorts,
) => Promise<readonly string[]>;

/** Parts of the bot that commands may use. */
export type CommandPorts = {
  readonly access: Public<GuildAccess>;
  readonly clock: Clock;
  /** Writes times of day in the zone of a server. */
  readonly timesIn: (guildId: GuildId) => WallTimes;
  readonly sessions: Pick<
    VoiceSessions,
    'at' | 'join' | 'leaveInTurn' | 'canOpen' | 'pauseHearing' | 'findSession'
  > & { readonly moveRequests: Pick<MoveRequests, 'agree'> };
  readonly places: Places;
  readonly privacy: Omit<Public<PrivacyRequests>, 'resumePendingErasures'>;
  readonly peopleSettings: Public<PersonalSettingsCache>;
  readonly confirmations: Public<ConfirmationRequests>;
  readonly stats: Stats;
  readonly costs: SpentCosts;
  /** Facts for the help of a server. Never throws. */
  readonly helpState: (guildId: GuildId) => Promise<HelpState>;
  /** Objects of features. */
  readonly features: FeaturePorts;
};

/** Parts of the bot that programs may use in the servers of one shard. */
export type ProgramPorts = Pick<CommandPorts, 'places' | 'features' | 'sessions'> & {
  readonly members: Members;
};

/** A slash command is data plus one decision; it never sees discord.js. */
export interface Command {
  readonly name: string;
  readonly description: PlainTextId;
  readonly options: readonly CommandOption[];
  /** Audience of "thinking" while a slow answer is awaited; the caller where it is not given. */
  readonly shownTo?: ReplyAudience | ((call: CommandCall) => ReplyAudience);
  /** Longest time, in ms, that it may take, below the 15 minutes that Discord waits; a minute where it is not given. */
  readonly longestMs?: number | ((call: CommandCall) => number | undefined);
  /** It shows as thinking before it begins: its work may hold up the thread, and Discord waits 3 s for the first answer. */
  readonly mustDeferFirst?: true;
  /** Also for people whom the server does not let use the bot: their own data, help, and commands that check rights themselves. */
  readonly isForEverybody?: true;
  /** It ends, silences or refuses something, so no rate limit holds it up. */
  readonly isNeverLimited?: true;
  /** Its line in `/help`. */
  readonly help?: HelpEntry;
  /** Only people with Manage Server may use it: Discord hides it from others, and it checks the right itself. */
  readonly needsManageServer?: true;
  /** A form that is opened in place of running it; undefined, or late: it runs. */
  form?(call: CommandCall, ports: CommandPorts): Promise<Form | undefined>;
  /** The first reply answers the command, the rest follow it. */
  run(call: CommandCall, ports: CommandPorts): Promise<Replies>;
}

/** An entry of the menu of a message: a command that is not typed. */
export interface MessageCommand extends Pick<Command, 'longestMs' | 'shownTo' | 'run'> {
  /** Entry in the menu, at most 32 characters. */
  readonly label: PlainTextId;
}

/** Commands under one name, as in `/privacy status`. */
export type CommandGroup = {
  readonly name: string;
  readonly description: PlainTextId;
  readonly commands: readonly Command[];
  /** Line in `/help` about all of them; each may have its own. */
  readonly help?: HelpEntry;
};

/** A button: data plus one decision, like a command. Its name outlives the process that drew it. */
export interface Button {
  readonly name: string;
  readonly label: PlainTextId;
  readonly style: 'plain' | 'main' | 'danger';
  /** Longest time, in ms, as of a command. */
  readonly longestMs?: number;
  readonly mustDeferFirst?: true;
  readonly isForEverybody?: true;
  readonly isNeverLimited?: true;
  /** It changes its own message, which stays as it is while a slow answer is awaited. */
  readonly inPlace?: true;
  /** A form, as of a command. */
  form?(call: CommandCall, ports: CommandPorts): Promise<Form | undefined>;
  run(call: CommandCall, ports: CommandPorts): Promise<Replies>;
}

/** Handler of values picked from a menu: data plus one decision, like a button. */
export type PickerHandler = Pick<Button, 'name' | 'isForEverybody' | 'inPlace' | 'run'>;

/** Handler of a sent form: data plus one decision, like a button. */
export interface FormHandler {
  readonly name: string;
  /** It changes the message whose button opened the form. */
  readonly inPlace?: true;
  /** Names of the inputs that it finds in `words`; one that was left empty is missing there. */
  readonly inputs: readonly string[];
  run(call: CommandCall, ports: CommandPorts): Promise<Replies>;
}
