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
  type RequestExtra,
  requestExtras,
  toPlainName,
} from './chat-request.ts';
import { ChatStream, toChunks } from './chat-stream.ts';
import { type ServerHabit, serverHabits } from './server-habits.ts';
import { StreamedRequest } from './streamed-request.ts';

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
const extraRejectionStatuses = new Set([400, 404, 422]);
/** llama.cpp sends 500 for a model without vision. */
const mediaRejectionStatuses = new Set([...extraRejectionStatuses, 413, 415, 500]);

/**
 * Finds the rejected extra of a request. If something else may be the reason, calls `onGuess`: the error counts if
 * leaving the extra out does not help.
 */
function findRejectedExtra(
  cause: unknown,
  extras: ReadonlySet<RequestExtra>,
  onGuess: () => void,
): RequestExtra | undefined {
  const guessStream = () => {
    if (extras.has('stream')) onGuess();
    return extras.has('stream') ? 'stream' : undefined;
  };
  if (isWrongContentType(cause)) return guessStream();
  const soundRejection = extras.has('opus')
    ? getRejectionText(cause, mediaRejectionStatuses)
    : '';
  if (soundComplaint.test(soundRejection)) return 'opus';
  const rejection = getRejectionText(cause, extraRejectionStatuses);
  if (toolComplaint.test(rejection) && extras.has('tools')) return 'tools';
  const rejected =
    findRejectedField(rejection, extras) ??
    (/\bstream/i.test(rejection) ? guessStream() : undefined);
  return rejected ?? (soundRejection === '' ? undefined : 'opus');
}

function getRejectionText(cause: unknown, statuses: ReadonlySet<number>) {
  if (!(cause instanceof APIError) || !statuses.has(cause.status ?? 0)) return '';
  return `${cause.message} ${JSON.stringify(cause.error ?? '')}`;
}

/** Returns the named field, or the rarest one if a field is only called unknown. */
function findRejectedField(
  rejection: string,
  extras: ReadonlySet<RequestExtra>,
): RequestExtra | undefined {
  const sentFields = optionalFields.filter((field) => extras.has(field));
  const namedField = sentFields.find((field) => rejection.includes(field));
  if (namedField) return namedField;
  // vLLM, if the model has less room than the answer may take: "(9 in the messages, 4000 in the completion)".
  if (rejection.includes('in the completion'))
    return limitFields.find((field) => extras.has(field));
  return /unknown|unrecogni|unexpected|extra|not permitted/i.test(rejection)
    ? sentFields[0]
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
    canTakePictures: () => server.canTakePictures,
  };
}

/** A server that refuses chunks does so each time, and one that restarts once. Silence costs people too much. */
const maxRefusals = 2;
/** After these answers without a thought, the model counts as one that begins without. */
const maxThoughtsMissed = 3;
/** The instructions say the bot's name like this. */
const ownNamePattern = /Your name is ([^.\n]{1,40})\./g;

/**
 * One model of a server. A rejected extra of a request is left out from then on. A question with rejected pictures
 * fails.
 */
class ChatServer {
  readonly #client: ApiClient;
  readonly #options: ChatOptions;
  readonly #by: ServedBy;
  readonly #reportedHabits = new Set<string>();
  #accepted: ReadonlySet<RequestExtra> = new Set(requestExtras);
  /** Requests whose sound is still spoken. */
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

  /** Whether the model takes pictures, by its name or by what its server has rejected. */
  get canTakePictures(): boolean {
    return canTakePictures(this.#options.model) ?? !this.#hasRefusedPictures;
  }

  /** Begins a request of which `sound` is still spoken. Never throws. */
  feed(request: ChatRequest, sound: LiveSound): void {
    const extras = this.#accepted;
    if (this.#refusals >= maxRefusals || this.#begun.has(sound)) return;
    if (!extras.has('stream') || !extras.has('opus')) return;
    const maxTokens = this.#getMaxTokens(request, undefined);
    const body = JSON.stringify(this.#createBody(request, maxTokens, extras));
    // The sound, which is empty yet, comes last.
    const bodyStart = body.slice(0, body.lastIndexOf('""') + 1);
    this.#begun.set(sound, new StreamedRequest(this.#client, bodyStart, sound));
  }

  /** Yields the parts of an answer. Throws BotError `provider.*`, and `provider.truncated` after partial output. */
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
      const error = describeError(cause, this.#client, collectPrivateText(request));
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
    const attempts: Attempts = {};
    const isPacked = request.messages.some(
      (message) => 'wav' in message && message.toOgg,
    );
    const firstExtras = isPacked
      ? this.#accepted
      : this.#accepted.difference(new Set(['opus']));
    return sendUntilAccepted(
      {
        wanted: firstExtras,
        send: (extras) => {
          const answer = new ChatStream(this.#by, this.#createTextOptions(request));
          attempts.answer = answer;
          return this.#sendRequest(
            request,
            extras,
            answer,
            attempts.lost?.usage,
            signal,
          );
        },
        isAnswer: ({ kind }) => kind !== 'usage',
        reduce: (cause, extras) => {
          this.#checkPictures(request, cause);
          return reduceExtras(cause, extras, request, attempts);
        },
        onAccepted: (extras) => {
          if (!attempts.lost) this.#acceptWithout(firstExtras.difference(extras));
        },
      },
      signal,
    );
  }

  #acceptWithout(refused: ReadonlySet<RequestExtra>) {
    if (refused.has('stream')) this.#reportHabit(serverHabits.whole);
    this.#accepted = this.#accepted.difference(refused);
  }

  #checkPictures({ messages }: ChatRequest, cause: unknown) {
    const rejection = getRejectionText(cause, mediaRejectionStatuses);
    if (countPictures(messages) === 0 || !pictureComplaint.test(rejection)) return;
    this.#hasRefusedPictures ||= !singlePictureComplaint.test(rejection);
    throw createPicturesError();
  }

  /** `lostUsage` is the usage of a first request whose answer was lost. */
  async *#sendRequest(
    request: ChatRequest,
    extras: ReadonlySet<RequestExtra>,
    answer: ChatStream,
    lostUsage: Usage | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<ChatPart> {
    // Both requests of an answer are paid by one reservation.
    const maxTokens = this.#getMaxTokens(request, lostUsage);
    // Counts unless this answer ends with its own usage.
    if (lostUsage && request.maxTokens !== undefined)
      yield {
        kind: 'usage',
        usage: addUsage(lostUsage, { ...lostUsage, outputTokens: maxTokens }),
      };
    const body = this.#createBody(request, maxTokens, extras);
    yield* this.#readAnswer(body, this.#takeBegun(request), answer, signal);
    signal.throwIfAborted();
    const isAfterTools = request.messages.at(-1)?.role === 'tool';
    const server = formatServerName(this.#client.baseURL);
    try {
      for (const part of answer.end(server, isAfterTools))
        yield part.kind === 'usage'
          ? { ...part, usage: addUsage(part.usage, lostUsage) }
          : part;
    } finally {
      this.#learnHabits(answer, maxTokens);
    }
  }

  async *#readAnswer(
    body: ReturnType<typeof createRequestBody>,
    begun: StreamedRequest | undefined,
    answer: ChatStream,
    signal: AbortSignal,
  ): AsyncGenerator<ChatPart> {
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
  }

  async *#requestChunks(
    body: ReturnType<typeof createRequestBody>,
    begun: StreamedRequest | undefined,
    answer: ChatStream,
    signal: AbortSignal,
  ): AsyncGenerator<unknown> {
    const begunResult = await begun?.finish(JSON.stringify(body), signal);
    if (begunResult instanceof RateLimitError) throw begunResult;
    const sendBody = () => this.#client.chat.completions.create(body, { signal });
    if (!body.stream) return yield* toChunks(await sendBody());
    const isTaken = begunResult instanceof Response;
    const response = isTaken ? begunResult : await sendBody().asResponse();
    // The same request was accepted as a whole.
    const weight = begunResult instanceof APIUserAbortError ? maxRefusals : 1;
    if (begunResult) this.#refusals = isTaken ? 0 : this.#refusals + weight;
    // The library's own stream throws a TypeError for a choice that is null.
    yield* readEvents(response, () => answer.markDone());
  }

  #createBody(
    request: ChatRequest,
    maxTokens: number,
    extras: ReadonlySet<RequestExtra>,
  ) {
    return createRequestBody(
      this.#options,
      request,
      maxTokens,
      extras,
      this.#needsBothLimits,
    );
  }

  /** Takes the request that was begun while its last message was spoken. */
  #takeBegun({ messages }: ChatRequest) {
    const live = messages.at(-1)?.live;
    const begun = live && this.#begun.get(live);
    if (live) this.#begun.delete(live);
    return begun;
  }

  #getMaxTokens(request: ChatRequest, lostUsage: Usage | undefined) {
    const { max_tokens = Infinity, max_completion_tokens = max_tokens } =
      request.sent ?? {};
    const { maxTokens = Infinity } = this.#options;
    const tokensLeft =
      request.maxTokens === undefined
        ? maxTokens
        : countTokensLeft(lostUsage ?? noUsage, request);
    return Math.max(1, Math.min(tokensLeft, Number(max_completion_tokens)));
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
      onJudged: messages.map(findJudgementListener).find(Boolean),
    };
  }

  #learnHabits(answer: ChatStream, maxTokens: number) {
    if (answer.isCut) this.#reportHabit(serverHabits.cut(maxTokens));
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
    this.#needsBothLimits ||= (answer.usage?.outputTokens ?? 0) > 1.2 * maxTokens;
  }

  #reportHabit(habit: ServerHabit) {
    if (this.#reportedHabits.has(habit.what)) return;
    this.#reportedHabits.add(habit.what);
    this.#options.report?.(habit);
  }
}

function findJudgementListener(message: ChatMessage) {
  return 'onJudged' in message ? message.onJudged : undefined;
}

/** The requests of one answer so far. */
type Attempts = {
  answer?: ChatStream;
  /** An answer without words, which was requested once more. */
  lost?: ChatStream;
  /** An error that only looked like a rejection. */
  doubtedCause?: unknown;
};

/** Returns the extras of the next request, or throws the error that counts. */
function reduceExtras(
  cause: unknown,
  extras: ReadonlySet<RequestExtra>,
  request: ChatRequest,
  attempts: Attempts,
): ReadonlySet<RequestExtra> {
  const { answer, lost } = attempts;
  // An empty answer is requested once more, not streamed, as a stream may have lost a call or the reason.
  const isLost = isEmptyAnswer(cause) && answer?.isLost && extras.has('stream');
  const isWanted = isLost && (cause.retryable || listToolNames(request).length > 0);
  if (isWanted && countTokensLeft(answer?.usage, request) > 0) {
    attempts.lost = answer;
    attempts.doubtedCause ??= cause;
    return extras.difference(new Set(['stream']));
  }
  const rejected = findRejectedExtra(cause, extras, () => {
    attempts.doubtedCause ??= cause;
  });
  if (rejected) return extras.difference(new Set([rejected]));
  throw isFinalCause(cause, lost !== undefined)
    ? cause
    : (attempts.doubtedCause ?? cause);
}

function isFinalCause(cause: unknown, isSecond: boolean) {
  const isTold = cause instanceof APIError && cause.status !== undefined;
  return isEmptyAnswer(cause) || (isSecond && isTold);
}

function isEmptyAnswer(cause: unknown): cause is BotError {
  return cause instanceof BotError && cause.code === 'provider.empty';
}

function countTokensLeft(
  firstUsage: Usage | undefined,
  { maxTokens = Infinity }: ChatRequest,
) {
  // If nobody knows the usage of the first request, that took all. The second one sends the input
  // again, which never costs more than output.
  if (!firstUsage) return maxTokens < Infinity ? 0 : maxTokens;
  return maxTokens - firstUsage.inputTokens - firstUsage.outputTokens;
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
  const sentTools: readonly unknown[] = Array.isArray(sent?.tools) ? sent.tools : [];
  const sentFunctions = sentTools.map((tool) => toRecord(toRecord(tool).function));
  return [...tools, ...sentFunctions].flatMap(({ name }) => toNonEmptyText(name) ?? []);
}

/**
 * Collects names and words of people. A server's sentence that repeats any of them is not logged. Undefined where the
 * words are sound, which the server may quote too.
 */
function collectPrivateText({ messages }: ChatRequest) {
  if (messages.some((message) => 'wav' in message || message.live)) return undefined;
  return messages
    .filter(({ role }) => role !== 'system')
    .map((message) => `${'name' in message ? message.name : ''} ${message.content}`)
    .join(' ');
}

/** Converts the loss of a connection to the error of a truncated answer. */
function toTruncatedError(error: BotError) {
  const { about, cause, code, message } = error;
  if (!/^provider\.(?:refused|unreachable)$/.test(code)) return error;
  return new BotError('provider.truncated', true, message, cause, undefined, about);
}

/** Uses an audio model for its text, and drops its sound, which such models insist on. */
export function dropSound(model: ChatModel): ChatModel {
  return {
    async *reply(messages, tools, signal, maxTokens, _voice, sent) {
      let textKind: 'text' | 'transcript' | undefined;
      const reply = model.reply(messages, tools, signal, maxTokens, undefined, sent);
      for await (const part of reply) {
        if ('text' in part) {
          textKind ??= part.kind;
          if (textKind === part.kind) yield { kind: 'text', text: part.text };
        } else if (part.kind !== 'sound') yield part;
      }
    },
  };
}
