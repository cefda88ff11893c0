import { z } from 'zod';

const atMs = z.number();

/** First line of the sandbox program: where it is and how to get in. */
export const readyLine = z.object({
  kind: z.literal('ready'),
  apiUrl: z.url(),
  token: z.string().min(1),
  ca: z.string().startsWith('-----BEGIN CERTIFICATE-----'),
  guildId: z.string(),
  botName: z.string(),
  recordings: z.object({ digits: z.string(), time: z.string() }),
});
export type Ready = z.infer<typeof readyLine>;

/** What the bot wrote, as somebody in the sandbox sees it. */
export const messageLine = z.object({
  kind: z.literal('message'),
  change: z.enum(['posted', 'edited', 'deleted']),
  text: z.string(),
  to: z.string().optional(),
});
export type Message = z.infer<typeof messageLine>;

export const answerLine = z.discriminatedUnion('ok', [
  z.looseObject({ id: z.number(), ok: z.literal(true) }),
  z.object({ id: z.number().nullable(), ok: z.literal(false), error: z.string() }),
]);
export type AnswerLine = z.infer<typeof answerLine>;

export const spoken = z.object({
  firstPacketAtMs: atMs,
  firstVoicedAtMs: atMs,
  lastVoicedAtMs: atMs,
});
export type Spoken = z.infer<typeof spoken>;

export const heard = z.object({
  firstAudibleAtMs: atMs,
  lastAtMs: atMs,
  sealedFrames: z.number(),
  openFrames: z.number(),
  durationMs: z.number(),
});
export type HeardAnswer = z.infer<typeof heard>;

/** What people in the sandbox can be asked to do; every request is answered once. */
export type SandboxRequest =
  | { readonly do: 'join' | 'leave' | 'settled'; readonly person: string }
  | { readonly do: 'command'; readonly person: string; readonly name: string }
  | { readonly do: 'say'; readonly person: string; readonly wav: string }
  | {
      readonly do: 'listen';
      readonly person: string;
      /** Where to keep what was heard. */
      readonly wav?: string;
      readonly sinceMs: number;
      readonly quietMs: number;
      readonly timeoutMs: number;
    };
