import { availableParallelism } from 'node:os';
import { dropProgramRight } from '#src/base/child/child-port.ts';
import { realClock } from '#src/base/clock.ts';
import { BotError, getErrorMessage } from '#src/base/errors.ts';
import { toRecord, tryParseJson } from '#src/base/json.ts';
import type {
  ChatEnd,
  ChatJob,
  PerformJob,
  ThreadTurn,
} from '#src/speech/local/model-jobs.ts';
import {
  type ChatTask,
  callEnd,
  callStart,
  closeThoughts,
  joinNeighbours,
  type RequestTool,
  readChatBody,
  type TemplateMessage,
} from './chat-body.ts';
import { dropUnneeded, JsonProgress, toGrammarSchema } from './grammar-schema.ts';
import {
  type ChatLibrary,
  type GrammarState,
  type LlamaModel,
  type LlamaSequence,
  loadChatLibrary,
  type Token,
  type TokenBias,
} from './llama-library.ts';
import { countCommon, type PlacedPrompt, TalkSlots } from './talk-slots.ts';

/** Talks whose words are kept at once: more cost memory. */
const keptTalks = 2;
/** Tokens of one talk, its instructions and tools included. */
const contextTokens = 4_096;
const batchTokens = 256;
/** Whoever lets a request go gets the processor back in this time, and so does a more urgent one. */
const maxRunMs = 90;
const [minRunTokens, maxRunTokens] = [16, batchTokens];
/** Newest tokens of an answer that are less likely to come again. */
const maxPunishedTokens = 64;
/** A small model may write into a call, or into a string of JSON, without an end, which nobody hears. */
const [maxCallTokens, maxStringTokens] = [400, 400];
/** Larger than any difference between scores of tokens. */
const surely = { logit: 1_000 };
/** An answer needs some room behind its prompt. */
const minAnswerTokens = 32;

const noAnswer = {
  finish: 'stop',
  promptTokens: 0,
  keptTokens: 0,
  answerTokens: 0,
  answerMs: 0,
} as const;

/** A request that cannot be run as it is. `describeError` knows the words. */
class RequestFault extends BotError {
  constructor(message: string) {
    super('provider.refused', false, message);
  }
}

/** Loads a chat model. `path` names the folder of the library and the file, each on a line. Throws BotError `speech.failed` with a sentence for the operator. */
export async function openLlamaChat(path: string): Promise<PerformJob<'chat'>> {
  const [libraryFolder = '', file = ''] = path.split('\n');
  try {
    const library = await loadChatLibrary(libraryFolder);
    dropProgramRight();
    const model = await library.llama.loadModel({ modelPath: file });
    const context = await model.createContext({
      contextSize: Math.min(contextTokens, model.trainContextSize),
      sequences: keptTalks,
      threads: countThreads(library.llama),
      batchSize: batchTokens,
    });
    const sequences = Array.from({ length: keptTalks }, () => context.getSequence());
    const chat = new LlamaChat(library, model, context.contextSize, sequences);
    return (job, turn, sendText) => chat.answer(job, turn, sendText);
  } catch (error) {
    throw new BotError(
      'speech.failed',
      false,
      `The chat model ${file} could not be loaded: ${getErrorMessage(error).split('\n')[0]}`,
      error,
    );
  }
}

/**
 * Leaves a core to ears and voice, which compute at the same time: the threads of llama.cpp wait for each other without sleep, so
 * that one thread more than there are free cores makes an answer several times slower.
 */
function countThreads({ cpuMathCores }: { readonly cpuMathCores: number }) {
  return Math.max(1, Math.min(availableParallelism(), cpuMathCores) - 1);
}

/** A model that answers one request after another, each in the place of its talk. */
class LlamaChat {
  readonly #library: ChatLibrary;
  readonly #model: LlamaModel;
  readonly #contextSize: number;
  readonly #slots: TalkSlots;
  readonly #template: { render(values: object): string };
  readonly #noBias: TokenBias;
  /** A quotation mark, at which a grammar ends a string. */
  readonly #closingBias: TokenBias;
  /** Tokens of a prompt that one run takes, by the speed of those before. */
  #runTokens = 16;

  constructor(
    library: ChatLibrary,
    model: LlamaModel,
    contextSize: number,
    sequences: readonly LlamaSequence[],
  ) {
    this.#library = library;
    this.#model = model;
    this.#contextSize = contextSize;
    this.#slots = new TalkSlots(sequences, () => realClock.nowMs());
    const { chat_template: source = plainTemplate } = model.fileInfo.metadata.tokenizer;
    this.#template = library.createTemplate(source);
    this.#noBias = library.createTokenBias(model);
    this.#closingBias = library.createTokenBias(model).set('"', surely);
  }

  /** Answers one request. Throws a BotError for one that cannot be run as it is. */
  async answer(
    ...[job, turn, sendText]: Parameters<PerformJob<'chat'>>
  ): ReturnType<PerformJob<'chat'>> {
    if ('forgets' in job) await this.#slots[job.forgets]();
    if ('forgets' in job) return { ...noAnswer, ...this.#measure() };
    await this.#slots.forgetOld();
    try {
      return await this.#answerTask(job, turn, sendText);
    } finally {
      // Words that were erased meanwhile.
      await this.#slots.forgetOld();
    }
  }

  /** Measures the process, for the operator. */
  #measure() {
    const { gpu } = this.#library.llama;
    return { residentBytes: process.memoryUsage.rss(), gpu: gpu === false ? '' : gpu };
  }

  async #answerTask(
    job: ChatJob,
    turn: ThreadTurn,
    sendText: (text: string) => void,
  ): Promise<ChatEnd> {
    const task = readTask(job.body);
    if (job.maxTokens === 0) return await this.#readAhead(task, job, turn, sendText);
    const prompt = this.#tokenize(task.messages);
    const room = this.#contextSize - prompt.length;
    if (room < minAnswerTokens)
      throw new RequestFault(
        `The request has ${prompt.length} tokens and exceeds the context of ${this.#contextSize} tokens (context_length_exceeded).`,
      );
    using slot = this.#slots.hold(this.#describePrompt(prompt, task, job));
    if (!slot) throw new Error('more requests run than talks are kept');
    const keptTokens = countCommon(slot.sequence.contextTokens, prompt);
    const last = await this.#readPrompt(
      slot.sequence,
      prompt,
      'but last',
      turn,
      sendText,
    );
    const written = await this.#write(
      slot.sequence,
      { task, last, maxTokens: Math.min(room, job.maxTokens) },
      turn,
      sendText,
    );
    return {
      ...written,
      promptTokens: prompt.length,
      keptTokens,
      ...this.#measure(),
    };
  }

  /** Renders by the template of the model, without thoughts. */
  #render(messages: readonly TemplateMessage[]) {
    const { bosString, eosString } = this.#model.tokens;
    try {
      const prompt = this.#template.render({
        messages,
        add_generation_prompt: true,
        // Makers of templates chose one of these two names.
        enable_thinking: false,
        thinking: false,
        bos_token: bosString ?? '',
        eos_token: eosString ?? '',
      });
      return closeThoughts(prompt);
    } catch (error) {
      throw new RequestFault(`The template of the model: ${getErrorMessage(error)}`);
    }
  }

  /** Evaluates what prompts begin with, whatever words of somebody follow. */
  async #readAhead(
    task: ChatTask,
    job: ChatJob,
    turn: ThreadTurn,
    sendText: (text: string) => void,
  ): Promise<ChatEnd> {
    const [prompt, other] = ['1', 'a'].map((content) =>
      this.#tokenize(joinNeighbours([...task.messages, { role: 'user', content }])),
    ) as [readonly Token[], readonly Token[]];
    const beginning = prompt.slice(0, countCommon(prompt, other));
    const end = { ...noAnswer, promptTokens: beginning.length };
    const room = this.#contextSize - beginning.length;
    using slot =
      room < minAnswerTokens
        ? undefined
        : this.#slots.holdAhead(this.#describePrompt(beginning, task, job));
    if (!slot) return { ...end, keptTokens: beginning.length, ...this.#measure() };
    const keptTokens = countCommon(slot.sequence.contextTokens, beginning);
    await this.#readPrompt(slot.sequence, beginning, 'whole', turn, sendText);
    return { ...end, keptTokens, ...this.#measure() };
  }

  #tokenize(messages: readonly TemplateMessage[]): readonly Token[] {
    return this.#model.tokenize(this.#render(messages), true);
  }

  #describePrompt(
    tokens: readonly Token[],
    { messages }: ChatTask,
    { guildId }: ChatJob,
  ): PlacedPrompt {
    const [head] = messages;
    const isHeaded = head?.role === 'system';
    const headTokens = isHeaded ? this.#model.tokenize(head.content, false).length : 0;
    return {
      tokens,
      headTokens,
      hasWords: messages.length > Number(isHeaded),
      guildId,
    };
  }

  /** Evaluates what is new of a prompt, as a whole or but its last tokens, which it returns. */
  async #readPrompt(
    sequence: LlamaSequence,
    prompt: readonly Token[],
    extent: 'whole' | 'but last',
    turn: ThreadTurn,
    sendText: (text: string) => void,
  ): Promise<readonly Token[]> {
    await turn.waitForThread();
    await sequence.adaptStateToTokens(prompt.slice(0, -1), false);
    let at = countCommon(sequence.contextTokens, prompt);
    const hasRun = () =>
      prompt.length - at > (extent === 'whole' ? 0 : this.#runTokens);
    while (hasRun()) {
      await turn.waitForThread();
      const run = prompt.slice(at, at + this.#runTokens);
      const startedMs = realClock.nowMs();
      await sequence.evaluateWithoutGeneratingNewTokens(run);
      at += run.length;
      // A long prompt takes minutes on a slow machine: no text is a sign of life.
      sendText('');
      this.#learnSpeed(run.length, realClock.nowMs() - startedMs);
    }
    return prompt.slice(at);
  }

  #learnSpeed(tokens: number, tookMs: number) {
    const fitting = Math.floor((tokens * maxRunMs) / Math.max(1, tookMs));
    const next = Math.round((this.#runTokens + fitting) / 2);
    this.#runTokens = Math.min(maxRunTokens, Math.max(minRunTokens, next));
  }

  async #write(
    sequence: LlamaSequence,
    {
      last,
      maxTokens,
      task,
    }: { task: ChatTask; last: readonly Token[]; maxTokens: number },
    turn: ThreadTurn,
    sendText: (text: string) => void,
  ) {
    const answer = new WrittenAnswer(this.#model, task, sendText);
    let grammar = await this.#createJsonState(task);
    let [tokens, callTokens, firstAtMs] = [0, 0, 0];
    answer.begin();
    // Only a call needs its grammar, which would delay the first word.
    if (answer.isInCall) grammar = await this.#createCallState(task);
    const generating = sequence.evaluate(last, {
      temperature: task.temperature,
      topP: task.topP,
      seed: task.seed,
      // A form needs its own marks again and again.
      repeatPenalty: { punishTokens: () => (grammar ? [] : answer.lastTokens) },
      grammarEvaluationState: () => grammar,
      tokenBias: () => (answer.isStringTooLong ? this.#closingBias : this.#noBias),
    });
    // It ends by itself at a token that ends the answer.
    for await (const token of generating) {
      if (tokens === 0) firstAtMs = realClock.nowMs();
      tokens += 1;
      answer.add(token);
      if (answer.isInCall) {
        grammar ??= await this.#createCallState(task);
        callTokens += 1;
      }
      if (tokens >= maxTokens || callTokens >= maxCallTokens || answer.isFormWhole)
        break;
      await turn.waitForThread();
    }
    answer.end();
    return {
      finish:
        answer.isFormWhole || (tokens < maxTokens && callTokens < maxCallTokens)
          ? ('stop' as const)
          : ('length' as const),
      answerTokens: tokens,
      answerMs: realClock.nowMs() - firstAtMs,
    };
  }

  /** Creates the state of a grammar, which holds one answer to JSON. */
  async #createState(grammar: Promise<object>): Promise<GrammarState> {
    return this.#library.createGrammarState(this.#model, await grammar);
  }

  async #createJsonState({ json }: ChatTask) {
    const { llama } = this.#library;
    if (json === undefined) return undefined;
    return await this.#createState(
      json === 'any'
        ? llama.getGrammarFor('json')
        : llama.createGrammarForJsonSchema(json),
    );
  }

  async #createCallState({ tools }: ChatTask) {
    const form = this.#library.llama.createGrammarForJsonSchema({
      oneOf: tools.map(({ name, parameters }) => ({
        type: 'object',
        properties: {
          name: { const: name },
          arguments: toGrammarSchema({ type: 'object', ...parameters }),
        },
      })),
    });
    return await this.#createState(form);
  }
}

function readTask(body: string) {
  try {
    return readChatBody(body);
  } catch {
    throw new RequestFault('The body is no request of chat completions.');
  }
}

/** The text of an answer as it grows. A call is told once it is whole, as the client reads it. */
class WrittenAnswer {
  readonly #model: LlamaModel;
  readonly #tools: readonly RequestTool[];
  readonly #mustCall: boolean;
  readonly #sendText: (text: string) => void;
  /** Tokens that may be the beginning of a letter. */
  #pending: Token[] = [];
  #told: Token[] = [];
  #lastTokens: Token[] = [];
  #text = '';
  #call: string | undefined;
  /** Of an answer or call whose form a grammar holds. */
  #form: JsonProgress | undefined;

  constructor(
    model: LlamaModel,
    { json, mustCall, tools }: ChatTask,
    sendText: (text: string) => void,
  ) {
    this.#model = model;
    if (json !== undefined) this.#form = new JsonProgress();
    this.#tools = tools;
    this.#mustCall = mustCall;
    this.#sendText = sendText;
  }

  /** The newest tokens, which small models else repeat without an end. */
  get lastTokens(): Token[] {
    return this.#lastTokens;
  }

  /** Whether the model writes a call now. */
  get isInCall(): boolean {
    return this.#call !== undefined;
  }

  /** Whether JSON or a call has its last bracket. */
  get isFormWhole(): boolean {
    return this.#form?.isWhole === true;
  }

  /** Whether a string of JSON should end. */
  get isStringTooLong(): boolean {
    return (this.#form?.openStringPieces ?? 0) >= maxStringTokens;
  }

  /** Begins the answer, with a call if one is demanded. */
  begin(): void {
    if (this.#mustCall) this.#beginCall();
  }

  /** Adds a token, and tells the words that are whole by now. */
  add(token: Token): void {
    this.#pending.push(token);
    this.#lastTokens = [...this.#lastTokens, token].slice(-maxPunishedTokens);
    const text = this.#model.detokenize(this.#pending, true, this.#told);
    if (text.endsWith('\ufffd')) return;
    this.#told = this.#pending;
    this.#pending = [];
    this.#form?.add(text);
    if (this.#call !== undefined) this.#call += text;
    else this.#addText(text);
  }

  /** Ends the answer, and tells its call. */
  end(): void {
    if (this.#call === undefined) return;
    const { arguments: input, name } = toRecord(tryParseJson(this.#call));
    const tool = this.#tools.find((each) => each.name === name);
    const call = tool && { name, arguments: dropUnneeded(input, tool.parameters) };
    if (call) this.#sendText(`${callStart}\n${JSON.stringify(call)}\n${callEnd}`);
  }

  #addText(text: string) {
    this.#text += text;
    const at = this.#tools.length > 0 ? this.#text.indexOf(callStart) : -1;
    if (at >= 0) {
      this.#beginCall();
      this.#tell(this.#text.slice(0, at));
      return;
    }
    // A mark may come in several tokens.
    const mark = this.#tools.length > 0 ? findMarkStart(this.#text) : this.#text.length;
    this.#tell(this.#text.slice(0, mark));
    this.#text = this.#text.slice(mark);
  }

  #beginCall() {
    this.#call = '';
    this.#form = new JsonProgress();
  }

  #tell(text: string) {
    if (text !== '') this.#sendText(text);
  }
}

/** Returns where the mark of a call may begin at the end of a text. */
function findMarkStart(text: string) {
  for (let length = Math.min(callStart.length - 1, text.length); length > 0; length--)
    if (callStart.startsWith(text.slice(-length))) return text.length - length;
  return text.length;
}

/** For a file without a template: ChatML, which most small models learnt. */
const plainTemplate =
  "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}<|im_start|>assistant\n";
