import { z } from 'zod';
import { type SoundFormat, soundFormats } from '#src/audio/encode/sound-encoder.ts';
import { fieldsOf } from '#src/base/json.ts';
import type { ChatMessage } from '#src/chat/ports.ts';
import type { ProgramUtterance } from '#src/conversation/ports/http-api-ports.ts';
import { refusal } from '#src/web/api/refusal.ts';

const soundPart = z.looseObject({
  type: z.literal('input_audio'),
  input_audio: z.object({
    data: z.base64('must be base64 of an audio file'),
    format: z.enum(['wav', 'mp3']),
  }),
});
/**
 * Part of a message, read by its type alone: a mistake in it is reported once, and not for each type that it could have
 * been.
 */
const part = z.looseObject({
  type: z.string().meta({
    description:
      'text, with text, or input_audio, with input_audio: {data in base64, format wav or mp3}.',
  }),
});
/** Parts of one message. */
const mostParts = 100;
const message = z.looseObject({
  role: z.string(),
  name: z.string().max(100).optional(),
  content: z.union([z.string(), z.array(part).max(mostParts)]).nullish(),
  audio: z.looseObject({ id: z.string() }).nullish(),
});

/** Names of formats in chat completions: samples are pcm16 here, and pcm in requests for speech. */
const formatNames = soundFormats.join(', ').replace(/\bpcm\b/, 'pcm16');

/** Name of a voice, or an object that names it. */
const voice = z.union([z.string(), z.looseObject({ id: z.string() })]);
const modelName = z.string().min(1).max(100).nullish();

/** Fields of OpenAI's chat completions that are read here; other fields change nothing, or are refused in words. */
export const completionRequest = z.looseObject({
  model: z.string().meta({ description: 'parley, or a way to answer; others mean parley.' }),
  messages: z.array(message).min(1).max(1_000),
  modalities: z
    .array(z.enum(['text', 'audio']))
    .nullish()
    .meta({ description: 'With audio the answer is spoken, and its words stand beside it.' }),
  audio: z
    .looseObject({
      voice: voice.nullish(),
      format: z
        .string()
        .nullish()
        .meta({ description: `${formatNames}; left out: wav. Streamed: pcm16.` }),
    })
    .nullish(),
  voice: voice.nullish().meta({ description: 'Where audio.voice is left out.' }),
  response_format: z
    .union([z.string(), z.looseObject({})])
    .nullish()
    .meta({
      description:
        'The type text, or, where audio.format is left out, a format of sound as a string.',
    }),
  transcription_model: modelName.meta({
    description: 'Recognises input_audio: one of those that the operator lists.',
  }),
  speech_model: modelName.meta({
    description: 'Speaks the answer: one of those that the operator lists.',
  }),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  n: z.int().nullish(),
});

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

/** Reads a request; `transcriptOf` gives the words of answers by their ids. Errors: `ApiRefusal`. */
export function questionOf(
  request: CompletionRequest,
  transcriptOf: (id: string) => string | undefined,
): CompletionQuestion {
  refuseUnknown(request);
  const { messages } = request;
  const last = messages.at(-1);
  if (last?.role !== 'user')
    throw invalid('The last message must be of the role user.', `messages[${messages.length - 1}]`);
  const instructions: string[] = [];
  const history: ChatMessage[] = [];
  for (const [n, one] of messages.slice(0, -1).entries()) {
    const read = earlierMessage(one, n, transcriptOf);
    if (read.role === 'system') instructions.push(read.content);
    else history.push(read);
  }
  const said = utterancesOf(last, messages.length - 1);
  const typed = said.map((one) => (one.kind === 'typed' ? one.text : ''));
  const earlier = history.map(({ content }) => content);
  const chars = [...instructions, ...earlier, ...typed].join('').length;
  if (chars > mostChars)
    throw invalid(`The conversation is too long: at most ${mostChars} characters.`, 'messages');
  return {
    ...(instructions.length > 0 && { instructions: instructions.join('\n\n') }),
    history,
    said,
    ...soundOf(request),
  };
}

/** Refuses features of other servers that this one lacks. Errors: `ApiRefusal`. */
function refuseUnknown(request: CompletionRequest): void {
  if ((request.n ?? 1) !== 1)
    throw invalid('The bot gives one answer at a time: leave n out.', 'n');
  for (const field of ['tools', 'functions']) {
    const given = request[field];
    if (Array.isArray(given) && given.length > 0)
      throw invalid(`The bot calls no tools here: leave ${field} out.`, field);
  }
  const { response_format: format } = request;
  if (typeof format === 'object' && format && !isOfType(format, 'text'))
    throw invalid('Answers are plain text: leave response_format out.', 'response_format');
}

function isOfType(value: unknown, type: string): boolean {
  return fieldsOf(value).type === type;
}

type AnswerSound = Omit<CompletionQuestion, 'instructions' | 'history' | 'said'>;

/** Sound of the answer, if any: `audio` alone is both, since its words always come with it. */
function soundOf(request: CompletionRequest): AnswerSound {
  const { audio, modalities, speech_model, transcription_model } = request;
  const named = soundFormatIn(request);
  const isSpoken = modalities?.includes('audio') ?? named?.param === 'response_format';
  if (named?.param === 'response_format' && !isSpoken) {
    const message = `${named.name} is a format of sound: add audio to modalities.`;
    throw invalid(message, named.param);
  }
  const format = isSpoken ? formatOf(named, request.stream === true) : 'wav';
  const given = audio?.voice ?? request.voice ?? '';
  const name = typeof given === 'string' ? given : given.id;
  return {
    isSpoken,
    format,
    ...(name !== 'default' && name !== '' && { voice: name }),
    ...(speech_model && { speechModel: speech_model }),
    ...(transcription_model && { transcriptionModel: transcription_model }),
  };
}

/** The format of sound that a request names, and the field in which it does. Errors: `ApiRefusal`. */
function soundFormatIn({ audio, response_format: other }: CompletionRequest) {
  const isText = typeof other !== 'string' || other === 'text';
  const outer = isText ? undefined : { name: other, param: 'response_format' };
  if (audio?.format == null) return outer;
  if (outer && plain(outer.name) !== plain(audio.format)) {
    const message = `audio.format is ${audio.format}, and response_format ${outer.name}: name one.`;
    throw invalid(message, outer.param);
  }
  return { name: audio.format, param: 'audio.format' };
}

/** Samples have two names. */
function plain(format: string): string {
  return format === 'pcm16' ? 'pcm' : format;
}

function formatOf(
  named: { readonly name: string; readonly param: string } | undefined,
  isStreamed: boolean,
): SoundFormat {
  if (!named) return isStreamed ? 'pcm' : 'wav';
  const { name, param } = named;
  const format = soundFormats.find((one) => one === plain(name));
  if (isStreamed && format !== 'pcm') {
    const message = `Streamed sound is pcm16, not ${name.slice(0, 20)}: set ${param} to pcm16.`;
    throw invalid(message, param, 'unsupported_value');
  }
  if (format) return format;
  const message = `Sound comes as ${formatNames}, not ${name.slice(0, 20)}.`;
  throw invalid(message, param, 'unsupported_value');
}

function earlierMessage(
  { role, name = '', content, audio }: RequestMessage,
  n: number,
  transcriptOf: (id: string) => string | undefined,
): Exclude<ChatMessage, { role: 'tool' }> {
  const place = `messages[${n}]`;
  if (audio && role === 'assistant') {
    const transcript = transcriptOf(audio.id);
    if (transcript !== undefined) return { role, content: transcript };
    const message = `The answer ${audio.id} is no longer known: send its transcript.`;
    throw invalid(message, `${place}.audio.id`, 'audio_not_found');
  }
  const text = textOf(content, place);
  if (role === 'system' || role === 'developer') return { role: 'system', content: text };
  if (role === 'user') return { role, name, content: text };
  if (role === 'assistant') return { role, content: text };
  throw invalid(`Messages of the role ${role.slice(0, 20)} are not understood.`, `${place}.role`);
}

function textOf(content: RequestMessage['content'], place: string): string {
  if (typeof content === 'string') return content;
  return (content ?? [])
    .map((part, n) => {
      if (isText(part)) return part.text;
      if (isRefusal(part)) return part.refusal;
      if (part.type === 'input_audio') {
        const message = 'Only the last message may hold sound: send the words of earlier ones.';
        throw invalid(message, `${place}.content[${n}]`);
      }
      throw unknownPart(part.type, `${place}.content[${n}]`);
    })
    .join('\n');
}

function utterancesOf(
  { name = '', content }: RequestMessage,
  n: number,
): readonly ProgramUtterance[] {
  const place = `messages[${n}].content`;
  const parts = typeof content === 'string' ? [{ type: 'text', text: content }] : (content ?? []);
  const said = parts.map((part, m): ProgramUtterance => {
    if (isText(part)) return { kind: 'typed', name, text: part.text };
    if (!isSound(part)) throw unknownPart(part.type, `${place}[${m}]`);
    return { kind: 'spoken', name, bytes: Buffer.from(part.input_audio.data, 'base64') };
  });
  const sounds = said.filter(({ kind }) => kind === 'spoken');
  if (sounds.length > 1)
    throw invalid('A request may have one input_audio: join the sounds.', place);
  const isEmpty = said.every((one) => one.kind === 'typed' && one.text.trim() === '');
  if (isEmpty) throw invalid('The last message holds nothing to answer.', place);
  return said;
}

type Part = z.output<typeof part>;

function isText(part: Part): part is Part & { readonly text: string } {
  return part.type === 'text' && 'text' in part && typeof part.text === 'string';
}

/** A sentence in which a model refused, in its earlier message. */
function isRefusal(part: Part): part is Part & { readonly refusal: string } {
  return part.type === 'refusal' && typeof part.refusal === 'string';
}

function isSound(part: Part): part is z.output<typeof soundPart> {
  return soundPart.safeParse(part).success;
}

function unknownPart(type: string, place: string) {
  if (type === 'image_url') return invalid('Pictures are not understood here.', place);
  if (type === 'input_audio')
    return invalid('input_audio needs data in base64 and the format wav or mp3.', place);
  return invalid(`Parts of the type ${type.slice(0, 20)} are not understood here.`, place);
}

function invalid(message: string, param: string, code = 'invalid_value') {
  return refusal(400, code, message, param);
}
