import type { readCommand } from '#page/room/command-line.js';

/** Lines that the sandbox program writes, as far as they are read here (`sandbox/program/protocol.ts`). */
export type SandboxLine = SandboxReady | SandboxPageLine | SandboxMessage | SandboxAnswer;

/** First line of the sandbox program: where it is and how to get in. */
export type SandboxReady = {
  readonly kind: 'ready';
  readonly apiUrl: string;
  readonly token: string;
  /** PEM. */
  readonly ca: string;
  readonly cdnHost: string;
  readonly guildId: string;
  /** Path of a WAV in which a synthetic man says "what time is it". */
  readonly recording: string;
};

/** Where the sandbox's page is, or why there is none. */
export type SandboxPageLine = {
  readonly kind: 'page';
  readonly link?: string;
  readonly why?: string;
};

/** Message of the bot, as a person in the sandbox sees it. */
export type SandboxMessage = {
  readonly kind: 'message';
  readonly change: 'posted' | 'edited' | 'deleted';
  readonly author: string;
  readonly text: string;
  readonly to?: string;
};

/** Answer to a request, with fields of its own. */
export type SandboxAnswer =
  | { readonly id: number; readonly ok: true }
  | { readonly id: number | null; readonly ok: false; readonly error: string };

/** When a person spoke. */
export type SpokenAnswer = { readonly firstPacketAtMs: number; readonly lastVoicedAtMs: number };
/** Sound of the bot that reached a person. */
export type HeardAnswer = { readonly firstAudibleAtMs: number };
/** The bot's reply to a command. */
export type CommandAnswer = { readonly text: string; readonly ephemeral: boolean };
/** Place of the bot, and its registered commands. */
export type StateAnswer = {
  readonly bot: { readonly channel?: string };
  readonly commands: Parameters<typeof readCommand>[1];
};

/** Requests to people in the sandbox; each is answered once. */
export type ConsoleRequest =
  | { readonly do: 'state' }
  /** Event for the sandbox's page. */
  | { readonly do: 'tell'; readonly event: object }
  | { readonly do: 'settled'; readonly person: string }
  | {
      readonly do: 'join';
      readonly person: string;
      readonly channel?: string;
      readonly microphone?: 'gate' | 'release' | 'open';
    }
  | {
      readonly do: 'command';
      readonly person: string;
      /** Name of the command, say `privacy status`. */
      readonly name: string;
      readonly options?: Readonly<Record<string, string | number | boolean>>;
    }
  | { readonly do: 'say'; readonly person: string; readonly wav: string }
  | {
      readonly do: 'listen';
      readonly person: string;
      /** Path for the heard sound. */
      readonly wav?: string;
      readonly sinceMs: number;
      readonly quietMs: number;
      readonly timeoutMs: number;
    };
