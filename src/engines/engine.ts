import { z } from 'zod';
import type { ChosenLanguage } from '#src/base/language/expected-language.ts';
import type { LoggedText } from '#src/base/logged-text.ts';
import type { ChatModel } from '#src/chat/chat-model.ts';
import type { LocalModelState } from '#src/chat/local/local-model-state.ts';
import type { RemoteServer } from '#src/provider/models/standard-models.ts';
import type { ProviderRole } from '#src/provider/provider-event.ts';
import type { LocalModels } from '#src/speech/local/local-models.ts';
import type {
  Synthesizer,
  Transcriber,
  VoiceNames,
} from '#src/speech/speech-engine.ts';
import type { PaidRole } from '#src/spending/prices/prices.ts';

/** Version of this contract. An engine from outside names the one that it was written for. */
export const engineVersion = 1;

/** Settings of one engine, from those of its role. `baseUrl` is empty without a server, `model` if none is named. */
export type EngineSettings = RemoteServer & {
  /** Models that people and programs may choose. `model` is the first. */
  readonly models: readonly string[];
  /** Set by the operator, BCP 47. The engine detects the language if it is absent. */
  readonly language?: ChosenLanguage;
  readonly voice?: string;
  readonly instructions?: string;
  /** Folder for files that the bot fetches. */
  readonly dataDir?: string;
  /** Another engine takes over while this one has no answer. */
  readonly hasFallback?: boolean;
  /** The engine is only tried: it fetches nothing, and is whole or throws. */
  readonly isTrial?: boolean;
  /** Takes how far a chat model of this machine is. Never throws. */
  readonly onModelState?: (state: LocalModelState) => void;
  /** Folders in which programs of this machine are found, as `PATH` names them. */
  readonly searchPath?: string;
  readonly audioModel?: AudioModel;
  /** Takes each habit of the server that is put right here, once. Never throws. */
  readonly report?: (habit: {
    readonly what: LoggedText;
    readonly mend: LoggedText;
  }) => void;
  /** Values of the settings that the engine itself declares. */
  readonly own: Readonly<Record<string, unknown>>;
};

/** Engine that the settings choose for a role. An engine from `outside` has a path or package as `backend`. */
export type EngineChoice =
  | (Pick<EngineSettings, 'model' | 'language' | 'voice'> & { readonly kind: 'local' })
  | (EngineSettings & {
      readonly kind: 'remote' | 'outside';
      readonly backend: string;
      readonly price: Engine['price'];
    });

/** Options of a chat model that also hears and speaks. */
export type AudioModel = {
  /** Absent if the pipeline is not available. */
  readonly model?: string;
  readonly input: 'audio' | 'transcript';
  readonly voice: string;
  readonly transcriptionModel?: string;
  readonly speechModel?: string;
};

type Opened = Partial<Disposable & AsyncDisposable> & {
  /** Connects ahead of need. Never throws and never waits. */
  warm?(): void;
};

export type OpenEngines = {
  readonly 'speech to text': Opened & Transcriber;
  /** `voices` are known names of voices. */
  readonly 'text to speech': Opened & OpenVoice;
  readonly chat: Opened & OpenChat;
};

type OpenVoice = Synthesizer & {
  readonly voices?: VoiceNames;
  /** Names what speaks a language (BCP 47) now. Absent where that does not change while the engine is open. */
  describeSpeaker?(language: string | undefined): string;
};

type OpenChat = ChatModel & {
  /** The model that also hears and speaks, if the settings name one. */
  readonly audioModel?: ChatModel;
  /** How far a model of this machine is. Absent for all others. */
  readonly getLocalState?: () => LocalModelState;
  /** Forgets the words of all talks, for a model that keeps them. Never throws. */
  readonly forgetTalks?: () => void;
  /** Stops the fetch of a model of this machine, or ends it, until the next start. */
  readonly stopLocalModel?: () => Promise<void>;
  /** Gives the same model another name of the bot. */
  withBotName?(botName: string): ChatModel;
};

/** A recogniser, a voice or a chat model. */
export type Engine<Role extends ProviderRole = ProviderRole> = {
  readonly role: Role;
  /** Value of the setting `*_BACKEND`. A local engine uses the name in the log. */
  readonly name: string;
  /** Line in `.env.example`, or in the log for a local engine. */
  readonly about: string;
  /** `requests` costs the price of the model, and `stream` the time of listening. */
  readonly price: 'free' | 'requests' | 'stream';
  /** Default model. Absent without a server. */
  readonly standardModel?: string;
  /** The engine uses WebSockets, with one model a connection. */
  readonly isSocket?: true;
  /** Environment settings of this engine alone. */
  readonly settings?: Readonly<Record<string, z.ZodType>>;
  /** Whether the engine may be the default of a server and model. An engine without this method fits any server. */
  canServe?(baseUrl: string, model: string): boolean;
  /** Finds one line against a model that the server cannot use. */
  findObjection?(baseUrl: string, model: string): string | undefined;
  /** Opens the engine. Throws BotError `speech.failed`. */
  open(
    settings: EngineSettings,
    models: LocalModels,
  ): OpenEngines[Role] | Promise<OpenEngines[Role]>;
};

/** Settings and paid work of one role. */
export type RoleTerms = {
  /** Beginning of the names of its settings. */
  readonly group: 'TRANSCRIPTION' | 'CHAT_COMPLETION' | 'SPEECH';
  /** Setting that names its engine. */
  readonly backend: 'TRANSCRIPTION_BACKEND' | 'CHAT_BACKEND' | 'SPEECH_BACKEND';
  readonly paid: PaidRole;
};

export const roles: Readonly<Record<ProviderRole, RoleTerms>> = {
  'speech to text': {
    group: 'TRANSCRIPTION',
    backend: 'TRANSCRIPTION_BACKEND',
    paid: 'recognise',
  },
  chat: { group: 'CHAT_COMPLETION', backend: 'CHAT_BACKEND', paid: 'think' },
  'text to speech': { group: 'SPEECH', backend: 'SPEECH_BACKEND', paid: 'speak' },
};

/** Declares the setting that lists parts of requests that a server refuses. */
export function createWithoutSetting(example: string): z.ZodType<string | undefined> {
  const areParts = (value: string) =>
    value.split(',').every((entry) => partShape.test(entry.trim()));
  return z
    .string()
    .trim()
    .refine(areParts, `must be names with commas between them, like ${example}`)
    .optional()
    .describe(
      `Parts of requests that this server refuses, as the log or npm run doctor names them, for example ${example}; each spares one refused request an hour`,
    );
}

/** `stream`, `tool lamp` or `reasoning_effort=low` */
const partShape = /^[\w ./:-]{1,80}(?:=[\w ./-]{1,40})?$/;

/** Reads the value of such a setting. */
export function listWithout(value: unknown): readonly string[] {
  return typeof value === 'string' ? value.split(',').map((part) => part.trim()) : [];
}
