import type { SandboxOptions } from '#sandbox/sandbox.ts';
import type { OpenMicrophone } from '#sandbox/voice/voice-ports.ts';
import type { NetworkFaults } from '#sandbox/voice-server/voice-faults.ts';
import type { Upload } from '#sandbox/world/world-attachments.ts';
import type { Pcm } from '#src/audio/pcm.ts';
import {
  type TextValues as Filling,
  formatText,
  type TextId,
} from '#src/texts/texts.ts';
import type { LogLine } from '#test/fakes/bot-process.ts';
import type { MockSettings } from '#test/fakes/providers/mock-settings.ts';
import type { BotSetupOptions } from '#test/scenarios/setup/bot-setup.ts';
import type { ScenarioOptions } from '#test/scenarios/setup/scenario-setup.ts';
import type { Stage } from './scene-stage.ts';

/** Scenes by the sentence that each proves. */
export type Scenes = Readonly<Record<string, SandboxScene>>;

/** A bot, and what people do and see, as data. */
export type SandboxScene = Pick<ScenarioOptions, 'guild' | 'guilds' | 'providers'> &
  Pick<BotSetupOptions, 'environment'> & {
    /** A Discord and a bot of its own: for what is about all of it, or for a bot that nobody can use afterwards. */
    readonly own?: SandboxOptions;
    /** Texts that people say, each recognised by a sound of its own; default: numbered utterances. */
    readonly sayings?: readonly string[];
    readonly steps: readonly Step[];
  };

/** Name of a recording, a text of `sayings`, or a sound. */
export type Sound = string | Pcm;
/** In a text `{@Adam}` is the id of that person, `{@bot}` that of the bot, `{#general}` of that channel, `{server}` of the server. */
export type Words = string | RegExp | readonly (string | RegExp)[];

/** What a value must be: as a whole, in parts (of its text, or of its JSON), or in some fields. */
export type Match = {
  readonly is?: unknown;
  readonly has?: Words;
  readonly lacks?: Words;
  readonly fits?: object;
};
/** A message: its text, and whether only the caller or everybody reads it. */
export type ScenarioReading = Match & {
  readonly to?: 'caller' | 'all';
  /** Names and words of its buttons. */
  readonly buttons?: readonly (readonly [string, string])[];
};

/** A sentence that only the caller reads. */
export function onlyOn(id: TextId, words?: Filling): ScenarioReading {
  return { is: formatText(id, words), to: 'caller' };
}

/** What a person does, by its word. */
export type Verbs = {
  readonly joins: string;
  readonly leaves: true;
  /** Sits down there, or stays, and calls the bot; they can talk afterwards, and any company has been greeted. */
  readonly calls: string | true;
  /** Everybody who sits there is in the call. */
  readonly settles: true;
  readonly uses: OpenMicrophone;
  readonly says: Sound;
  /** Says one of `sayings`, and it is shown; what somebody says within a second stands on the same line. */
  readonly captions: string;
  /** Packets, at least so many, since this person began to speak. */
  readonly sends: number;
  /** Says it and hears an answer to its end. */
  readonly asks: Sound;
  /** The same, and both sides heard what the other said. */
  readonly understands: Sound;
  /** Hears these texts after what they said or wrote last; or all that the bot ever said; or half a second of it. */
  readonly hears: readonly string[] | 'everything' | 'something';
  /** Hears the bot after what they said or wrote last, and then nothing for that time, in ms. */
  readonly awaitsQuiet: number;
  /** A command, as in `/say text:good evening when:now`, in `place` or the first text channel. */
  readonly runs: string;
  /** A button, by its name or its place, of a kept message, or of `panel` in #general. */
  readonly presses: readonly [button: string | number, on: string];
  /** An entry of the menu of a kept message. */
  readonly picks: readonly [entry: string, on: string];
  /** A message, in `place` or the first text channel. */
  readonly writes: string;
  readonly deletes: string;
};

/** Acts of one person, in this order; those of one step are done side by side. */
export type Acts = Partial<Verbs> & {
  /** What comes back first, and last; `keep` names the first, or what they wrote, for later steps. */
  readonly reads?: ScenarioReading;
  readonly last?: ScenarioReading;
  readonly keep?: string;
  readonly place?: string;
  /** Files of a command, by option, and of a message. */
  readonly files?: Readonly<Record<string, Upload>>;
  /** The command may stay without an answer. */
  readonly waits?: false;
  /** The kept message that they write under. */
  readonly replyTo?: string;
};

/** Steps that nobody does, by their word. */
export type StageSteps = {
  /** Looks again until it matches, or until there is something; `keep` names the message that it saw. */
  readonly see: Match & {
    readonly see: (stage: Stage) => unknown;
    readonly keep?: string;
  };
  /** Texts in a channel: of the first server, or as in `Lounge in Second`. */
  readonly posts: Match & { readonly posts: string };
  /** Text of a kept message, or of `panel` in #general, as it is now. */
  readonly message: Match & { readonly message: string };
  /** Voice channel of the bot, or `nowhere`. */
  readonly botSits: { readonly botSits: string };
  /** Packets of this person, or of `bot`, from now on. */
  readonly line: { readonly line: string; readonly suffers: NetworkFaults | 'nothing' };
  /** The next line of the bot's log with these fields. */
  readonly logs: Match & { readonly logs: LogLine };
  readonly bot: { readonly bot: 'stops' | 'is killed' | 'restarts' };
  /** The bot restarts, goes back by itself to where it sat, and these people can talk with it. */
  readonly returnsTo: { readonly returnsTo: readonly string[] };
  /** Time passes, in ms. */
  readonly passes: { readonly passes: number };
  /** Settings of the mock providers from now on. */
  readonly providers: { readonly providers: Partial<MockSettings> };
  readonly together: { readonly together: readonly (readonly Step[])[] };
  /** All of these steps take less, in ms. */
  readonly within: { readonly within: number; readonly steps: readonly Step[] };
};

/** Acts by the name of the person, as in `Adam` or, in the server Second, `Adam in Second`; or what only code can say, by a sentence. */
type PeopleStep = { readonly [who: string]: Acts | ((stage: Stage) => unknown) };

export type Step = PeopleStep | StageSteps[keyof StageSteps];
