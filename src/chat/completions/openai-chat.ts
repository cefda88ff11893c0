import { APIError, APIUserAbortError, RateLimitError } from 'openai/core/error';
import type { LiveSound } from '#src/audio/live-sound.ts';
import { BotError } from '#src/base/errors.ts';
import { toNonEmptyText, toRecord } from '#src/base/json.ts';
import type { ChatMessage, ChatModel, ChatPart, Usage } from '#src/chat/chat-model.ts';
import type { ApiClient } from '#src/provider/api-client.ts';
import { readEvents } from '#src/provider/event-stream.ts';
import { describeError } from '#src/provider/models/describe-error.ts';
import { formatServerName } from '#src/provider/models/error-text.ts';
import { countPictures } from '#src/provider/models/request-reservation.ts';
import {
  canTakePictures,
  describeServer,
  type ServedBy,
} from '#src/provider/models/standard-models.ts';
import {
  createPicturesError,
  sendUntilAccepted,
} from '#src/provider/reducible-request.ts';
import type { AnswerTextOptions } from './answer-text.ts';
import {
  type ChatOptions,
  type ChatRequest,
  createRequestBody,
  limitFields,
  optionalFields,
  type RefusablePart,
  refusableParts,
  toPlainName,
} from './chat-request.ts';
import { ChatStream, toChunks } from './chat-stream.ts';
import { type ServerHabit, serverHabits } from './server-habits.ts';
import { openStreamedRequest, type StreamedRequest } from './streamed-request.ts';

/** "does not support tools", "tool choice requires --enable-auto-tool-choice", "function calling" */
const toolComplaint = /\btools?\b|\btool[_ -]|function[_ -]call/i;
/** Complaints of OpenAI, vLLM, llama.cpp and LM Studio, and of servers that take text alone. */
const pictureComplaint =
  /\bimages?\b|image_|\bvision\b|multi-?modal|mmproj|content\b.{0,80}\b(?:string|text)\b|not "list"|too large/i;
/** The complaint is about one picture, not about the model. */
const singlePictureComplaint =
  /(?:invalid|unsupported|decode|identify|load|parse|process)[\w ]{0,40} image|image_(?:format|parse|size)|exceed|too (?:large|small)|dimension/i;
/** Complaints about the format of sound, as of OpenAI: "Supported values are: 'wav' and 'mp3'." */
const soundComplaint = /audio|\bogg\b|\bwav\b|\bformat\b|decod/i;
const partRejectionStatuses = new Set([400, 404, 422]);
/** llama.cpp sends 500 for a model without vision. */
const mediaRejectionStatuses = new Set([...partRejectionStatuses, 413, 415, 500]);

/**
 * Finds the rejected part of a request. If something else may be the reason, calls `onGuess`: the error counts if
 * leaving the part out does not help.
 */
function findRejectedPart(
  cause: unknown,
  parts: ReadonlySet<RefusablePart>,
  onGuess: () => void,
): RefusablePart | undefined {
  const guess = () => {
    if (parts.has('stream')) onGuess();
    return parts.has('stream') ? 'stream' : undefined;
  };
  if (isWrongContentType(cause)) return guess();
  const soundWords = parts.has('opus')
    ? getRejectionText(cause, mediaRejectionStatuses)
    : '';
  if (soundComplaint.test(soundWords)) return 'opus';
  const words = getRejectionText(cause, partRejectionStatuses);
  if (toolComplaint.test(words) && parts.has('tools')) return 'tools';
  const named =
    findRejectedField(words, parts) ?? (/\bstream/i.test(words) ? guess() : undefined);
  return named ?? (soundWords === '' ? undefined : 'opus');
}

function getRejectionText(cause: unknown, statuses: ReadonlySet<number>) {
  if (!(cause instanceof APIError) || !statuses.has(cause.status ?? 0)) return '';
  return `${cause.message} ${JSON.stringify(cause.error ?? '')}`;
}

/** Returns the named field, or the rarest one if a field is only called unknown. */
function findRejectedField(
  words: string,
  parts: ReadonlySet<RefusablePart>,
): RefusablePart | undefined {
  const open = optionalFields.filter((field) => parts.has(field));
  const named = open.find((field) => words.includes(field));
  if (named) return named;
  // vLLM, if the model has less room than the answer may take: "(9 in the messages, 4000 in the completion)".
  if (words.includes('in the completion'))
    return limitFields.find((field) => parts.has(field));
  return /unknown|unrecogni|unexpected|extra|not permitted/i.test(words)
    ? open[0]
    : undefined;
}

/** Recognises an answer without a stream, such as JSON or a page. */
function isWrongContentType(thrown: unknown): boolean {
  if (thrown instanceof BotError && thrown.code === 'provider.wrong_type') return true;
  return thrown instanceof Error && isWrongContentType(thrown.cause);
}

/**
 * Opens a chat model behind any server with OpenAI's streamed chat completions. With a `voice` it speaks.
 *
 * @example
 * import { openChatModel } from '#src/chat/completions/openai-chat.ts';
 * import { openClient } from '#src/provider/api-client.ts';
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
    reply: (messages, tools, signal, maxTokens, voice = options.voice, sent) =>
      server.reply({ messages, tools, voice, maxTokens, sent }, signal),
    feed: (messages, tools, sound, voice = options.voice) =>
      server.feed({ messages, tools, voice }, sound),
    canTakePictures: () => server.takesPictures,
  };
}

/** A server that refuses chunks does so each time, and one that restarts once. Silence costs people too much. */
const maxRefusals = 2;
/** After these answers without a thought, the model counts as one that begins without. */
const maxThoughtsMissed = 3;
/** The instructions say the bot's name like this. */
const ownNamePattern = /Your name is ([^.\n]{1,40})\./g;

/**
 * One server and model. Rejected parts of a request are left out from then on. A question with rejected pictures
 * fails.
 */
class ChatServer {
  readonly #client: ApiClient;
  readonly #options: ChatOptions;
  readonly #by: ServedBy;
  readonly #told = new Set<string>();
  #accepted: ReadonlySet<RefusablePart> = new Set(refusableParts);
  readonly #begun = new WeakMap<LiveSound, StreamedRequest>();
  #refusals = 0;
  #hasRefusedPictures = false;
  #thoughtsMissed = maxThoughtsMissed;
  #needsBothLimits = false;

  constructor(client: ApiClient, options: ChatOptions) {
    this.#client = client;
    this.#options = options;
    this.#by = describeServer(options.model, client.baseURL);
  }

  get takesPictures(): boolean {
    return canTakePictures(this.#options.model) ?? !this.#hasRefusedPictures;
  }

  /** Begins a request of which `sound` is still spoken. Never throws. */
  feed(request: ChatRequest, sound: LiveSound) {
    const parts = this.#accepted;
    if (this.#refusals >= maxRefusals || this.#begun.has(sound)) return;
    if (!parts.has('stream') || !parts.has('opus')) return;
    const most = this.#getMaxTokens(request, undefined);
    const body = JSON.stringify(this.#createBody(request, most, parts));
    // The sound, which is empty yet, comes last.
    const head = body.slice(0, body.lastIndexOf('""') + 1);
    this.#begun.set(sound, openStreamedRequest(this.#client, head, sound));
  }

  async *reply(request: ChatRequest, signal: AbortSignal): AsyncGenerator<ChatPart> {
    signal.throwIfAborted();
    let hasOutput = false;
    try {
      for await (const part of this.#askUntilAccepted(request, signal)) {
        hasOutput ||= part.kind !== 'usage';
        yield part;
      }
    } catch (cause) {
      signal.throwIfAborted();
      const error = describeError(cause, this.#client, collectSaidText(request));
      throw hasOutput ? toTruncatedError(error) : error;
    }
    // The client ends an aborted stream quietly.
    signal.throwIfAborted();
  }

  /** Sends a request until accepted. Throws the last error, or the first one that only looked like a rejection. */
  #askUntilAccepted(
    request: ChatRequest,
    signal: AbortSignal,
  ): AsyncIterable<ChatPart> {
    let doubted: unknown;
    let answer: ChatStream | undefined;
    let lost: ChatStream | undefined;
    const isPacked = request.messages.some((one) => 'wav' in one && one.toOgg);
    const wanted = isPacked
      ? this.#accepted
      : this.#accepted.difference(new Set(['opus']));
    return sendUntilAccepted(
      {
        wanted,
        send: (parts) => {
          answer = new ChatStream(this.#by, this.#createTextOptions(request));
          return this.#send(request, parts, answer, lost?.usage, signal);
        },
        isAnswer: ({ kind }) => kind !== 'usage',
        reduce: (cause, parts) => {
          this.#checkPictures(request, cause);
          // An empty answer is requested once more, not streamed, as a stream may have lost a call or the reason.
          const isLost = isEmptyAnswer(cause) && answer?.isLost && parts.has('stream');
          const isWanted =
            isLost && (cause.retryable || listToolNames(request).length > 0);
          if (isWanted && countTokensLeft(answer?.usage, request) > 0) {
            lost = answer;
            doubted ??= cause;
            return parts.difference(new Set(['stream']));
          }
          const refused = findRejectedPart(cause, parts, () => {
            doubted ??= cause;
          });
          if (!refused)
            throw isFinalCause(cause, lost !== undefined) ? cause : (doubted ?? cause);
          return parts.difference(new Set([refused]));
        },
        onAccepted: (parts) => {
          const refused = wanted.difference(parts);
          if (lost) return;
          if (refused.has('stream')) this.#reportHabit(serverHabits.whole);
          this.#accepted = this.#accepted.difference(refused);
        },
      },
      signal,
    );
  }

  #checkPictures({ messages }: ChatRequest, cause: unknown) {
    const words = getRejectionText(cause, mediaRejectionStatuses);
    if (countPictures(messages) === 0 || !pictureComplaint.test(words)) return;
    this.#hasRefusedPictures ||= !singlePictureComplaint.test(words);
    throw createPicturesError();
  }

  async *#send(
    request: ChatRequest,
    parts: ReadonlySet<RefusablePart>,
    answer: ChatStream,
    before: Usage | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<ChatPart> {
    // Both requests of an answer are paid by one reservation.
    const most = this.#getMaxTokens(request, before);
    // Counts unless this answer ends with its own usage.
    if (before && request.maxTokens !== undefined)
      yield {
        kind: 'usage',
        usage: addUsage(before, { ...before, outputTokens: most }),
      };
    const body = this.#createBody(request, most, parts);
    const begun = this.#takeBegun(request);
    try {
      for await (const chunk of this.#requestChunks(body, begun, answer, signal)) {
        signal.throwIfAborted();
        yield* answer.add(chunk);
        if (answer.isOver) break;
      }
    } catch (cause) {
      signal.throwIfAborted();
      // An error after the last word does not concern the listener.
      if (!answer.isFinished) {
        yield* answer.release();
        throw cause;
      }
    }
    signal.throwIfAborted();
    const isAfterTools = request.messages.at(-1)?.role === 'tool';
    const last = answer.end(formatServerName(this.#client.baseURL), isAfterTools);
    try {
      for (const part of last)
        yield part.kind === 'usage'
          ? { ...part, usage: addUsage(part.usage, before) }
          : part;
    } finally {
      this.#learn(answer, most);
    }
  }

  async *#requestChunks(
    body: ReturnType<typeof createRequestBody>,
    begun: StreamedRequest | undefined,
    answer: ChatStream,
    signal: AbortSignal,
  ): AsyncGenerator<unknown> {
    const taken = await begun?.finish(JSON.stringify(body), signal);
    if (taken instanceof RateLimitError) throw taken;
    const send = () => this.#client.chat.completions.create(body, { signal });
    if (!body.stream) return yield* toChunks(await send());
    const isTaken = taken instanceof Response;
    const response = isTaken ? taken : await send().asResponse();
    // The same request was accepted as a whole.
    const weight = taken instanceof APIUserAbortError ? maxRefusals : 1;
    if (taken) this.#refusals = isTaken ? 0 : this.#refusals + weight;
    // The library's own stream throws a TypeError for a choice that is null.
    yield* readEvents(response, () => answer.markDone());
  }

  #createBody(request: ChatRequest, most: number, parts: ReadonlySet<RefusablePart>) {
    return createRequestBody(
      this.#options,
      request,
      most,
      parts,
      this.#needsBothLimits,
    );
  }

  /** Takes the request that was begun while the last message of this one was spoken. */
  #takeBegun({ messages }: ChatRequest) {
    const live = messages.at(-1)?.live;
    const begun = live && this.#begun.get(live);
    if (live) this.#begun.delete(live);
    return begun;
  }

  #getMaxTokens(request: ChatRequest, before: Usage | undefined) {
    const { max_tokens = Infinity, max_completion_tokens = max_tokens } =
      request.sent ?? {};
    const { maxTokens = Infinity } = this.#options;
    const most =
      request.maxTokens === undefined
        ? maxTokens
        : countTokensLeft(before ?? noUsage, request);
    return Math.max(1, Math.min(most, Number(max_completion_tokens)));
  }

  #createTextOptions(request: ChatRequest): AnswerTextOptions {
    const { messages } = request;
    const ownNames = messages.flatMap(({ content, role }) =>
      role === 'system'
        ? [...content.matchAll(ownNamePattern)].map(([, name = '']) => name)
        : [],
    );
    const people = messages.flatMap((message) =>
      message.role === 'user' && !message.sent ? toPlainName(message.name) : [],
    );
    const isOther = (name: string) => name !== '' && !ownNames.includes(name);
    return {
      tools: listToolNames(request),
      ownNames,
      people: [...new Set(people)].filter(isOther),
      isThinking: this.#thoughtsMissed < maxThoughtsMissed,
      onJudged: messages.map(findJudge).find(Boolean),
    };
  }

  #learn(answer: ChatStream, most: number) {
    if (answer.isCut) this.#reportHabit(serverHabits.cut(most));
    for (const fault of answer.faults) {
      if (fault === 'thoughts') this.#thoughtsMissed = 0;
      if (fault === 'no thoughts') this.#thoughtsMissed++;
      else
        this.#reportHabit(
          typeof fault === 'object'
            ? serverHabits.parser(fault.parser)
            : serverHabits[fault],
        );
    }
    this.#needsBothLimits ||= (answer.usage?.outputTokens ?? 0) > 1.2 * most;
  }

  #reportHabit(habit: ServerHabit) {
    if (this.#told.has(habit.what)) return;
    this.#told.add(habit.what);
    this.#options.report?.(habit);
  }
}

function findJudge(message: ChatMessage) {
  return 'onJudged' in message ? message.onJudged : undefined;
}

function isFinalCause(cause: unknown, isSecond: boolean) {
  const isTold = cause instanceof APIError && cause.status !== undefined;
  return isEmptyAnswer(cause) || (isSecond && isTold);
}

function isEmptyAnswer(cause: unknown): cause is BotError {
  return cause instanceof BotError && cause.code === 'provider.empty';
}

function countTokensLeft(
  used: Usage | undefined,
  { maxTokens = Infinity }: ChatRequest,
) {
  // If nobody knows the usage of the first request, it took all. The second one sends the input
  // again, which never costs more than output.
  if (!used) return maxTokens < Infinity ? 0 : maxTokens;
  return maxTokens - used.inputTokens - used.outputTokens;
}

function addUsage(usage: Usage, { inputTokens, outputTokens } = noUsage): Usage {
  return {
    ...usage,
    inputTokens: usage.inputTokens + inputTokens,
    outputTokens: usage.outputTokens + outputTokens,
  };
}

const noUsage: Usage = { inputTokens: 0, outputTokens: 0 };

function listToolNames({ sent, tools }: ChatRequest): readonly string[] {
  const theirs = Array.isArray(sent?.tools) ? sent.tools : [];
  return [...tools, ...theirs.map((tool) => toRecord(toRecord(tool).function))].flatMap(
    ({ name }) => toNonEmptyText(name) ?? [],
  );
}

/** Collects words that people said. */
function collectSaidText({ messages }: ChatRequest) {
  // A server's sentence that repeats any of these words is not logged.
  const said = messages.filter(({ role }) => role !== 'system');
  return said.map((one) => `${'name' in one ? one.name : ''} ${one.content}`).join(' ');
}

/** Converts the loss of a connection to the error of a truncated answer. */
function toTruncatedError(error: BotError) {
  const { about, cause, code, message } = error;
  if (!/^provider\.(?:refused|unreachable)$/.test(code)) return error;
  return new BotError('provider.truncated', true, message, cause, undefined, about);
}

/** Uses an audio model for its text. */
export function dropSound(model: ChatModel): ChatModel {
  return {
    async *reply(messages, tools, signal, mostTokens, _voice, sent) {
      let source: 'text' | 'transcript' | undefined;
      const parts = model.reply(messages, tools, signal, mostTokens, undefined, sent);
      for await (const part of parts) {
        if ('text' in part) {
          source ??= part.kind;
          if (source === part.kind) yield { kind: 'text', text: part.text };
          // Audio models insist on sound.
        } else if (part.kind !== 'sound') yield part;
      }
    },
  };
}
