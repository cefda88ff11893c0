import { z } from 'zod';
import {
  type BotEvent,
  botEventSchema,
  type ModelsRequest,
} from '#sandbox/page/browser-protocol.ts';
import {
  parseJsonRequest,
  type RefusedRequest,
  type RequestId,
  requestIdSchema,
} from '#sandbox/parse-json-request.ts';
import type { MicrophoneProfile } from '#sandbox/voice/voice-ports.ts';
import type { GuildId } from '#src/base/ids.ts';
import type { MessageLine } from './message-line.ts';

/**
 * The lines of the sandbox program: one JSON object each, at most 64 KiB.
 *
 * In on stdin: requests. Out on stdout: one `ready`, then an answer per request, by its `id` and in any order, and a
 * `message` for each thing the bot writes. Where a page is asked for, `page` once, `watched` when it is opened and closed, and `asked` for what it asks of the bot's process. Instants are milliseconds of the monotonic clock all processes share.
 */
export const maxLineBytes: number = 64 * 1024;

const idSchema = requestIdSchema;
const personSchema = z.string().trim().min(1).max(32);
const typedTextSchema = z.string().trim().min(1).max(1000);
const baseSchema = { id: idSchema, person: personSchema };
const wordsSchema = z
  .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
  .default({});

const requestSchema = z.discriminatedUnion('do', [
  z.object({
    ...baseSchema,
    do: z.literal('join'),
    channel: z.string().default('Lounge'),
    microphone: z.enum(['gate', 'release', 'open']).optional(),
  }),
  z.object({ ...baseSchema, do: z.literal('leave') }),
  z.object({ ...baseSchema, do: z.literal('settled') }),
  z.object({
    ...baseSchema,
    do: z.literal('command'),
    name: z.string().min(1),
    options: wordsSchema,
    channel: z.string().optional(),
  }),
  z.object({ ...baseSchema, do: z.literal('say'), wav: z.string().min(1) }),
  z.object({
    ...baseSchema,
    do: z.literal('type'),
    channel: z.string(),
    text: typedTextSchema,
  }),
  z.object({
    ...baseSchema,
    do: z.literal('listen'),
    wav: z.string().min(1).optional(),
    sinceMs: z.number().optional(),
    quietMs: z.number().min(0).max(10_000).default(800),
    timeoutMs: z.number().min(0).max(120_000).default(20_000),
  }),
  z.object({ id: idSchema, do: z.literal('state') }),
  z.object({ id: idSchema, do: z.literal('tell'), event: botEventSchema }),
  z.object({
    id: idSchema,
    do: z.literal('answer'),
    asked: z.number(),
    answer: z.record(z.string(), z.unknown()).optional(),
    error: z.string().max(2_000).optional(),
  }),
]);

type OptionWords = Readonly<Record<string, string | number | boolean>>;
type PersonRequest = { readonly person: string };

/** A request of a program, with its defaults filled in. */
export type SandboxRequest = { readonly id: RequestId } & (
  | (PersonRequest & {
      readonly do: 'join';
      readonly channel: string;
      /** Default: the microphone that the person had, at first `gate`. */
      readonly microphone?: MicrophoneProfile;
    })
  | (PersonRequest & { readonly do: 'leave' | 'settled' })
  | (PersonRequest & {
      readonly do: 'command';
      readonly name: string;
      readonly options: OptionWords;
      readonly channel?: string;
    })
  | (PersonRequest & {
      readonly do: 'say';
      /** Path of the file to say. */
      readonly wav: string;
    })
  /** Typed words in a local voice. The person joins the channel first. */
  | (PersonRequest & {
      readonly do: 'type';
      readonly channel: string;
      readonly text: string;
    })
  | (PersonRequest & {
      readonly do: 'listen';
      /** Path of the file for the sound that is heard. */
      readonly wav?: string;
      readonly sinceMs?: number;
      readonly quietMs: number;
      readonly timeoutMs: number;
    })
  | { readonly do: 'state' }
  /** For the page: the outcome of an utterance. */
  | { readonly do: 'tell'; readonly event: BotEvent }
  /** The outcome of what a page asked, or one sentence about why there is none. */
  | {
      readonly do: 'answer';
      readonly asked: number;
      readonly answer?: Readonly<Record<string, unknown>>;
      readonly error?: string;
    }
);

type MakeOptional<Request, Field extends keyof Request> = Omit<Request, Field> &
  Partial<Pick<Request, Field>>;
type WithDefaults<Request> = Request extends { readonly do: 'join' }
  ? MakeOptional<Request, 'channel' & keyof Request>
  : Request extends { readonly do: 'command' }
    ? MakeOptional<Request, 'options' & keyof Request>
    : Request extends { readonly do: 'listen' }
      ? MakeOptional<Request, ('quietMs' | 'timeoutMs') & keyof Request>
      : Request;
/** A request as a program writes it, where fields with a default may be missing. */
export type SandboxOrder = WithDefaults<SandboxRequest>;

/** The first line: how a bot reaches the sandbox. */
export type ReadyLine = {
  readonly kind: 'ready';
  readonly apiUrl: string;
  readonly token: string;
  /** PEM of the certificate that the bot must trust. */
  readonly ca: string;
  /** Host and port of files. The bot has to be allowed to ask there. */
  readonly cdnHost: string;
  readonly guildId: GuildId;
  /** Path of a WAV: a synthetic man asks for the time. */
  readonly recording: string;
};
/** The answer to the request with this id. */
export type AnswerLine =
  | { readonly id: RequestId; readonly ok: true; readonly [field: string]: unknown }
  | RefusedRequest;
/** A link that lets into the room's page, or one sentence about why there is none. */
export type PageLine =
  | { readonly kind: 'page'; readonly url: string; readonly link: string }
  | { readonly kind: 'page'; readonly why: string };
/** A request of a page that only the bot's process can perform, until `answer` comes with that number. */
export type AskedLine = {
  readonly kind: 'asked';
  readonly asked: number;
  readonly request: ModelsRequest;
};
/** Whether somebody has the page open. */
export type WatchedLine = { readonly kind: 'watched'; readonly isWatched: boolean };
/** A line of the sandbox. */
export type SandboxLine =
  | ReadyLine
  | MessageLine
  | PageLine
  | WatchedLine
  | AskedLine
  | AnswerLine;

/** Parses a request. A malformed line gives the answer that says so. */
export function parseRequestLine(text: string): SandboxRequest | RefusedRequest {
  return parseJsonRequest(text, requestSchema, 'line');
}
