import { APIError } from 'openai/core/error';
import { BotError } from '#src/base/errors.ts';
import { fieldsOf, textIn } from '#src/base/json.ts';
import type { ChatModel, ChatPart, Usage } from '#src/chat/ports.ts';
import type { ApiClient } from '#src/provider/client.ts';
import { describeError } from '#src/provider/models/describe-error.ts';
import { serverName } from '#src/provider/models/error-phrases.ts';
import { type ServedBy, servedBy, takesPictures } from '#src/provider/models/models.ts';
import { picturesIn } from '#src/provider/models/request-hold.ts';
import { picturesRefused, untilAccepted } from '#src/provider/refused-parts.ts';
import { readEvents } from '#src/provider/server-events.ts';
import type { AnswerTextOptions } from './answer-text.ts';
import {
  type ChatOptions,
  type ChatRequest,
  limitFields,
  optionalFields,
  plainName,
  type RefusablePart,
  refusableParts,
  requestBody,
} from './chat-request.ts';
import { ChatStream, completionAsChunk } from './chat-stream.ts';
import { habits, type ServerHabit } from './server-habits.ts';

/** "does not support tools", "tool choice requires --enable-auto-tool-choice", "function calling" */
const aboutTools = /\btools?\b|\btool[_ -]|function[_ -]call/i;
/** Complaints of OpenAI, vLLM, llama.cpp and LM Studio, and of servers that take text alone. */
const aboutPictures =
  /\bimages?\b|image_|\bvision\b|multi-?modal|mmproj|content\b.{0,80}\b(?:string|text)\b|not "list"|too large/i;
/** The complaint is about one picture, not about the model. */
const aboutOnePicture =
  /(?:invalid|unsupported|decode|identify|load|parse|process)[\w ]{0,40} image|image_(?:format|parse|size)|exceed|too (?:large|small)|dimension/i;
const refusals = new Set([400, 404, 422]);
/** llama.cpp sends 500 for a model without vision. */
const pictureRefusals = new Set([...refusals, 413, 415, 500]);

/**
 * Finds the part of a request that a server rejected. If something else may be the reason, `onGuess` is called, and
 * the error counts if leaving the part out does not help.
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

function refusalIn(cause: unknown, statuses: ReadonlySet<number>): string {
  if (!(cause instanceof APIError) || !statuses.has(cause.status ?? 0)) return '';
  return `${cause.message} ${JSON.stringify(cause.error ?? '')}`;
}

/** Returns the named field, or the rarest one if a field is only called unknown. */
function refusedField(words: string, parts: ReadonlySet<RefusablePart>): RefusablePart | undefined {
  const open = optionalFields.filter((field) => parts.has(field));
  const named = open.find((field) => words.includes(field));
  if (named) return named;
  // vLLM, if the model has less room than the answer may take: "(9 in the messages, 4000 in the completion)".
  if (words.includes('in the completion')) return limitFields.find((field) => parts.has(field));
  return /unknown|unrecogni|unexpected|extra|not permitted/i.test(words) ? open[0] : undefined;
}

function isWrongType(thrown: unknown): boolean {
  if (thrown instanceof BotError && thrown.code === 'provider.wrong_type') return true;
  return thrown instanceof Error && isWrongType(thrown.cause);
}

/**
 * Opens a chat model behind any server with OpenAI's streamed chat completions. With a `voice` it speaks.
 *
 * @example
 * import { openChatModel } from '#src/chat/completions/openai-chat.ts';
 * import { openClient } from '#src/provider/client.ts';
 *
 * declare const signal: AbortSignal;
 * const model = openChatModel(openClient({ baseUrl: 'http://127.0.0.1:8000/v1' }), { model: 'qwen' });
 * const question = [{ role: 'user', name: 'Ana', content: 'What is two plus two?' }] as const;
 * for await (const part of model.reply(question, [], signal)) if (part.kind === 'text') console.log(part.text);
 */
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

/** After these answers without a thought, the model counts as one that begins without. */
const mostThoughtsMissed = 3;
/** The instructions say the bot's name like this. */
const ownName = /Your name is ([^.\n]{1,40})\./g;

/**
 * One server and model. Parts of a request that it rejects are left out from then on, so that only the first answer
 * pays for that. A question whose pictures are rejected fails.
 */
class ChatServer {
  readonly #client: ApiClient;
  readonly #options: ChatOptions;
  readonly #by: ServedBy;
  readonly #told = new Set<string>();
  #accepted: ReadonlySet<RefusablePart> = new Set(refusableParts);
  #hasRefusedPictures = false;
  #thoughtsMissed = mostThoughtsMissed;
  #needsBothLimits = false;

  constructor(client: ApiClient, options: ChatOptions) {
    this.#client = client;
    this.#options = options;
    this.#by = servedBy(options.model, client.baseURL);
  }

  get takesPictures(): boolean {
    return takesPictures(this.#options.model) ?? !this.#hasRefusedPictures;
  }

  async *reply(request: ChatRequest, signal: AbortSignal): AsyncGenerator<ChatPart> {
    signal.throwIfAborted();
    let hasOutput = false;
    try {
      for await (const part of this.#ask(request, signal)) {
        hasOutput ||= part.kind !== 'usage';
        yield part;
      }
    } catch (cause) {
      signal.throwIfAborted();
      const error = describeError(cause, this.#client, saidIn(request));
      throw hasOutput ? asTruncated(error) : error;
    }
    // The client ends an aborted stream quietly.
    signal.throwIfAborted();
  }

  /**
   * An answer without a word is requested once more, not streamed, as a stream may have lost a call or the reason.
   * Throws the last error, or the first one that only looked like a rejection.
   */
  #ask(request: ChatRequest, signal: AbortSignal): AsyncIterable<ChatPart> {
    let doubted: unknown;
    let answer: ChatStream | undefined;
    let lost: ChatStream | undefined;
    return untilAccepted(
      {
        wanted: this.#accepted,
        send: (parts) => {
          answer = new ChatStream(this.#by, this.#textOptions(request));
          return this.#send(request, parts, answer, lost?.usage, signal);
        },
        isAnswer: ({ kind }) => kind !== 'usage',
        next: (cause, parts) => {
          this.#checkPictures(request, cause);
          const isLost = isEmptyAnswer(cause) && answer?.isLost && parts.has('stream');
          const isWanted = isLost && (cause.retryable || toolNames(request).length > 0);
          if (isWanted && roomAfter(answer?.usage, request) > 0) {
            lost = answer;
            doubted ??= cause;
            return parts.difference(new Set(['stream']));
          }
          const refused = refusedPart(cause, parts, () => {
            doubted ??= cause;
          });
          if (!refused) throw isReason(cause, lost !== undefined) ? cause : (doubted ?? cause);
          return parts.difference(new Set([refused]));
        },
        onAccepted: (parts) => {
          const refused = this.#accepted.difference(parts);
          if (lost) return;
          if (refused.has('stream')) this.#tell(habits.whole);
          this.#accepted = this.#accepted.intersection(parts);
        },
      },
      signal,
    );
  }

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
    before: Usage | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<ChatPart> {
    // Both requests of an answer are paid by one reservation.
    const most = this.#mostTokens(request, before);
    // Counts unless this answer ends with its own usage.
    if (before && request.mostTokens !== undefined)
      yield { kind: 'usage', usage: summed(before, { ...before, outputTokens: most }) };
    const body = requestBody(this.#options, request, most, parts, this.#needsBothLimits);
    try {
      for await (const chunk of this.#chunksOf(body, answer, signal)) {
        signal.throwIfAborted();
        yield* answer.add(chunk);
        if (answer.isOver) break;
      }
    } catch (cause) {
      signal.throwIfAborted();
      // An error after the last word does not concern the listener.
      if (!answer.finished) {
        yield* answer.release();
        throw cause;
      }
    }
    signal.throwIfAborted();
    const isAfterTools = request.messages.at(-1)?.role === 'tool';
    const last = answer.end(serverName(this.#client.baseURL), isAfterTools);
    try {
      for (const part of last)
        yield part.kind === 'usage' ? { ...part, usage: summed(part.usage, before) } : part;
    } finally {
      this.#learn(answer, most);
    }
  }

  async *#chunksOf(
    body: ReturnType<typeof requestBody>,
    answer: ChatStream,
    signal: AbortSignal,
  ): AsyncGenerator<unknown> {
    const asked = this.#client.chat.completions.create(body, { signal });
    // The library's own stream throws a TypeError for a choice that is null.
    if (body.stream) yield* readEvents(await asked.asResponse(), () => answer.done());
    else yield* completionAsChunk(await asked);
  }

  #mostTokens(request: ChatRequest, before: Usage | undefined): number {
    const { max_tokens = Infinity, max_completion_tokens = max_tokens } = request.sent ?? {};
    const { maxTokens = Infinity } = this.#options;
    const most =
      request.mostTokens === undefined ? maxTokens : roomAfter(before ?? nothing, request);
    return Math.max(1, Math.min(most, Number(max_completion_tokens)));
  }

  #textOptions(request: ChatRequest): AnswerTextOptions {
    const { messages } = request;
    const ownNames = messages.flatMap(({ content, role }) =>
      role === 'system' ? [...content.matchAll(ownName)].map(([, name = '']) => name) : [],
    );
    const people = messages.flatMap((message) =>
      message.role === 'user' && !message.sent ? plainName(message.name) : [],
    );
    const isOther = (name: string) => name !== '' && !ownNames.includes(name);
    return {
      tools: toolNames(request),
      ownNames,
      people: [...new Set(people)].filter(isOther),
      isThinking: this.#thoughtsMissed < mostThoughtsMissed,
    };
  }

  #learn(answer: ChatStream, most: number): void {
    if (answer.isCut) this.#tell(habits.cut(most));
    for (const fault of answer.faults) {
      if (fault === 'thoughts') this.#thoughtsMissed = 0;
      if (fault === 'no thoughts') this.#thoughtsMissed++;
      else this.#tell(typeof fault === 'object' ? habits.parser(fault.parser) : habits[fault]);
    }
    this.#needsBothLimits ||= (answer.usage?.outputTokens ?? 0) > 1.2 * most;
  }

  #tell(habit: ServerHabit): void {
    if (this.#told.has(habit.what)) return;
    this.#told.add(habit.what);
    this.#options.report?.(habit);
  }
}

function isReason(cause: unknown, isSecond: boolean): boolean {
  const isTold = cause instanceof APIError && cause.status !== undefined;
  return isEmptyAnswer(cause) || (isSecond && isTold);
}

function isEmptyAnswer(cause: unknown): cause is BotError {
  return cause instanceof BotError && cause.code === 'provider.empty';
}

/**
 * The second request sends the input again, and input never costs more than output. If nobody knows the usage of the
 * first, it took all.
 */
function roomAfter(used: Usage | undefined, { mostTokens = Infinity }: ChatRequest): number {
  if (!used) return mostTokens < Infinity ? 0 : mostTokens;
  return mostTokens - used.inputTokens - used.outputTokens;
}

function summed(usage: Usage, { inputTokens, outputTokens } = nothing): Usage {
  return {
    ...usage,
    inputTokens: usage.inputTokens + inputTokens,
    outputTokens: usage.outputTokens + outputTokens,
  };
}

const nothing: Usage = { inputTokens: 0, outputTokens: 0 };

function toolNames({ sent, tools }: ChatRequest): readonly string[] {
  const theirs = Array.isArray(sent?.tools) ? sent.tools : [];
  return [...tools, ...theirs.map((tool) => fieldsOf(fieldsOf(tool).function))].flatMap(
    ({ name }) => textIn(name) ?? [],
  );
}

/** A server's sentence that repeats any of this is not logged. */
function saidIn({ messages }: ChatRequest): string {
  const said = messages.filter(({ role }) => role !== 'system');
  return said.map((one) => `${'name' in one ? one.name : ''} ${one.content}`).join(' ');
}

function asTruncated(error: BotError): BotError {
  const { about, cause, code, message } = error;
  if (!/^provider\.(?:refused|unreachable)$/.test(code)) return error;
  return new BotError('provider.truncated', true, message, cause, undefined, about);
}

/** Uses an audio model for its text. Such models insist on sound, which is dropped. */
export function writtenBy(model: ChatModel): ChatModel {
  return {
    async *reply(messages, tools, signal, mostTokens, _voice, sent) {
      let source: 'text' | 'transcript' | undefined;
      const parts = model.reply(messages, tools, signal, mostTokens, undefined, sent);
      for await (const part of parts) {
        if ('text' in part) {
          source ??= part.kind;
          if (source === part.kind) yield { kind: 'text', text: part.text };
        } else if (part.kind !== 'sound') yield part;
      }
    },
  };
}
