import type { z } from 'zod';
import type { ChatModel } from '#src/chat/chat-model.ts';
import type { RemoteServer } from '#src/provider/models/standard-models.ts';
import type { ProviderRole } from '#src/provider/provider-event.ts';
import type { LocalModels } from '#src/speech/local/local-models.ts';
import type { Synthesizer, Transcriber } from '#src/speech/speech-engine.ts';
import type { VoiceNames } from '#src/speech/voice-names.ts';
import type { PaidRole } from '#src/spending/prices/prices.ts';

/** Version of this contract. An engine from outside names the one that it was written for. */
export const engineVersion = 1;

/** Settings of one engine, from those of its role. An empty `baseUrl`: it has no server. An empty `model`: none is named. */
export type EngineSettings = RemoteServer & {
  /** Models that people and programs may choose; `model` is the first of them. */
  readonly models: readonly string[];
  /** Spoken language, BCP 47; absent: detected. */
  readonly language?: string;
  readonly voice?: string;
  /** Tone of a voice. */
  readonly instructions?: string;
  /** Chat model that hears and speaks at the same server. */
  readonly audioModel?: AudioModel;
  /** Called once for each habit of its server that is put right here. Never throws. */
  readonly report?: (habit: { readonly what: string; readonly mend: string }) => void;
  /** Values of the settings that the engine declares. */
  readonly own: Readonly<Record<string, unknown>>;
};

/** Engine that the settings choose for a role. `outside`: `backend` is a path or a package. */
export type EngineChoice =
  | (Pick<EngineSettings, 'model' | 'language' | 'voice'> & { readonly kind: 'local' })
  | (EngineSettings & {
      readonly kind: 'remote' | 'outside';
      readonly backend: string;
      readonly price: Engine['price'];
    });

/** Options that make a chat model that hears and speaks out of one that reads and writes. */
export type AudioModel = {
  /** Absent: none is known, so there is no such pipeline. */
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

/** Open engines by role. */
export type OpenEngines = {
  readonly 'speech to text': Opened & Transcriber;
  /** `voices`: names of its voices, where they are known. */
  readonly 'text to speech': Opened & Synthesizer & { readonly voices?: VoiceNames };
  /** `audioModel`: present where the settings name one. `named`: the same model under this name of the bot. */
  readonly chat: Opened &
    ChatModel & { readonly audioModel?: ChatModel; named?(botName: string): ChatModel };
};

/** A recogniser, a voice or a chat model: its name, its settings, its price, and how to open it. */
export type Engine<Role extends ProviderRole = ProviderRole> = {
  readonly role: Role;
  /** Value of the setting `*_BACKEND`; of a local engine, its name in the log. */
  readonly name: string;
  /** Its line in `.env.example`; of a local engine, in the log. */
  readonly about: string;
  /** `requests`: by the price of its model. `stream`: by the time for which it listens. */
  readonly price: 'free' | 'requests' | 'stream';
  /** Examination by the doctor; absent: it has no server that could fail. */
  readonly probe?: PaidRole;
  /** Model where none is named; absent: it has no server. */
  readonly standardModel?: string;
  /** It uses WebSockets, and one model a connection. */
  readonly isSocket?: true;
  /** Settings of the environment that it alone reads; each is described by its line in `.env.example`. */
  readonly settings?: Readonly<Record<string, z.ZodType>>;
  /** Whether it is the usual engine for this server; absent: for any. */
  isFor?(baseUrl: string, model: string): boolean;
  /** Objection to the model, as named or empty, at this server, in one line. */
  objection?(baseUrl: string, model: string): string | undefined;
  /** `models`: the process that a local engine runs in. Errors: BotError `speech.failed`. */
  open(
    settings: EngineSettings,
    models: LocalModels,
  ): OpenEngines[Role] | Promise<OpenEngines[Role]>;
};

/** Settings and paid work of each role. */
export const roles = {
  'speech to text': {
    group: 'TRANSCRIPTION',
    backend: 'TRANSCRIPTION_BACKEND',
    paid: 'recognise',
  },
  chat: { group: 'CHAT_COMPLETION', backend: 'CHAT_BACKEND', paid: 'think' },
  'text to speech': { group: 'SPEECH', backend: 'SPEECH_BACKEND', paid: 'speak' },
} as const satisfies Readonly<Record<ProviderRole, object>>;
