import { z } from 'zod';
import { type SoundFormat, soundFormats } from '#src/audio/encode/sound-encoders.ts';
import type {
  ProgramMessage,
  ProgramQuestion,
  WrittenMessage,
} from '#src/features/contract/http-api-ports.ts';
import { toTextPart } from '#src/features/typed/program-answers.ts';
import { createInvalidRefusal } from '#src/web/api/api-refusal.ts';
import { admitRequest, type RequestRules } from './admit-request.ts';

/** Name of a voice. Undefined means the voice of the server. */
export const voiceName: z.ZodType<string | undefined> = z
  .union([z.string().max(100), z.looseObject({ id: z.string().max(100) })])
  .nullish()
  .transform((named) => {
    const name = typeof named === 'object' ? named?.id : named;
    return name === '' || name === 'default' ? undefined : name;
  });

const maxParts = 100;
/** About as long as models take. */
const maxChars = 400_000;
const textContent = z.looseObject({
  type: z.literal('text'),
  text: z.string().max(maxChars),
});
/** A model refused in its earlier message. */
const modelRefusal = z.looseObject({ type: z.literal('refusal'), refusal: z.string() });
const soundPart = z.looseObject({
  type: z.literal('input_audio'),
  input_audio: z.looseObject({ data: z.base64(), format: z.enum(['wav', 'mp3']) }),
});
/** The chat server fetches an address. The bot never does. */
const picturePart = z.looseObject({
  type: z.literal('image_url'),
  image_url: z.looseObject({
    url: z
      .string()
      .regex(/^(https?:\/\/|data:image\/)/, 'is no web address and no data:image'),
  }),
});
const anyPart = z.union([textContent, modelRefusal, soundPart, picturePart], {
  error:
    'is neither text, image_url nor input_audio with data in base64 and the format wav or mp3',
});
const messageSchema = z.looseObject({
  // Servers other than OpenAI's know no developer.
  role: z
    .enum(['system', 'developer', 'user', 'assistant', 'tool'])
    .transform((role) => (role === 'developer' ? 'system' : role)),
  content: z
    .preprocess(
      (content) =>
        typeof content === 'string' ? [toTextPart(content)] : (content ?? []),
      z.array(anyPart).max(maxParts),
    )
    .meta({ type: ['string', 'array', 'null'] }) // what comes before it is an array, for the description
    .default([]),
  audio: z.looseObject({ id: z.string().max(100) }).nullish(),
});

const modelName = z.string().min(1).max(100).nullish();
/** Samples are pcm16 in chat completions, and pcm in requests for speech. */
const formatSchema = z.enum([...soundFormats, 'pcm16']).nullish();
const toolSchema = z.looseObject({
  type: z.literal('function', 'only functions are handed to the chat model'),
});
const tokensSchema = z.number().int().min(1).nullish();

const maxChoices = 8;

/** Fields that the bot reads, then refused fields. Others pass `admitRequest`. */
const ownFields = {
  model: z.string(),
  messages: z.array(messageSchema).min(1).max(1_000),
  modalities: z.array(z.enum(['text', 'audio'])).nullish(),
  audio: z.looseObject({ voice: voiceName, format: formatSchema }).nullish(),
  transcription_model: modelName,
  speech_model: modelName,
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  n: z.number().int().min(1).max(maxChoices, `at most ${maxChoices} answers`).nullish(),
  functions: z.null('send them as tools').optional(),
  function_call: z.null('send it as tool_choice').optional(),
  logprobs: z.literal(false, 'the bot has no probabilities').nullish(),
};

/** A request of the chat completions API. Further fields go to the chat model, if they are admitted. */
export interface CompletionRequest extends Readonly<Record<string, unknown>> {
  readonly model: string;
  readonly messages: readonly CompletionMessage[];
  readonly modalities?: readonly ('text' | 'audio')[] | null | undefined;
  readonly audio?:
    | {
        readonly voice?: string | undefined;
        readonly format?: SoundFormat | 'pcm16' | null | undefined;
      }
    | null
    | undefined;
  readonly transcription_model?: string | null | undefined;
  readonly speech_model?: string | null | undefined;
  readonly stream?: boolean | null | undefined;
  readonly stream_options?:
    | { readonly include_usage?: boolean | null | undefined }
    | null
    | undefined;
  /** Number of answers. */
  readonly n?: number | null | undefined;
  readonly service_tier?: unknown;
}

type CompletionMessage = WrittenMessage & {
  /** Names an earlier answer by the id of its sound, in place of its words. */
  readonly audio?: { readonly id: string } | null | undefined;
};

/** Validates the body of a chat completion. */
export const completionRequest: z.ZodType<CompletionRequest> = z
  .looseObject({
    ...ownFields,
    max_completion_tokens: tokensSchema,
    max_tokens: tokensSchema,
    tools: z.array(toolSchema).nullish(),
  })
  .refine(
    ({ audio, modalities, stream }) =>
      !stream || !modalities?.includes('audio') || /^pcm/.test(audio?.format ?? 'pcm'),
    { path: ['audio', 'format'], error: 'streamed sound is pcm16' },
  );

export type CompletionQuestion = Omit<
  ProgramQuestion,
  'guildId' | 'asker' | 'keptFor' | 'pipeline' | 'onUsage'
> & { readonly format: SoundFormat };

/** Finds the words of an earlier answer by the id of its sound, if they are still kept. */
type FindAnswer = (audioId: string) => Promise<string> | undefined;

/** Builds a question from a request that is admitted by these rules. Throws `ApiRefusal`. */
export async function toCompletionQuestion(
  request: CompletionRequest,
  findAnswer: FindAnswer,
  rules: RequestRules,
  signal: AbortSignal,
): Promise<CompletionQuestion> {
  const { audio, modalities, n, speech_model, stream, transcription_model } = request;
  const { sent, ...admitted } = await admitRequest(
    { messages: request.messages, fields: listOtherFields(request) },
    rules,
    signal,
  );
  const messages: ProgramMessage[] = [];
  for (const [index, message] of admitted.messages.entries())
    messages.push(
      await addTranscript(message, `messages[${index}].audio.id`, findAnswer),
    );
  const format = audio?.format ?? (stream ? 'pcm' : 'wav');
  return {
    messages,
    sent,
    choices: n ?? 1,
    isSpoken: modalities?.includes('audio') === true,
    format: format === 'pcm16' ? 'pcm' : format,
    voice: audio?.voice,
    speechModel: speech_model ?? undefined,
    transcriptionModel: transcription_model ?? undefined,
  };
}

/** Lists the fields that the bot does not read itself. */
function listOtherFields(request: CompletionRequest) {
  const fields = Object.entries(request).filter(
    ([name, value]) => value !== null && !Object.hasOwn(ownFields, name),
  );
  return Object.fromEntries(fields);
}

/** Adds the words of a named answer. Throws `ApiRefusal`. */
async function addTranscript(
  { audio, ...message }: CompletionMessage & ProgramMessage,
  param: string,
  findAnswer: FindAnswer,
): Promise<ProgramMessage> {
  if (!audio || message.content.length > 0) return message;
  const transcript = await findAnswer(audio.id);
  const refusal = `No answer ${audio.id} is kept for this token: send its transcript as content.`;
  if (transcript === undefined) throw createInvalidRefusal(refusal, param);
  return { ...message, content: [toTextPart(transcript)] };
}
