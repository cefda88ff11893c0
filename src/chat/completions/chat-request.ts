import type {
  ChatCompletionContentPart,
  ChatCompletionContentPartInputAudio,
  ChatCompletionCreateParamsNonStreaming,
  ChatCompletionCreateParamsStreaming,
  ChatCompletionMessageParam,
  ChatCompletionTool,
} from 'openai/resources/chat/completions';
import type { Clock } from '#src/base/clock.ts';
import type {
  ChatMessage,
  SentFields,
  SpokenChatMessage,
  Tool,
} from '#src/chat/chat-model.ts';
import type { TryReservations } from '#src/provider/models/request-reservation.ts';
import {
  isSent,
  type RequestForms,
  type ServerHabit,
} from '#src/provider/server-knowledge.ts';
import { toApiToolCall } from './chat-stream.ts';

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
  /** Parts that the operator leaves out, as `stream`, or sends in another form, as `reasoning_effort=low`. */
  readonly without?: readonly string[];
  readonly clock?: Clock;
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
  readonly tries?: TryReservations;
};

/** Limits of one answer, and the fields that carry them. */
type AnswerLimit = { readonly maxTokens: number; readonly needsBothFields: boolean };

/** Creates the body of a chat request with its parts in these forms. `maxTokens` is infinite for no limit. */
export function createRequestBody(
  options: ChatOptions,
  request: ChatRequest,
  limit: AnswerLimit,
  forms: RequestForms,
): ChatCompletionCreateParamsStreaming | ChatCompletionCreateParamsNonStreaming {
  const { messages, sent = {}, tools, voice } = request;
  const {
    max_tokens: _,
    max_completion_tokens: __,
    tool_choice: toolChoice,
    ...fields
  } = sent;
  const sentTools = isSent(forms, 'tools')
    ? tools.filter(({ name }) => isSent(forms, `tool ${name}`))
    : [];
  const lostTools = tools.filter((tool) => !sentTools.includes(tool));
  const isStreamed = isSent(forms, 'stream');
  const hasToolChoice = toolChoice !== undefined && isSent(forms, 'tool_choice');
  const fieldsBeforeSound = {
    ...createThinkingFields(forms),
    tools: sentTools.length > 0 ? toApiTools(sentTools) : undefined,
    ...fields,
    ...(hasToolChoice && { tool_choice: toolChoice }),
    model: options.model,
    ...createLimitFields(limit, forms),
    ...(voice !== undefined &&
      isSent(forms, 'audio') &&
      createSoundFields(options, voice, isStreamed, forms)),
  } as Omit<ChatCompletionCreateParamsNonStreaming, 'messages'>;
  // Sound that is still spoken comes last.
  const soundField = {
    messages: toApiMessages(noteLostTools(messages, lostTools), isSent(forms, 'ogg')),
  };
  if (!isStreamed) return { ...fieldsBeforeSound, ...soundField, stream: false };
  const hasStreamOptions = isSent(forms, 'stream_options');
  return {
    ...fieldsBeforeSound,
    stream: true,
    stream_options: hasStreamOptions ? createStreamOptions(forms) : undefined,
    ...soundField,
  };
}

/** Asks thinking off in each way that is known, as nobody waits for thoughts. */
function createThinkingFields(forms: RequestForms): object {
  return {
    ...(isSent(forms, 'reasoning_effort') && {
      reasoning_effort: forms.get('reasoning_effort'),
    }),
    ...(isSent(forms, 'chat_template_kwargs') && {
      chat_template_kwargs: { enable_thinking: false, thinking: false },
    }),
  };
}

function createLimitFields(
  { maxTokens, needsBothFields }: AnswerLimit,
  forms: RequestForms,
) {
  const field = forms.get('max_completion_tokens') ?? '';
  if (maxTokens === Infinity || field === '') return {};
  return needsBothFields
    ? { max_completion_tokens: maxTokens, max_tokens: maxTokens }
    : { [field]: maxTokens };
}

function createStreamOptions(forms: RequestForms) {
  const include_obfuscation = isSent(forms, 'include_obfuscation') ? false : undefined;
  return { include_usage: true, include_obfuscation };
}

/** A model without the tools that its instructions speak of promises what nobody does. */
function noteLostTools(
  messages: readonly ChatMessage[],
  lostTools: readonly Tool[],
): readonly ChatMessage[] {
  const [first, ...others] = messages;
  if (lostTools.length === 0 || first?.role !== 'system') return messages;
  const names = lostTools.map(({ name }) => name).join(', ');
  const note = `These tools do not work now: ${names}. Say so if they are needed, and never say that you did it.`;
  return [{ ...first, content: `${first.content}\n${note}` }, ...others];
}

function createSoundFields(
  { speechModel, transcriptionModel }: ChatOptions,
  voice: string,
  streams: boolean,
  forms: RequestForms,
) {
  const format: 'pcm16' | 'wav' = streams ? 'pcm16' : 'wav';
  return {
    modalities: ['text', 'audio'] as ('text' | 'audio')[],
    audio: { voice, format },
    transcription_model: isSent(forms, 'transcription_model')
      ? transcriptionModel
      : undefined,
    speech_model: isSent(forms, 'speech_model') ? speechModel : undefined,
  };
}
