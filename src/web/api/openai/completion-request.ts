import { z } from 'zod';
import { type SoundFormat, soundFormats } from '#src/audio/encode/sound-encoder.ts';
import type { ChatMessage } from '#src/chat/ports.ts';
import type { ProgramUtterance } from '#src/features/contract/http-api-ports.ts';
import { invalid } from '#src/web/api/refusal.ts';
import { voiceName } from './voice-name.ts';

/** Parts of one message. */
const mostParts = 100;
const text = z.object({ type: z.literal('text'), text: z.string() });
/** A sentence in which a model refused, in its earlier message. */
const modelRefusal = z.object({ type: z.literal('refusal'), refusal: z.string() });
const sound = z.object({
  type: z.literal('input_audio'),
  input_audio: z.object({ data: z.base64(), format: z.enum(['wav', 'mp3']) }),
});
const part = z.union([text, modelRefusal, sound], {
  error: 'is neither text nor input_audio with data in base64 and the format wav or mp3',
});
const message = z.looseObject({
  role: z.enum(['system', 'developer', 'user', 'assistant']),
  name: z.string().max(100).default(''),
  content: z.preprocess(
    (content) => (typeof content === 'string' ? [{ type: 'text', text: content }] : content),
    z.array(part).max(mostParts).nullish(),
  ),
  audio: z.null('answers are not kept: send the transcript as content').optional(),
});

const modelName = z.string().min(1).max(100).nullish();
/** Samples are pcm16 in chat completions, and pcm in requests for speech. */
const format = z.enum([...soundFormats, 'pcm16']).nullish();
const noTools = z.array(z.unknown()).max(0, 'the bot calls no tools here').nullish();

/** Fields of OpenAI's chat completions that are read here; other fields change nothing, or are refused in words. */
export const completionRequest = z
  .looseObject({
    model: z.string(),
    messages: z.array(message).min(1).max(1_000),
    modalities: z.array(z.enum(['text', 'audio'])).nullish(),
    audio: z
      .looseObject({
        voice: voiceName,
        format: format,
      })
      .nullish(),
    response_format: z.looseObject({ type: z.literal('text', 'answers are plain text') }).nullish(),
    transcription_model: modelName,
    speech_model: modelName,
    stream: z.boolean().nullish(),
    stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
    n: z.literal(1, 'the bot gives one answer at a time').nullish(),
    tools: noTools,
    functions: noTools,
  })
  .refine(
    ({ audio, modalities, stream }) =>
      !stream || !modalities?.includes('audio') || /^pcm/.test(audio?.format ?? 'pcm'),
    { path: ['audio', 'format'], error: 'streamed sound is pcm16' },
  );

type CompletionRequest = z.output<typeof completionRequest>;
type RequestMessage = CompletionRequest['messages'][number];

/** Question of a request, in words of a pipeline. */
export type CompletionQuestion = {
  readonly instructions?: string;
  readonly history: readonly ChatMessage[];
  /** The last message, part by part. */
  readonly said: readonly ProgramUtterance[];
  readonly isSpoken: boolean;
  readonly format: SoundFormat;
  readonly voice?: string;
  /** Name from the request, whether it may be chosen or not. */
  readonly speechModel?: string;
  readonly transcriptionModel?: string;
};

/** Longest conversation, in characters: about what models take. */
const mostChars = 400_000;

/** Reads a request. Errors: `ApiRefusal`. */
export function questionOf(request: CompletionRequest): CompletionQuestion {
  const { audio, messages, modalities, speech_model, stream, transcription_model } = request;
  const last = messages.at(-1);
  const lastPlace = `messages[${messages.length - 1}]`;
  if (last?.role !== 'user') throw invalid('The last message must be of the role user.', lastPlace);
  const earlier = messages.slice(0, -1).map((one, n) => ({
    role: one.role === 'developer' ? ('system' as const) : one.role,
    name: one.name,
    content: wordsOf(one, `messages[${n}]`),
  }));
  const instructions = earlier.filter(({ role }) => role === 'system');
  const said = utterancesOf(last, `${lastPlace}.content`);
  const typed = said.map((one) => (one.kind === 'typed' ? one.text : ''));
  const chars = [...earlier.map(({ content }) => content), ...typed].join('').length;
  if (chars > mostChars)
    throw invalid(`The conversation is too long: at most ${mostChars} characters.`, 'messages');
  const given = audio?.format ?? (stream ? 'pcm' : 'wav');
  return {
    instructions: instructions.map(({ content }) => content).join('\n\n') || undefined,
    history: earlier
      .filter(({ role }) => role !== 'system')
      .map(({ role, name, content }) =>
        role === 'user' ? { role, name, content } : { role, content },
      ),
    said,
    isSpoken: modalities?.includes('audio') === true,
    format: given === 'pcm16' ? 'pcm' : given,
    voice: audio?.voice,
    speechModel: speech_model ?? undefined,
    transcriptionModel: transcription_model ?? undefined,
  };
}

/** Words of an earlier message. Errors: `ApiRefusal`. */
function wordsOf({ content }: RequestMessage, place: string): string {
  const words = (content ?? []).map((one, n) => {
    if (one.type === 'text') return one.text;
    if (one.type === 'refusal') return one.refusal;
    const message = 'Only the last message may hold sound: send the words of earlier ones.';
    throw invalid(message, `${place}.content[${n}]`);
  });
  return words.join('\n');
}

/** Errors: `ApiRefusal`. */
function utterancesOf(
  { name, content }: RequestMessage,
  place: string,
): readonly ProgramUtterance[] {
  const said = (content ?? []).map((one): ProgramUtterance => {
    if (one.type === 'text') return { kind: 'typed', name, text: one.text };
    if (one.type === 'refusal') return { kind: 'typed', name, text: one.refusal };
    return { kind: 'spoken', name, bytes: Buffer.from(one.input_audio.data, 'base64') };
  });
  if (said.filter(({ kind }) => kind === 'spoken').length > 1)
    throw invalid('A request may have one input_audio: join the sounds.', place);
  const isEmpty = said.every((one) => one.kind === 'typed' && one.text.trim() === '');
  if (isEmpty) throw invalid('The last message holds nothing to answer.', place);
  return said;
}
