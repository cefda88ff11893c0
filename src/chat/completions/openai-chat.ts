import { APIError } from 'openai/core/error';
import type {
  ChatCompletionContentPart,
  ChatCompletionCreateParamsNonStreaming,
  ChatCompletionCreateParamsStreaming,
  ChatCompletionMessageParam,
  ChatCompletionTool,
} from 'openai/resources/chat/completions';
import { BotError } from '#src/base/errors.ts';
import type { ChatMessage, ChatModel, ChatPart, SentFields, Tool } from '#src/chat/ports.ts';
import type { ApiClient } from '#src/provider/client.ts';
import { describeError } from '#src/provider/models/describe-error.ts';
import { serverName } from '#src/provider/models/error-phrases.ts';
import { servedBy, takesPictures } from '#src/provider/models/models.ts';
import { picturesIn } from '#src/provider/models/request-hold.ts';
import { picturesRefused, untilAccepted } from '#src/provider/refused-parts.ts';
import { readEvents } from '#src/provider/server-events.ts';
import { ChatStream, callField, completionAsChunk } from './chat-stream.ts';

/**
 * A conversation in the format of the chat completions API, with sound where there is some: after a line that names its speaker.
 *
 * Consecutive messages of several people become one message of lines `Name: text`: the templates of many local models
 * insist that user and assistant alternate. Those of a program stay as they are.
 */
function apiMessages(messages: readonly ChatMessage[]): ChatCompletionMessageParam[] {
  const all: ChatCompletionMessageParam[] = [];
  for (const [n, message] of messages.entries()) {
    const next = apiMessage(message);
    const last = messages[n - 1]?.sent ? undefined : all.at(-1);
    if (!message.sent && next.role === 'user' && last?.role === 'user')
      last.content = joined(last.content, next.content);
    else all.push(next);
  }
  return all;
}

function apiMessage(message: ChatMessage): ChatCompletionMessageParam {
  // The server judges what a program wrote.
  if (message.sent) return message.sent as unknown as ChatCompletionMessageParam;
  if ('wav' in message) {
    const data = Buffer.from(message.wav).toString('base64');
    const text = lineOf(message.name, '').trim() || 'Somebody:';
    const sound = { type: 'input_audio' as const, input_audio: { data, format: 'wav' as const } };
    return { role: 'user', content: [{ type: 'text', text }, sound] };
  }
  switch (message.role) {
    case 'system':
      return { role: 'system', content: message.content };
    case 'user': {
      const { content, name, pictures = [] } = message;
      const line = lineOf(name, content);
      if (pictures.length === 0) return { role: 'user', content: line };
      return { role: 'user', content: [...partsOf(line), ...pictures.map(pictureOf)] };
    }
    case 'assistant': {
      const { content, calls = [] } = message;
      if (calls.length === 0) return { role: 'assistant', content };
      return { role: 'assistant', content, tool_calls: calls.map(callField) };
    }
    case 'tool':
      return { role: 'tool', tool_call_id: message.callId, content: message.content };
  }
}

function pictureOf(url: string): ChatCompletionContentPart {
  return { type: 'image_url', image_url: { url } };
}

type Content = string | ChatCompletionContentPart[];

function joined(one: Content, other: Content): Content {
  if (typeof one === 'string' && typeof other === 'string') return `${one}\n${other}`;
  return [...partsOf(one), ...partsOf(other)];
}

function partsOf(content: Content): ChatCompletionContentPart[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : content;
}

/** All characters that are read like the colon between a name and its words. */
const colons = /[:\u02d0\u05c3\u2236\ua789\ufe13\ufe55\uff1a]/gu;

/**
 * Puts a message on one line, with one colon that ends the name, so that no person can speak in the name of another by
 * having a line break or a colon in theirs, or a line break in their words.
 */
export function lineOf(name: string, content: string): string {
  if (name === '') return content;
  const plain = name
    .replace(colons, ' ')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  const words = content.replace(/[\s\u0085]+/gu, (gap) =>
    /[\n\v\f\r\u0085\u2028\u2029]/.test(gap) ? ' ' : gap,
  );
  return `${plain === '' ? 'Somebody' : plain}: ${words}`;
}

function apiTools(tools: readonly Tool[]): ChatCompletionTool[] {
  return tools.map(({ name, description, parameters }) => ({
    type: 'function',
    function: { name, description, parameters: { ...parameters } },
  }));
}

export type ChatOptions = {
  readonly model: string;
  /** Longest answer, sound and thoughts included. */
  readonly maxTokens?: number;
  /** Models with which a chaining server hears and speaks. Left out: its own choice. */
  readonly transcriptionModel?: string;
  readonly speechModel?: string;
};

export type ChatRequest = {
  readonly messages: readonly ChatMessage[];
  readonly tools: readonly Tool[];
  /** Voice of an answer in sound; absent: it is written. */
  readonly voice?: string;
  readonly mostTokens?: number;
  readonly sent?: SentFields;
};

/** Fields that not every server knows, in the order in which they are given up. */
const optionalFields = [
  'include_obfuscation',
  'stream_options',
  'max_completion_tokens',
  'max_tokens',
  'reasoning_effort',
] as const;
/** The present name of the longest answer, and the former one, which many servers know alone. */
const limitFields = ['max_completion_tokens', 'max_tokens'] as const;
/** Parts of a request that a server may refuse: fields, a stream, tools. */
export const refusableParts = [...optionalFields, 'stream', 'tools'] as const;
export type RefusablePart = (typeof refusableParts)[number];

/**
 * OpenAI's models that think before they answer. Thinking is too slow for a conversation, and in chat completions they
 * call functions only with an effort of "none" (OpenAI's model pages).
 */
const thinker = /(^|[/:])gpt-[56](\b|[.-])/;

function requestBody(
  options: ChatOptions,
  { messages, mostTokens = options.maxTokens ?? Infinity, sent = {}, tools, voice }: ChatRequest,
  parts: ReadonlySet<RefusablePart>,
): ChatCompletionCreateParamsStreaming | ChatCompletionCreateParamsNonStreaming {
  const { model } = options;
  const { max_tokens = Infinity, max_completion_tokens: wanted = max_tokens, ...fields } = sent;
  const most = Math.min(mostTokens, Number(wanted));
  const limit = limitFields.find((field) => parts.has(field));
  const thinks = thinker.test(model) && parts.has('reasoning_effort');
  const body = {
    reasoning_effort: thinks ? ('none' as const) : undefined,
    tools: tools.length > 0 && parts.has('tools') ? apiTools(tools) : undefined,
    ...fields,
    model,
    messages: apiMessages(messages),
    ...(limit && most < Infinity && { [limit]: most }),
    ...(voice !== undefined && soundFields(options, voice, parts.has('stream'))),
  };
  if (!parts.has('stream')) return body;
  const obfuscation = parts.has('include_obfuscation') ? { include_obfuscation: false } : {};
  const stream_options = { include_usage: true, ...obfuscation };
  return {
    ...body,
    stream: true,
    stream_options: parts.has('stream_options') ? stream_options : undefined,
  };
}

function soundFields(
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

/**
 * Complaints of servers without tools: "does not support tools", "tool choice requires --enable-auto-tool-choice",
 * "function calling".
 */
const aboutTools = /\btools?\b|\btool[_ -]|function[_ -]call/i;
/**
 * Complaints about pictures, as of OpenAI, vLLM, llama.cpp and LM Studio; of servers that take text alone; of one that takes less.
 */
const aboutPictures =
  /\bimages?\b|image_|\bvision\b|multi-?modal|mmproj|content\b.{0,80}\b(?:string|text)\b|not "list"|too large/i;
/** Those of them that are about one picture, not about the model. */
const aboutOnePicture =
  /(?:invalid|unsupported|decode|identify|load|parse|process)[\w ]{0,40} image|image_(?:format|parse|size)|exceed|too (?:large|small)|dimension/i;
/** Statuses with which servers refuse a part of a request. */
const refusals = new Set([400, 404, 422]);
/** Statuses with which they refuse pictures: llama.cpp sends 500 for a model without vision. */
const pictureRefusals = new Set([...refusals, 413, 415, 500]);

/**
 * The part of a request that a server refused, if any. Where it may also have refused something else, `onGuess` is called:
 * then the error counts if leaving the part out does not help.
 */
function refusedPart(
  cause: unknown,
  parts: ReadonlySet<RefusablePart>,
  onGuess: () => void,
): RefusablePart | undefined {
  const guess = () => {
    if (parts.has('stream')) onGuess();
    return parts.has('stream') ? 'stream' : undefined;
  };
  if (isWrongType(cause)) return guess();
  const words = refusalIn(cause, refusals);
  if (aboutTools.test(words) && parts.has('tools')) return 'tools';
  return refusedField(words, parts) ?? (/\bstream/i.test(words) ? guess() : undefined);
}

/** Words of a server that refused a request, or a part of it; empty for any other failure. */
function refusalIn(cause: unknown, statuses: ReadonlySet<number>): string {
  if (!(cause instanceof APIError) || !statuses.has(cause.status ?? 0)) return '';
  return `${cause.message} ${JSON.stringify(cause.error ?? '')}`;
}

/** Field that a server refused: the one it names, or the rarest if it only says that one is unknown. */
function refusedField(words: string, parts: ReadonlySet<RefusablePart>): RefusablePart | undefined {
  const open = optionalFields.filter((field) => parts.has(field));
  const named = open.find((field) => words.includes(field));
  if (named) return named;
  // vLLM, of a model with less room than the answer may take: "(9 in the messages, 4000 in the completion)".
  if (words.includes('in the completion')) return limitFields.find((field) => parts.has(field));
  return /unknown|unrecogni|unexpected|extra|not permitted/i.test(words) ? open[0] : undefined;
}

function isWrongType(thrown: unknown): boolean {
  if (thrown instanceof BotError && thrown.code === 'provider.wrong_type') return true;
  return thrown instanceof Error && isWrongType(thrown.cause);
}

/** A chat model behind any server that speaks OpenAI's streamed chat completions; with a `voice` it speaks. */
export function openChatModel(
  client: ApiClient,
  options: ChatOptions & { readonly voice?: string },
): ChatModel {
  const server = new ChatServer(client, options);
  return {
    reply: (messages, tools, signal, mostTokens, voice = options.voice, sent) =>
      server.reply({ messages, tools, voice, mostTokens, sent }, signal),
    takesPictures: () => server.takesPictures,
  };
}

/**
 * One server and model. Parts of a request that it refuses are left out from then on, so that only the first answer pays for
 * finding out: optional fields, tools, and streams, without which an answer comes in one piece. A question whose pictures are
 * refused fails.
 */
class ChatServer {
  readonly #client: ApiClient;
  readonly #options: ChatOptions;
  #accepted: ReadonlySet<RefusablePart> = new Set(refusableParts);
  #hasRefusedPictures = false;

  constructor(client: ApiClient, options: ChatOptions) {
    this.#client = client;
    this.#options = options;
  }

  get takesPictures(): boolean {
    return takesPictures(this.#options.model) ?? !this.#hasRefusedPictures;
  }

  async *reply(request: ChatRequest, signal: AbortSignal): AsyncGenerator<ChatPart> {
    signal.throwIfAborted();
    const { baseURL } = this.#client;
    const answer = new ChatStream(servedBy(this.#options.model, baseURL));
    try {
      for await (const chunks of this.#open(request, answer, signal)) {
        for await (const chunk of chunks) {
          signal.throwIfAborted();
          yield* answer.add(chunk);
        }
      }
    } catch (cause) {
      signal.throwIfAborted();
      // An error after the last word does not concern the listener.
      if (!answer.finished) throw describeError(cause, this.#client);
    }
    // The client ends an aborted stream quietly.
    signal.throwIfAborted();
    yield* answer.end(serverName(baseURL));
  }

  /** The chunks of the answer. Errors: the last one, or the first that was only taken for a refusal. */
  #open(request: ChatRequest, answer: ChatStream, signal: AbortSignal): AsyncIterable<Chunks> {
    let doubted: unknown;
    return untilAccepted<RefusablePart, Chunks>(
      {
        wanted: this.#accepted,
        send: (parts) => this.#send(request, parts, answer, signal),
        next: (cause, parts) => {
          this.#checkPictures(request, cause);
          const refused = refusedPart(cause, parts, () => {
            doubted ??= cause;
          });
          if (!refused) throw doubted ?? cause;
          return parts.difference(new Set([refused]));
        },
        onAccepted: (parts) => {
          this.#accepted = this.#accepted.intersection(parts);
        },
      },
      signal,
    );
  }

  /** Errors: BotError `provider.refused`, where the pictures are to blame. */
  #checkPictures({ messages }: ChatRequest, cause: unknown): void {
    const words = refusalIn(cause, pictureRefusals);
    if (picturesIn(messages) === 0 || !aboutPictures.test(words)) return;
    this.#hasRefusedPictures ||= !aboutOnePicture.test(words);
    throw picturesRefused();
  }

  async *#send(
    request: ChatRequest,
    parts: ReadonlySet<RefusablePart>,
    answer: ChatStream,
    signal: AbortSignal,
  ): AsyncGenerator<Chunks> {
    const body = requestBody(this.#options, request, parts);
    const asked = this.#client.chat.completions.create(body, { signal });
    // The library's own stream ends with a TypeError at a choice that is null.
    if (body.stream) yield readEvents(await asked.asResponse(), () => answer.done());
    else yield completionAsChunk(await asked);
  }
}

type Chunks = AsyncIterable<unknown> | Iterable<unknown>;

/** An audio model used for its text: its sound is asked for, as such models insist on some, and dropped. */
export function writtenBy(model: ChatModel): ChatModel {
  return {
    async *reply(messages, tools, signal, mostTokens, _voice, sent) {
      let source: 'text' | 'transcript' | undefined;
      const parts = model.reply(messages, tools, signal, mostTokens, undefined, sent);
      for await (const part of parts) {
        switch (part.kind) {
          case 'text':
          case 'transcript':
            source ??= part.kind;
            if (source === part.kind) yield { kind: 'text', text: part.text };
            break;
          case 'sound':
            break;
          case 'tool':
          case 'cut':
          case 'usage':
            yield part;
        }
      }
    },
  };
}
