import { z } from 'zod';
import {
  parseJsonRequest,
  type RefusedRequest,
  type RequestId,
  requestIdSchema,
} from '#sandbox/parse-json-request.ts';
import { type MessageId, toMessageId } from '#src/base/ids.ts';
import {
  type FactEvent,
  type FactLine,
  factEventSchema,
  lineSchema,
} from './room-facts.ts';

/**
 * The room over WebSocket `/room`, in frames of JSON text. The page sends requests, each with an `id`, and gets one `reply` to
 * each. Events come unasked. A frame to the page is a list of replies and events. Instants are milliseconds of the monotonic clock of this machine.
 */
const idSchema = requestIdSchema;
const personSchema = z.string().trim().min(1).max(32);
const channelSchema = z.string().min(1).max(100);
const nameSchema = z.string().min(1).max(100);
const wordSchema = z.union([z.string().max(6000), z.number(), z.boolean()]);
const optionsSchema = z.record(z.string(), wordSchema).default({});
/** A file that the page left at `/room/files`, by the id it was given there. */
const uploadedSchema = z.object({ file: z.string().max(20) });
const optionsWithFilesSchema = z
  .record(z.string(), z.union([wordSchema, uploadedSchema]))
  .default({});

const requestSchema = z.discriminatedUnion('kind', [
  z.object({
    id: idSchema,
    kind: z.literal('join'),
    person: personSchema.optional(),
    channel: channelSchema,
  }),
  z.object({ id: idSchema, kind: z.literal('leave'), person: personSchema.optional() }),
  z.object({
    id: idSchema,
    kind: z.literal('command'),
    person: personSchema.optional(),
    name: nameSchema,
    options: optionsWithFilesSchema,
    channel: channelSchema.optional(),
    line: z.string().min(1).max(6000).optional(),
    isQuiet: z.boolean().optional(),
  }),
  z.object({
    id: idSchema,
    kind: z.literal('complete'),
    name: nameSchema,
    options: optionsSchema,
    focused: nameSchema,
  }),
  z.object({
    id: idSchema,
    kind: z.literal('press'),
    messageId: z.string().min(1).max(32).transform(toMessageId),
    customId: z.string().min(1).max(100),
    values: z.array(z.string().max(100)).max(25).optional(),
  }),
  z.object({
    id: idSchema,
    kind: z.literal('submit'),
    form: z.string().min(1).max(32),
    fields: z.record(
      z.string(),
      z.union([z.string().max(4000), z.array(z.string()).max(25)]),
    ),
  }),
  z.object({
    id: idSchema,
    kind: z.literal('type'),
    person: personSchema,
    text: z.string().trim().min(1).max(1000),
  }),
  z.object({
    id: idSchema,
    kind: z.literal('write'),
    text: z.string().trim().min(1).max(2000),
    channel: channelSchema.optional(),
  }),
  z.object({ id: idSchema, kind: z.literal('microphone'), on: z.boolean() }),
  z.object({
    id: idSchema,
    kind: z.literal('language'),
    locale: z.string().max(20),
  }),
  z.object({ id: idSchema, kind: z.literal('models.find') }),
  z.object({
    id: idSchema,
    kind: z.literal('models.connect'),
    vendor: z.string().min(1).max(40),
    model: z.string().min(1).max(200).optional(),
    key: z
      .string()
      .regex(/^[\x21-\x7e]{1,1000}$/)
      .optional(),
  }),
  z.object({
    id: idSchema,
    kind: z.literal('models.local'),
    name: z.string().min(1).max(40).optional(),
  }),
  z.object({ id: idSchema, kind: z.literal('models.restart') }),
]);
type OptionWord = string | number | boolean;

/** A request of a page. Without `person` the reader's own person acts. */
export type BrowserRequest = { readonly id: RequestId } & (
  | { readonly kind: 'join'; readonly person?: string; readonly channel: string }
  | { readonly kind: 'leave'; readonly person?: string }
  | {
      readonly kind: 'command';
      readonly person?: string;
      readonly name: string;
      readonly options: Readonly<
        Record<string, OptionWord | { readonly file: string }>
      >;
      readonly channel?: string;
      /** The line as it was typed, which stands in the conversation. Absent for a command of a control. */
      readonly line?: string | undefined;
      /** Whether a control of the page shows the reply: the conversation does not. */
      readonly isQuiet?: boolean;
    }
  | {
      readonly kind: 'complete';
      readonly name: string;
      readonly options: Readonly<Record<string, OptionWord>>;
      /** Option that is half typed. */
      readonly focused: string;
    }
  | {
      readonly kind: 'press';
      readonly messageId: MessageId;
      readonly customId: string;
      readonly values?: readonly string[];
    }
  | {
      readonly kind: 'submit';
      /** Id of the interaction that opened the form. */
      readonly form: string;
      readonly fields: Readonly<Record<string, string | readonly string[]>>;
    }
  | { readonly kind: 'type'; readonly person: string; readonly text: string }
  | { readonly kind: 'write'; readonly text: string; readonly channel?: string }
  | { readonly kind: 'microphone'; readonly on: boolean }
  /** Another language for the pages of the tab, by its BCP 47 tag. */
  | { readonly kind: 'language'; readonly locale: string }
  | ModelsRequest
);

/** A request about models, which the bot's process performs. */
export type ModelsRequest =
  /** Looks for programs on this machine. */
  | { readonly kind: 'models.find' }
  /** Tries a vendor by its name, and writes `.env`. */
  | {
      readonly kind: 'models.connect';
      readonly vendor: string;
      readonly model?: string;
      readonly key?: string;
    }
  /** Writes the name of a model that the bot fetches and runs here into `.env`. Without a name such a model is removed. */
  | { readonly kind: 'models.local'; readonly name?: string }
  /** Starts the bot anew with what `.env` says now. */
  | { readonly kind: 'models.restart' };

const atMsSchema = z.number();
const answerIdSchema = z.number();
const whoSchema = z.string().max(100);
const wordsSchema = z.string().max(20_000);

/** Instants of one answer, from the last word of the question to the first packet of the answer. */
export interface AnswerInstants {
  readonly heardAtMs: number;
  readonly endedAtMs: number;
  readonly recognisedAtMs?: number;
  readonly firstTokenAtMs?: number;
  readonly firstClauseAtMs?: number;
  readonly firstSpeechAtMs?: number;
  readonly firstSentAtMs?: number;
}

/** An engine that hears, thinks or speaks. */
export type ShownEngine = {
  readonly role: 'speech to text' | 'chat' | 'text to speech';
  /** The built-in one. Of others `what` tells. */
  readonly isLocal: boolean;
  readonly what: string;
  readonly voice?: string | undefined;
};

/** Progress of a fetch. */
export type ModelFetch = {
  readonly percent: number;
  /** Estimated time left. Absent in the first second. */
  readonly minutes?: number | undefined;
};

/** Codes of reasons why words got no answer, which each page explains in its language. */
export const ignoreCodes = [
  'typed',
  'empty',
  'not-named',
  'dismissed',
  'same-voice',
  'mentioned',
  'off',
  'bot',
] as const;
export const dropCodes = ['crowded', 'late', 'ending', 'budget'] as const;

/** An event of the bot's answers that its process sends to the page. This connection is no part of Discord. */
export type BotEvent =
  | { readonly kind: 'said'; readonly who: string; readonly text: string }
  /** Words so far. `answerId` is the answer of the bot that they belong to. */
  | {
      readonly kind: 'live';
      readonly who: string;
      readonly text: string;
      readonly answerId?: number | undefined;
    }
  /** An answer to `who` begins, and stands here from now on. */
  | { readonly kind: 'answering'; readonly answerId: number; readonly who: string }
  | {
      readonly kind: 'answered';
      readonly answerId: number;
      readonly who: string;
      readonly text: string;
      /** The part of `text` that was heard. */
      readonly heardText: string;
      readonly finish: 'completed' | 'cancelled' | 'empty' | 'failed';
      /** A message has just the words of `text`. */
      readonly isMessage?: boolean | undefined;
      readonly instants: AnswerInstants;
    }
  | {
      readonly kind: 'ignored';
      readonly who: string;
      readonly why: (typeof ignoreCodes)[number];
      /** The reason of a typed line, in place of the code's own. */
      readonly line?: FactLine | undefined;
    }
  /** Whether a chat model answers, or the small built-in list. */
  | {
      readonly kind: 'models';
      readonly hasChatModel: boolean;
      /** How much of a chat model of this machine is fetched, while it is. */
      readonly fetching?: ModelFetch | undefined;
    }
  | {
      readonly kind: 'dropped';
      readonly who: string;
      readonly why: (typeof dropCodes)[number];
    }
  | { readonly kind: 'engines'; readonly engines: readonly ShownEngine[] }
  | FactEvent;

const engineSchema = z.object({
  role: z.enum(['speech to text', 'chat', 'text to speech']),
  isLocal: z.boolean(),
  what: z.string().max(500),
  voice: z.string().max(100).optional(),
});

const speechEventSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('said'), who: whoSchema, text: wordsSchema }),
  z.object({
    kind: z.literal('live'),
    who: whoSchema,
    text: wordsSchema,
    answerId: answerIdSchema.optional(),
  }),
  z.object({
    kind: z.literal('answering'),
    answerId: answerIdSchema,
    who: whoSchema,
  }),
  z.object({
    kind: z.literal('answered'),
    answerId: answerIdSchema,
    who: whoSchema,
    text: wordsSchema,
    heardText: wordsSchema,
    finish: z.enum(['completed', 'cancelled', 'empty', 'failed']),
    isMessage: z.boolean().optional(),
    instants: z.object({
      heardAtMs: atMsSchema,
      endedAtMs: atMsSchema,
      recognisedAtMs: atMsSchema.optional(),
      firstTokenAtMs: atMsSchema.optional(),
      firstClauseAtMs: atMsSchema.optional(),
      firstSpeechAtMs: atMsSchema.optional(),
      firstSentAtMs: atMsSchema.optional(),
    }),
  }),
  z.object({
    kind: z.literal('ignored'),
    who: whoSchema,
    why: z.enum(ignoreCodes),
    line: lineSchema.optional(),
  }),
  z.object({ kind: z.literal('dropped'), who: whoSchema, why: z.enum(dropCodes) }),
  z.object({
    kind: z.literal('engines'),
    engines: z.array(engineSchema).max(20).readonly(),
  }),
  z.object({
    kind: z.literal('models'),
    hasChatModel: z.boolean(),
    fetching: z
      .object({ percent: z.number(), minutes: z.number().optional() })
      .optional(),
  }),
]);
export const botEventSchema: z.ZodType<BotEvent> = z.union([
  speechEventSchema,
  factEventSchema,
]);

/** An event that the page is told of. */
export type BrowserEvent = { readonly kind: string; readonly [field: string]: unknown };

/** The reply to a request. If `ok` is false, `error` says why in one sentence in the language of the page, and `cause` to operators. */
export type BrowserReply = {
  readonly kind: 'reply';
  readonly id: RequestId | null;
  readonly ok: boolean;
  readonly error?: string;
  readonly cause?: string;
  readonly [field: string]: unknown;
};

/** Formats a frame to the page, which reads all of it before it draws. */
export function formatFrame(...events: readonly BrowserEvent[]): string {
  return JSON.stringify(events);
}

/** Parses a request. A malformed frame gives a sentence about its mistake. */
export function parseBrowserRequest(text: string): BrowserRequest | RefusedRequest {
  return parseJsonRequest(text, requestSchema, 'frame');
}
