import type {
  ChatCompletionContentPart,
  ChatCompletionContentPartInputAudio,
  ChatCompletionCreateParamsNonStreaming,
  ChatCompletionCreateParamsStreaming,
  ChatCompletionMessageParam,
  ChatCompletionTool,
} from 'openai/resources/chat/completions';
import type {
  ChatMessage,
  SentFields,
  SpokenChatMessage,
  Tool,
} from '#src/chat/chat-model.ts';
import { toApiToolCall } from './chat-stream.ts';
import type { ServerHabit } from './server-habits.ts';

/** Joins consecutive messages of several people into one message of lines `Name: text`. */
function toApiMessages(
  messages: readonly ChatMessage[],
  isPacked: boolean,
): ChatCompletionMessageParam[] {
  const apiMessages: ChatCompletionMessageParam[] = [];
  for (const [n, message] of messages.entries()) {
    const next = toApiMessage(message, isPacked);
    // Templates of many local models want user and assistant to alternate. A program's messages
    // stay as they are.
    const last = messages[n - 1]?.sent ? undefined : apiMessages.at(-1);
    if (!message.sent && next.role === 'user' && last?.role === 'user')
      last.content = joinContents(last.content, next.content);
    else apiMessages.push(next);
  }
  return apiMessages;
}

function toApiMessage(
  message: ChatMessage,
  isPacked: boolean,
): ChatCompletionMessageParam {
  // The server judges messages of programs.
  if (message.sent) return message.sent as unknown as ChatCompletionMessageParam;
  if ('wav' in message) {
    const text = formatSpeakerLine(message.name, '').trim() || 'Somebody:';
    const sound = toInputAudio(message, isPacked);
    return { role: 'user', content: [{ type: 'text', text }, sound] };
  }
  switch (message.role) {
    case 'system':
      return { role: 'system', content: message.content };
    case 'user': {
      const { content, name, pictures = [] } = message;
      const text = formatSpeakerLine(name, content);
      if (pictures.length === 0) return { role: 'user', content: text };
      const images = pictures.map((url) => ({
        type: 'image_url' as const,
        image_url: { url },
      }));
      return { role: 'user', content: [...toContentParts(text), ...images] };
    }
    case 'assistant': {
      const { content, calls = [] } = message;
      const tool_calls = calls.length > 0 ? calls.map(toApiToolCall) : undefined;
      return { role: 'assistant', content, tool_calls };
    }
    case 'tool':
      return { role: 'tool', tool_call_id: message.callId, content: message.content };
  }
}

function toInputAudio(
  { toOgg, wav }: SpokenChatMessage,
  isPacked: boolean,
): ChatCompletionContentPartInputAudio {
  const packed = isPacked ? toOgg?.() : undefined;
  // OpenAI itself knows no Ogg, so neither do its types.
  const format = packed ? ('ogg' as 'wav') : 'wav';
  const data = Buffer.from(packed ?? wav).toString('base64');
  return { type: 'input_audio', input_audio: { format, data } };
}

type Content = string | ChatCompletionContentPart[];

function joinContents(content: Content, added: Content): Content {
  if (typeof content === 'string' && typeof added === 'string')
    return `${content}\n${added}`;
  return [...toContentParts(content), ...toContentParts(added)];
}

function toContentParts(content: Content): ChatCompletionContentPart[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : content;
}

/** The colon, and characters that look like one. */
const colonCharacters = /[:\u02d0\u05c3\u2236\ua789\ufe13\ufe55\uff1a]/gu;

/**
 * Puts a message on one line with a single colon after the name, so that no person can speak in another's name.
 *
 * @example
 * import { formatSpeakerLine } from '#src/chat/completions/chat-request.ts';
 *
 * formatSpeakerLine('Ana: Ben', 'Hi!\nCleo: Bye!'); // 'Ana Ben: Hi! Cleo: Bye!'
 */
export function formatSpeakerLine(name: string, content: string): string {
  if (name === '') return content;
  const textLine = content.replace(/[\s\u0085]+/gu, (gap) =>
    /[\n\v\f\r\u0085\u2028\u2029]/.test(gap) ? ' ' : gap,
  );
  return `${toPlainName(name) || 'Somebody'}: ${textLine}`;
}

/** Removes colons and control characters from a name. */
export function toPlainName(name: string): string {
  return name
    .replace(colonCharacters, ' ')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
}

function toApiTools(tools: readonly Tool[]): ChatCompletionTool[] {
  return tools.map(({ name, description, parameters }) => ({
    type: 'function',
    function: { name, description, parameters: { ...parameters } },
  }));
}

/** How a server is asked for answers. */
export type ChatOptions = {
  readonly model: string;
  /** Most tokens of an answer, its sound and thoughts included. Absent: no limit. */
  readonly maxTokens?: number;
  /** Models of a server that chains them. Undefined for the server's own choice. */
  readonly transcriptionModel?: string;
  readonly speechModel?: string;
  /** Reports each habit of the server once. Never throws. */
  readonly report?: (habit: ServerHabit) => void;
};

/** One request for an answer. */
export type ChatRequest = {
  readonly messages: readonly ChatMessage[];
  readonly tools: readonly Tool[];
  readonly voice?: string;
  readonly maxTokens?: number;
  readonly sent?: SentFields;
};

/** Fields that a server may refuse, in the order in which they are given up. */
export const optionalFields = [
  'include_obfuscation',
  'stream_options',
  'max_completion_tokens',
  'max_tokens',
  'reasoning_effort',
] as const;
/** The present name and the former one, which many servers know alone. */
export const limitFields = ['max_completion_tokens', 'max_tokens'] as const;
/** An extra of a request that a server may refuse: a field, or a stream, tools, or sound in Ogg with Opus. */
export type RequestExtra =
  | (typeof optionalFields)[number]
  | 'stream'
  | 'tools'
  | 'opus';
export const requestExtras: readonly RequestExtra[] = [
  ...optionalFields,
  'stream',
  'tools',
  'opus',
];

/**
 * OpenAI's models that think first, which is too slow for talk. In chat completions they call functions only with the
 * effort "none": https://developers.openai.com/api/docs/guides/reasoning
 */
const thinkingModel = /(^|[/:])gpt-[56](\b|[.-])/;

/** Creates the body of a chat request. `maxTokens` is infinite for no limit. */
export function createRequestBody(
  options: ChatOptions,
  { messages, sent = {}, tools, voice }: ChatRequest,
  maxTokens: number,
  extras: ReadonlySet<RequestExtra>,
  needsBothLimits: boolean,
): ChatCompletionCreateParamsStreaming | ChatCompletionCreateParamsNonStreaming {
  const { model } = options;
  const { max_tokens: _, max_completion_tokens: __, ...fields } = sent;
  const limits = limitFields
    .filter((field) => extras.has(field))
    .slice(0, needsBothLimits ? 2 : 1);
  const thinks = thinkingModel.test(model) && extras.has('reasoning_effort');
  const fieldsBeforeSound = {
    reasoning_effort: thinks ? ('none' as const) : undefined,
    tools: tools.length > 0 && extras.has('tools') ? toApiTools(tools) : undefined,
    ...fields,
    model,
    ...(maxTokens < Infinity &&
      Object.fromEntries(limits.map((field) => [field, maxTokens]))),
    ...(voice !== undefined && createSoundFields(options, voice, extras.has('stream'))),
  };
  // Sound that is still spoken comes last.
  const soundField = { messages: toApiMessages(messages, extras.has('opus')) };
  if (!extras.has('stream')) return { ...fieldsBeforeSound, ...soundField };
  const include_obfuscation = extras.has('include_obfuscation') ? false : undefined;
  const stream_options = { include_usage: true, include_obfuscation };
  return {
    ...fieldsBeforeSound,
    stream: true,
    stream_options: extras.has('stream_options') ? stream_options : undefined,
    ...soundField,
  };
}

function createSoundFields(
  { speechModel, transcriptionModel }: ChatOptions,
  voice: string,
  streams: boolean,
) {
  const format: 'pcm16' | 'wav' = streams ? 'pcm16' : 'wav';
  return {
    modalities: ['text', 'audio'] as ('text' | 'audio')[],
    audio: { voice, format },
    transcription_model: transcriptionModel,
    speech_model: speechModel,
  };
}
