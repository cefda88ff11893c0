import { z } from 'zod';
import type { readCommand } from '#page/room/command-line.js';

const atMs = z.number();

/** First line of the sandbox program: where it is and how to get in. */
export const readyLine = z.object({
  kind: z.literal('ready'),
  apiUrl: z.url(),
  token: z.string().min(1),
  ca: z.string().startsWith('-----BEGIN CERTIFICATE-----'),
  cdnHost: z.string().min(1),
  guildId: z.string(),
  botName: z.string(),
  recordings: z.object({ digits: z.string(), time: z.string() }),
});
export type SandboxReady = z.infer<typeof readyLine>;

/** Where the sandbox's page is, or why there is none. */
export const pageLine = z.object({
  kind: z.literal('page'),
  link: z.url().optional(),
  why: z.string().optional(),
});
export type SandboxPageLine = z.infer<typeof pageLine>;

/** Message of the bot, as a person in the sandbox sees it. */
export const messageLine = z.object({
  kind: z.literal('message'),
  change: z.enum(['posted', 'edited', 'deleted']),
  author: z.string(),
  text: z.string(),
  to: z.string().optional(),
});
export type SandboxMessage = z.infer<typeof messageLine>;

export const answerLine = z.discriminatedUnion('ok', [
  z.looseObject({ id: z.number(), ok: z.literal(true) }),
  z.object({ id: z.number().nullable(), ok: z.literal(false), error: z.string() }),
]);
export type SandboxAnswer = z.infer<typeof answerLine>;

export const spoken = z.object({
  firstPacketAtMs: atMs,
  firstVoicedAtMs: atMs,
  lastVoicedAtMs: atMs,
});

export const heard = z.object({
  firstAudibleAtMs: atMs,
  lastAtMs: atMs,
  sealedFrames: z.number(),
  openFrames: z.number(),
  durationMs: z.number(),
});
export type HeardAnswer = z.infer<typeof heard>;

/** The bot's reply to a command or a button. */
export const replied = z.object({ text: z.string(), ephemeral: z.boolean(), sentAtMs: atMs });

/** Place of the bot, and its registered commands. */
export const stateAnswer = z.object({
  bot: z.object({ online: z.boolean(), channel: z.string().optional() }),
  commands: z.custom<Parameters<typeof readCommand>[1]>(),
});

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
