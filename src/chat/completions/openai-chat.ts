import { APIError, APIUserAbortError, RateLimitError } from 'openai/core/error';
import type { LiveSound } from '#src/audio/live-sound.ts';
import { type Clock, realClock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { toNonEmptyText, toRecord } from '#src/base/json.ts';
import type { ChatMessage, ChatModel, ChatPart, Tool } from '#src/chat/chat-model.ts';
import { createPicturesError } from '#src/chat/metered-chat.ts';
import type { ApiClient } from '#src/provider/api-client.ts';
import { readEvents } from '#src/provider/event-stream.ts';
import { describeError } from '#src/provider/models/describe-error.ts';
import { formatServerName } from '#src/provider/models/error-text.ts';
import type { Refusal } from '#src/provider/models/refusal.ts';
import { countPictures } from '#src/provider/models/request-reservation.ts';
import {
  canTakePictures,
  describeServer,
  type ServedBy,
} from '#src/provider/models/standard-models.ts';
import { negotiate, type RefusedPart } from '#src/provider/negotiation/negotiation.ts';
import {
  isSent,
  type RequestForms,
  ServerKnowledge,
} from '#src/provider/negotiation/server-knowledge.ts';
import type { AnswerTextOptions } from './answer-text.ts';
import { answerTokenForms, limitName, listChatParts } from './chat-parts.ts';
import {
  type ChatOptions,
  type ChatRequest,
  createRequestBody,
  listReturnedFields,
  toPlainName,
} from './chat-request.ts';
import { ChatStream, isMalformedCall, toChunks } from './chat-stream.ts';
import { describeFault, serverHabits } from './server-habits.ts';
import { StreamedRequest } from './streamed-request.ts';
import { readRefusedCalls } from './written-calls.ts';

/** Complaints of OpenAI, vLLM, llama.cpp and LM Studio, and of servers that take text alone. */
const pictureComplaint =
  /\bimages?\b|image_|\bvision\b|multi-?modal|mmproj|content\b.{0,80}\b(?:string|text)\b|not "list"|too large/i;
/** The complaint is about one picture, not about the model. */
const singlePictureComplaint =
  /(?:invalid|unsupported|decode|identify|load|parse|process)[\w ]{0,40} image|image_(?:format|parse|size)|exceed|too (?:large|small)|dimension/i;
/** llama.cpp sends 500 for a model without vision. */
const mediaRejectionStatuses = new Set([400, 404, 413, 415, 422, 500]);

function getRejectionText(cause: unknown, statuses: ReadonlySet<number>) {
  if (!(cause instanceof APIError) || !statuses.has(cause.status ?? 0)) return '';
  return `${cause.message} ${JSON.stringify(cause.error ?? '')}`;
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
): OpenChatModel {
  const server = new ChatServer(client, options);
  return {
    reply: (messages, tools, signal, maxTokens, voice = options.voice, sent, tries) =>
      server.reply({ messages, tools, voice, maxTokens, sent, tries }, signal),
    feed: (messages, tools, sound, voice = options.voice) =>
      server.feed({ messages, tools, voice }, sound),
    canTakePictures: () => server.canTakePictures,
    writeBody: (messages, tools) => server.writeBody({ messages, tools }),
  };
}

/** A chat model behind a client. */
export type OpenChatModel = ChatModel & {
  /** Writes the body of a request as it would be sent now, as JSON. */
  writeBody(messages: readonly ChatMessage[], tools: readonly Tool[]): string;
};

/** A server that refuses chunks does so each time, and one that restarts once. Silence costs people too much. */
const maxRefusals = 2;
/** After these answers without a thought, the model counts as one that begins without. */
const maxThoughtsMissed = 3;
/** A trial of a part needs one word. */
const trialTokens = 16;
/** Shorter thoughts keep nobody waiting. */
const minThoughtMs = 500;
/** The instructions say the bot's name like this. */
const ownNamePattern = /Your name is ([^.\n]{1,40})\./g;

/** One model of a server. A question with rejected pictures fails. */
class ChatServer {
  readonly #client: ApiClient;
  readonly #serverName: string;
  readonly #options: ChatOptions;
  readonly #by: ServedBy;
  readonly #clock: Clock;
  readonly #knowledge: ServerKnowledge;
  /** Requests whose sound is still spoken. */
  readonly #begun = new WeakMap<LiveSound, StreamedRequest>();
  #refusals = 0;
  #hasRefusedPictures = false;
  #thoughtsMissed = maxThoughtsMissed;
  #needsBothLimits = false;

  constructor(client: ApiClient, options: ChatOptions) {
    const { clock = realClock, model, report, without } = options;
    this.#client = client;
    this.#serverName = formatServerName(client.baseURL);
    this.#options = options;
    this.#clock = clock;
    this.#by = describeServer(model, client.baseURL);
    this.#knowledge = new ServerKnowledge({
      clock,
      report,
      without,
      withoutSetting: 'CHAT_COMPLETION_WITHOUT',
    });
  }

  /** Whether the model takes pictures, by its name or by what its server has rejected. */
  get canTakePictures(): boolean {
    return canTakePictures(this.#options.model) ?? !this.#hasRefusedPictures;
  }

  /** Begins a request of which `sound` is still spoken. Never throws. */
  feed(request: ChatRequest, sound: LiveSound): void {
    if (this.#refusals >= maxRefusals || this.#begun.has(sound)) return;
    const forms = this.#chooseForms(request);
    if (!['stream', 'ogg', 'input_audio'].every((name) => isSent(forms, name))) return;
    const body = this.#writeBody(request, forms);
    // The sound, which is empty yet, comes last.
    const bodyStart = body.slice(0, body.lastIndexOf('""') + 1);
    this.#begun.set(sound, new StreamedRequest(this.#client, bodyStart, sound));
  }

  /** Writes the body of a request as it would be sent now, as JSON. */
  writeBody(request: ChatRequest): string {
    return this.#writeBody(request, this.#chooseForms(request));
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
      const error = describeError(
        cause,
        this.#client,
        collectPrivateText(request, this),
      );
      throw hasOutput ? toTruncatedError(error) : error;
    }
    // The client ends an aborted stream quietly.
    signal.throwIfAborted();
  }

  /** Sends a request until its server takes it. */
  #askUntilAccepted(
    request: ChatRequest,
    signal: AbortSignal,
  ): AsyncIterable<ChatPart> {
    const attempts: Attempts = {};
    return negotiate(
      {
        parts: this.#listParts(request),
        model: this.#options.model,
        tries: request.tries,
        isPaidOnce: request.maxTokens !== undefined,
        send: (forms) => {
          const answer = new ChatStream(
            this.#by,
            this.#createTextOptions(request),
            this,
          );
          attempts.answer = answer;
          const parts = this.#sendRequest(request, forms, answer, signal);
          return readRefused(parts, listToolNames(request));
        },
        isAnswer: ({ kind }) => kind !== 'usage',
        findRefused: (cause, forms, refusal) => {
          this.#checkPictures(request, cause);
          const failure = { cause, refusal, forms };
          const maxTokens = this.#getMaxTokens(request);
          return findRefusedParts(failure, { ...request, maxTokens }, attempts);
        },
        onAccepted: (forms) => {
          if (!isSent(forms, 'stream') && !attempts.isLost)
            this.#knowledge.reportHabit(serverHabits.whole);
        },
        sendTrial: (forms, until) => this.#sendTrial(request, forms, until),
      },
      this.#knowledge,
      signal,
    );
  }

  #listParts(request: ChatRequest) {
    const maxTokens = this.#getMaxTokens(request);
    const returned = listReturnedFields(request.messages, this);
    const { isOpenAi } = this.#client;
    return listChatParts(this.#options, { ...request, returned }, isOpenAi, maxTokens);
  }

  #chooseForms(request: ChatRequest): RequestForms {
    return new Map(
      this.#listParts(request).map((part) => [
        part.name,
        this.#knowledge.chooseForm(part),
      ]),
    );
  }

  /** Asks for one word, with the tools and the form of the request. */
  async *#sendTrial(
    { tools, voice }: ChatRequest,
    forms: RequestForms,
    signal: AbortSignal,
  ): AsyncGenerator<ChatPart> {
    const messages = [{ role: 'user', name: '', content: 'Say: ok' }] as const;
    const request = { messages, tools, voice, maxTokens: trialTokens };
    const options = this.#createTextOptions(request);
    const answer = new ChatStream(this.#by, options, this);
    yield* this.#readAnswer(
      this.#createBody(request, forms),
      undefined,
      answer,
      signal,
    );
  }

  #checkPictures({ messages }: ChatRequest, cause: unknown) {
    const rejection = getRejectionText(cause, mediaRejectionStatuses);
    if (countPictures(messages) === 0 || !pictureComplaint.test(rejection)) return;
    this.#hasRefusedPictures ||= !singlePictureComplaint.test(rejection);
    throw createPicturesError();
  }

  async *#sendRequest(
    request: ChatRequest,
    forms: RequestForms,
    answer: ChatStream,
    signal: AbortSignal,
  ): AsyncGenerator<ChatPart> {
    const heard = isSent(forms, 'input_audio') ? request : await writeSound(request);
    const body = this.#createBody(heard, forms);
    const sentAtMs = this.#clock.nowMs();
    let firstAtMs: number | undefined;
    for await (const part of this.#readAnswer(
      body,
      this.#takeBegun(request),
      answer,
      signal,
    )) {
      firstAtMs ??= this.#clock.nowMs();
      yield part;
    }
    signal.throwIfAborted();
    const isAfterTools = request.messages.at(-1)?.role === 'tool';
    try {
      yield* answer.end(this.#serverName, isAfterTools);
    } finally {
      this.#learnHabits(answer, this.#getMaxTokens(request));
      this.#judgeThinking(answer, sentAtMs, firstAtMs);
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

  #writeBody(request: ChatRequest, forms: RequestForms) {
    return JSON.stringify(this.#createBody(request, forms));
  }

  #createBody(request: ChatRequest, forms: RequestForms) {
    const tokens = Number(forms.get('answer tokens') ?? Infinity);
    const limit = {
      maxTokens: Math.min(tokens, this.#getMaxTokens(request)),
      needsBothFields: this.#needsBothLimits,
    };
    return createRequestBody(this.#options, request, limit, forms, this);
  }

  /** Takes the request that was begun while its last message was spoken. */
  #takeBegun({ messages }: ChatRequest) {
    const live = messages.at(-1)?.live;
    const begun = live && this.#begun.get(live);
    if (live) this.#begun.delete(live);
    return begun;
  }

  #getMaxTokens({ maxTokens, sent, tries }: ChatRequest) {
    const { max_tokens = Infinity, max_completion_tokens = max_tokens } =
      toRecord(sent);
    const { maxTokens: usualTokens = Infinity } = this.#options;
    const paidTokens = tries?.maxUnits ?? maxTokens ?? usualTokens;
    return Math.max(1, Math.min(paidTokens, Number(max_completion_tokens)));
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
    if (answer.isCut) this.#knowledge.reportHabit(serverHabits.cut(maxTokens));
    for (const fault of answer.faults) {
      if (fault === 'thoughts') this.#thoughtsMissed = 0;
      if (fault === 'no thoughts') this.#thoughtsMissed++;
      else this.#knowledge.reportHabit(describeFault(fault));
    }
    this.#needsBothLimits ||= (answer.usage?.outputTokens ?? 0) > 1.2 * maxTokens;
  }

  /** Reports a model that thinks longer than it speaks, although thinking was asked off. */
  #judgeThinking(answer: ChatStream, sentAtMs: number, firstAtMs: number | undefined) {
    if (!answer.hasThoughts || firstAtMs === undefined) return;
    const thoughtMs = firstAtMs - sentAtMs;
    const wordsMs = this.#clock.nowMs() - firstAtMs;
    if (thoughtMs > Math.max(wordsMs, minThoughtMs))
      this.#knowledge.reportHabit(serverHabits.thinking);
  }
}

function findJudgementListener(message: ChatMessage) {
  return 'onJudged' in message ? message.onJudged : undefined;
}

/** The requests of one answer so far. */
type Attempts = {
  answer?: ChatStream;
  /** An answer without words was requested once more. */
  isLost?: boolean;
  /** A call that the server could not read was requested once more. */
  isMalformed?: boolean;
};

/** A failed try: the error, what it says, and what the server was sent. */
type Failure = {
  readonly cause: unknown;
  readonly refusal: Refusal;
  readonly forms: RequestForms;
};

/** Finds the parts to blame where the refusal alone does not tell. Throws the error that counts. */
function findRefusedParts(
  { cause, refusal, forms }: Failure,
  request: ChatRequest,
  attempts: Attempts,
): readonly RefusedPart[] | undefined {
  const { kind, text, tokensOver = 0 } = refusal;
  if (isWrongContentType(cause) && isSent(forms, 'stream')) return [{ name: 'stream' }];
  if (isMalformedCall(cause) || kind === 'malformed call') {
    if (attempts.isMalformed) throw cause;
    attempts.isMalformed = true;
    return [];
  }
  if (isEmptyAnswer(cause)) return askAgain(cause, forms, request, attempts);
  if (kind === 'too many tokens')
    return [createShorterAnswer(forms, request, tokensOver)];
  if (kind !== 'too long') return undefined;
  // vLLM, if the model has less room than the answer may take: "(9 in the messages, 4000 in the completion)".
  if (/in the completion/.test(text) && isSent(forms, limitName))
    return [{ name: limitName, form: '' }];
  return [{ name: 'history' }];
}

/** An empty answer is requested once more, not streamed, as a stream may have lost a call or the reason. */
function askAgain(
  cause: BotError,
  forms: RequestForms,
  request: ChatRequest,
  attempts: Attempts,
): readonly RefusedPart[] {
  const isLost = attempts.answer?.isLost && isSent(forms, 'stream');
  const isWanted = isLost && (cause.retryable || listToolNames(request).length > 0);
  if (!isWanted || attempts.isLost) throw cause;
  attempts.isLost = true;
  return [{ name: 'stream', isOnce: true }];
}

function createShorterAnswer(
  forms: RequestForms,
  { maxTokens = Infinity }: ChatRequest,
  tokensOver: number,
): RefusedPart {
  const tokens = Math.min(maxTokens, Number(forms.get('answer tokens') ?? Infinity));
  const form = answerTokenForms.find((limit) => Number(limit) <= tokens - tokensOver);
  return { name: 'answer tokens', form };
}

/** Takes a call that can be read from the refusal of it. */
async function* readRefused(
  parts: AsyncIterable<ChatPart>,
  tools: readonly string[],
): AsyncGenerator<ChatPart> {
  try {
    yield* parts;
  } catch (cause) {
    const calls = cause instanceof APIError ? readRefusedCalls(cause.error, tools) : [];
    if (calls.length === 0) throw cause;
    for (const call of calls) yield { kind: 'tool', call };
  }
}

/** Replaces sound by its words, for a model that only reads. */
async function writeSound(request: ChatRequest): Promise<ChatRequest> {
  const messages = await Promise.all(
    request.messages.map(async (message): Promise<ChatMessage> => {
      if (!('wav' in message)) return message;
      const { name, role, words: recogniseWords } = message;
      return { role, name, content: await recogniseWords() };
    }),
  );
  return { ...request, messages };
}

function isEmptyAnswer(cause: unknown): cause is BotError {
  return cause instanceof BotError && cause.code === 'provider.empty';
}

function listToolNames({ sent, tools }: ChatRequest): readonly string[] {
  const sentTools: readonly unknown[] = Array.isArray(sent?.tools) ? sent.tools : [];
  const sentFunctions = sentTools.map((tool) => toRecord(toRecord(tool).function));
  return [...tools, ...sentFunctions].flatMap(({ name }) => toNonEmptyText(name) ?? []);
}

/**
 * Collects names and words of people, calls, and thoughts that go back to `server`. A server's sentence that repeats
 * any of them is not logged. Undefined where the words are sound, which the server may quote too.
 */
function collectPrivateText({ messages }: ChatRequest, server: object) {
  if (messages.some((message) => 'wav' in message || message.live)) return undefined;
  return messages
    .filter(({ role }) => role !== 'system')
    .map((message) => {
      const calls = 'calls' in message ? (message.calls ?? []) : [];
      const returned = calls.map((call) => call.returned?.read(server) ?? '');
      // Words have spaces between them, and signatures have none.
      const thoughts = JSON.stringify(returned).replace(/"[^"\s]*"/g, '');
      const name = 'name' in message ? message.name : '';
      const callText = calls.map(({ argumentsJson }) => argumentsJson).join(' ');
      return `${name} ${message.content} ${callText} ${thoughts}`;
    })
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
