import { neverAborted } from '#src/base/bounded-wait.ts';
import { type Clock, realClock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { type GuildId, noGuild } from '#src/base/ids.ts';
import { toRecord, tryParseJson } from '#src/base/json.ts';
import type { ChatMessage, ChatModel, PromptBeginning } from '#src/chat/chat-model.ts';
import {
  type OpenChatModel,
  openChatModel,
} from '#src/chat/completions/openai-chat.ts';
import { ApiClient, type Fetch } from '#src/provider/api-client.ts';
import { admitJob } from '#src/speech/local/jobs/admit-job.ts';
import { LocalModels } from '#src/speech/local/local-models.ts';
import type { ChatEnd, ForgetJob, JobUrgency } from '#src/speech/local/model-jobs.ts';
import type { ChatSpeed } from './local-model-state.ts';
import { PromptReader } from './prompt-reader.ts';

export type LocalChatOptions = {
  /** File of the model, as GGUF. */
  readonly file: string;
  /** Folder that `installChatLibrary` filled. */
  readonly libraryFolder: string;
  /** Longest answer, in tokens. */
  readonly maxTokens: number;
  /** Largest memory of the process. Beyond it the process ends after an answer, and starts anew. */
  readonly maxResidentBytes: number;
  readonly clock?: Clock;
  /** Called once, when the process has ended by itself for the first time. Never throws. */
  readonly onDeath?: (() => void) | undefined;
  /** Program of the process, for tests. */
  readonly entry?: URL;
};

/** Name of this machine as the server of its own model. No name server has it, so it costs nothing. */
const address = 'http://this-machine/v1';
/** As many as the model keeps talks: `keptTalks` of the process. */
const maxRunning = { ofServer: 2, ofAll: 2 };
/** A speed over fewer tokens is chance. */
const minMeasuredTokens = 8;
/** Words of an ended talk are kept no longer: `forgetAfterMs` of the process, and a second. */
const forgetAfterMs = 15 * 60_000 + 1_000;
/** Servers whose habits are known at once. */
const maxGuilds = 200;
const defaultEntry = new URL('./process/chat-main.ts', import.meta.url);

/**
 * A chat model that runs on this machine, in a process of its own, behind the same client as any server: it answers requests of
 * OpenAI's chat completions. Requests of all servers wait in the order of `JobQueue`.
 *
 * @example
 * import { LocalChat } from '#src/chat/local/local-chat.ts';
 *
 * declare const options: { file: string; libraryFolder: string; maxTokens: number; maxResidentBytes: number };
 * declare const signal: AbortSignal;
 * await using chat = new LocalChat(options);
 * const question = [{ role: 'user', name: 'Ana', content: 'What is two plus two?' }] as const;
 * for await (const part of chat.model.reply(question, [], signal)) if (part.kind === 'text') console.log(part.text);
 */
export class LocalChat implements AsyncDisposable {
  readonly #options: LocalChatOptions;
  readonly #process: LocalModels;
  readonly #clock: Clock;
  readonly #models = new Map<string, OpenChatModel>();
  readonly #reader: PromptReader;
  #speed: ChatSpeed = {
    tokensPerSecond: undefined,
    residentBytes: 0,
    gpu: undefined,
    openRequests: 0,
  };
  #cancelForgetting: (() => void) | undefined;

  constructor(options: LocalChatOptions) {
    const { clock = realClock, entry = defaultEntry, onDeath } = options;
    this.#options = options;
    this.#clock = clock;
    this.#process = new LocalModels({
      ...{ clock, entry, maxRunning, onDeath, startsPrograms: true },
    });
    this.#reader = new PromptReader({
      read: (guildId, body, signal) => this.#readAhead(guildId, body, signal),
      findReader: () => this.#process.processId,
    });
  }

  /** The model, which begins to load at the first request or at `load`. */
  readonly model: ChatModel = {
    reply: (messages, ...rest) =>
      this.#openModel(findCaller(messages)).reply(leaveJudgement(messages), ...rest),
    prepare: (create) => this.#prepare(create()),
    canTakePictures: () => false,
  };

  /** Speed, memory and waiting requests now. */
  get speed(): ChatSpeed {
    return this.#speed;
  }

  /** Begins to load the model. Throws BotError `speech.failed` where the process cannot start. */
  async load(): Promise<void> {
    await this.#process.loadModel('chat', this.#path);
  }

  /** Waits until the model is loaded. Throws BotError `speech.failed` for a file that is none, or needs more than this machine has. */
  async waitUntilLoaded(signal: AbortSignal): Promise<void> {
    await this.#process.runJob(this.#createForgetJob('forgetOld'), signal);
  }

  /** Forgets the words of all talks, once somebody's were erased. What runs ends first. Never throws. */
  forgetTalks(): void {
    this.#reader.clear();
    this.#forget('forgetAll');
  }

  /** Ends the process. Requests fail. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#cancelForgetting?.();
    this.#reader.clear();
    await this.#process[Symbol.asyncDispose]();
  }

  /** A job names one path, so both stand in it. */
  get #path() {
    return `${this.#options.libraryFolder}\n${this.#options.file}`;
  }

  #forget(forgets: ForgetJob['forgets']) {
    // No process holds no words.
    if (this.#process.processId === undefined) return;
    const job = this.#createForgetJob(forgets);
    this.#process.runJob(job, neverAborted).catch(() => this.#process.endIdle());
  }

  #createForgetJob(forgets: ForgetJob['forgets']) {
    return admitJob({
      kind: 'chat',
      folder: this.#path,
      work: { forgets },
      guildId: noGuild,
      urgency: 'turn',
    });
  }

  #prepare({ messages, signal, tools }: PromptBeginning) {
    if (messages.length === 0) return;
    const caller = findCaller(messages);
    const body = this.#openModel(caller).writeBody(messages, tools);
    this.#reader.want(caller.guildId, body, signal);
  }

  /** Reads what prompts of a server begin with. Throws what stopped it. */
  async #readAhead(guildId: GuildId, body: string, signal: AbortSignal) {
    const job = admitJob({
      kind: 'chat',
      folder: this.#path,
      work: { body, maxTokens: 0, guildId },
      guildId,
      urgency: 'recording',
    });
    const { residentBytes } = await this.#process.runJob(job, signal);
    this.#speed = { ...this.#speed, residentBytes };
    this.#forgetLater();
  }

  #openModel(caller: Caller) {
    const key = `${caller.guildId} ${caller.urgency}`;
    const known = this.#models.get(key);
    if (known) return known;
    if (this.#models.size >= maxGuilds) this.#models.clear();
    const client = new ApiClient({ baseUrl: address }, (url, init) =>
      this.#send(caller, url, init),
    );
    const { maxTokens } = this.#options;
    const clock = this.#clock;
    const model = openChatModel(client, { clock, maxTokens, model: 'local' });
    this.#models.set(key, model);
    return model;
  }

  /** Answers a request of the client as a server would, by the process. */
  async #send(
    { guildId, urgency }: Caller,
    ...[, init]: Parameters<Fetch>
  ): Promise<Response> {
    const body = typeof init?.body === 'string' ? init.body : '{}';
    const {
      max_completion_tokens: limit,
      max_tokens: oldLimit,
      stream,
    } = toRecord(tryParseJson(body));
    const maxTokens = Number(limit ?? oldLimit ?? this.#options.maxTokens);
    const job = admitJob({
      kind: 'chat',
      folder: this.#path,
      work: { body, maxTokens, guildId },
      guildId,
      urgency,
    });
    const answer = new StreamedAnswer();
    const leaving = new AbortController();
    const signals = [leaving.signal, ...(init?.signal ? [init.signal] : [])];
    this.#count(1);
    const goOn = this.#reader.giveWay();
    const running = this.#process
      .runJob(job, AbortSignal.any(signals), (text) => answer.addText(text))
      .finally(() => this.#count(-1));
    running.then(
      (end) => {
        this.#noteEnd(end);
        answer.end(end);
      },
      (error: unknown) => answer.fail(error),
    );
    running.then(goOn, goOn);
    const refusal = await answer.begun;
    if (refusal) return refusal;
    return stream === true ? answer.toStream(leaving) : await answer.toJson();
  }

  #count(change: number) {
    this.#speed = { ...this.#speed, openRequests: this.#speed.openRequests + change };
  }

  /** Words of ended talks are forgotten. What goes on is read once more before, which takes no time where it is known. */
  #forgetLater() {
    this.#cancelForgetting?.();
    this.#cancelForgetting = this.#clock.later(forgetAfterMs, () => {
      void this.#reader.readAgain().finally(() => this.#forget('forgetOld'));
    });
  }

  #noteEnd({ answerMs, answerTokens, gpu, residentBytes }: ChatEnd) {
    this.#forgetLater();
    const isMeasured = answerTokens >= minMeasuredTokens && answerMs > 0;
    const { openRequests, tokensPerSecond: former } = this.#speed;
    const tokensPerSecond = isMeasured ? (1_000 * answerTokens) / answerMs : former;
    this.#speed = { tokensPerSecond, residentBytes, gpu, openRequests };
    if (residentBytes > this.#options.maxResidentBytes) this.#process.endIdle();
  }
}

/** A server whose people asked, and how soon they want the answer. */
type Caller = { readonly guildId: GuildId; readonly urgency: JobUrgency };

/** Finds who asked, as the instructions say. */
function findCaller(messages: readonly ChatMessage[]): Caller {
  const found = messages.find((message) => message.role === 'system');
  const { guildId = noGuild, isBackground } = found ?? {};
  return { guildId, urgency: isBackground ? 'recording' : 'answer' };
}

/**
 * Leaves the order out to judge words in a pause: what is read and written for it comes before the first word, at tokens that take tens of
 * milliseconds each. Turn model and rules judge in a tenth of that time.
 */
function leaveJudgement(messages: readonly ChatMessage[]) {
  return messages.filter(
    (message) => !('onJudged' in message && message.onJudged !== undefined),
  );
}

/** An answer of the process, as the events of a server. */
class StreamedAnswer {
  readonly #begun = Promise.withResolvers<Response | undefined>();
  readonly #ended = Promise.withResolvers<ChatEnd>();
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #unsent: string[] = [];
  /** Nobody reads on. */
  #isLeft = false;
  #text = '';

  constructor() {
    this.#ended.promise.catch(() => undefined);
  }

  /** Resolves at the first text or the end, with a refusal if there was one before. */
  get begun(): Promise<Response | undefined> {
    return this.#begun.promise;
  }

  /** Adds a piece of the answer. */
  addText(text: string): void {
    this.#text += text;
    this.#sendEvent({ choices: [{ index: 0, delta: { content: text } }] });
    this.#begun.resolve(undefined);
  }

  /** Ends the answer, with its usage. */
  end(end: ChatEnd): void {
    const { finish } = end;
    this.#sendEvent({ choices: [{ index: 0, delta: {}, finish_reason: finish }] });
    this.#sendEvent({ choices: [], usage: toUsage(end) });
    this.#write('data: [DONE]\n\n');
    this.#begun.resolve(undefined);
    this.#ended.resolve(end);
  }

  /** Breaks the answer off. Before its first text the request is refused instead. */
  fail(error: unknown): void {
    this.#isLeft = true;
    this.#begun.resolve(toRefusal(error));
    this.#ended.reject(error);
  }

  /** Streams what comes. Whoever reads no more lets the request go. */
  toStream(leaving: AbortController): Response {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        const unsent = this.#unsent;
        this.#unsent = [];
        this.#controller = controller;
        for (const event of unsent) this.#write(event);
        this.#ended.promise.then(
          () => !this.#isLeft && controller.close(),
          (error: unknown) => controller.error(error),
        );
      },
      cancel: (reason) => {
        this.#isLeft = true;
        leaving.abort(reason);
      },
    });
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  }

  /** Waits for the whole answer. Throws the error that broke it off. */
  async toJson(): Promise<Response> {
    const end = await this.#ended.promise;
    const message = { role: 'assistant', content: this.#text };
    return Response.json({
      choices: [{ index: 0, message, finish_reason: end.finish }],
      usage: toUsage(end),
    });
  }

  #sendEvent(event: object) {
    this.#write(`data: ${JSON.stringify(event)}\n\n`);
  }

  #write(event: string) {
    if (this.#isLeft) return;
    if (this.#controller) this.#controller.enqueue(Buffer.from(event));
    else this.#unsent.push(event);
  }
}

function toUsage({ answerTokens, keptTokens, promptTokens }: ChatEnd) {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: answerTokens,
    prompt_tokens_details: { cached_tokens: keptTokens },
  };
}

/** A refusal as a server would state it, so that the client knows what to do. */
function toRefusal(error: unknown): Response | undefined {
  const isKnown = error instanceof BotError;
  const message = isKnown ? error.message : 'The chat model of this machine failed.';
  const isBusy = isKnown && error.about.isShareUsed === true;
  const status =
    isKnown && error.code === 'provider.refused' ? 400 : isBusy ? 429 : 503;
  return Response.json({ error: { message } }, { status });
}
