import { readWav } from '#src/audio/formats/wav.ts';
import { BotError } from '#src/base/errors.ts';
import type { ChatMessage, ChatModel, ChatPart, Tool } from '#src/chat/chat-model.ts';
import { msPerTokenSpoken } from '#src/provider/models/request-reservation.ts';
import type { HeardBook } from './heard-book.ts';
import type { RunningCalls } from './running-calls.ts';
import type { SaidWords } from './simulated-recogniser.ts';
import { makeVoiceSamples, readNumbers } from './spoken-sound.ts';
import type { WorldPlan } from './world-plan.ts';

export type ModelOptions = {
  readonly calls: RunningCalls;
  readonly heard: HeardBook;
  readonly saidOf: (number: number) => SaidWords | undefined;
  /** Number of the next answer. */
  readonly nextNumber: () => number;
  /** Called with each prompt, and the number of its answer. */
  readonly onPrompt: (answer: number, messages: readonly ChatMessage[]) => void;
  /** Time, in ms, from one sentence to the next. */
  readonly sentenceMs: number;
  /** Read again for each answer. */
  readonly mood: () => Mood;
};

/** Manner of a model; `healthy`: each question gets an answer. */
export type Mood = WorldPlan['manner'] | 'healthy';

const times = [100, 1_500, 20_000] as const;
export const pieceMs = 100;
export const characterMs = 65;
/** Characters of a token, as a server counts what it writes. */
const charactersPerToken = 3;
/** Longer than anybody waits for a model, in ms. */
const maxAnswerMs = 3_600_000;
/** Word over which a model thinks for ever, however well all is. */
const hangingWord = 'riddle';
/** Word over which an answer is cut off in the middle of a sentence, after whole ones. */
const unfinishedWord = 'unfinished';
/** Luck with which an answer has two sentences and an end. */
const healthyLuck = 0.3;
/** Luck up to which a server says that an answer is cut off. */
const saidCutLuck = 0.915;
/** Share of answers in which each sentence comes twice. */
const repeatingShare = 0.15;
/** Where a server cuts an answer off. */
export const unfinishedText = 'And then it comes to the';
/** Rounds for which an obstinate model calls the same tools. */
const maxObstinateRounds = 6;

/** Models that write, and that hear and speak: late, cut off, silent, empty or obstinate by luck. */
export class SimulatedModels {
  readonly #options;

  constructor(options: ModelOptions) {
    this.#options = options;
  }

  get chat(): ChatModel {
    const reply = this.#replyTo.bind(this);
    return {
      async *reply(messages, tools, signal, mostTokens = Number.POSITIVE_INFINITY) {
        let tokens = 0;
        for await (const part of reply(messages, tools, signal)) {
          if (part.kind === 'text') tokens += part.text.length / charactersPerToken;
          if (tokens > mostTokens)
            throw new BotError('provider.truncated', true, 'Too long.');
          yield part;
        }
      },
    };
  }

  /** The same answers, spoken by the model itself. */
  get speaking(): ChatModel {
    const reply = this.#replyTo.bind(this);
    const speak = this.#speakText.bind(this);
    return {
      async *reply(messages, tools, signal, mostTokens = Number.POSITIVE_INFINITY) {
        let tokens = 0;
        for await (const part of reply(messages, tools, signal)) {
          if (part.kind === 'text')
            tokens += (part.text.length * characterMs) / msPerTokenSpoken;
          if (tokens > mostTokens)
            throw new BotError('provider.truncated', true, 'Too long.');
          if (part.kind === 'text') yield* speak(part.text);
          else yield part;
        }
      },
    };
  }

  async *#replyTo(
    messages: readonly ChatMessage[],
    tools: readonly Tool[],
    signal: AbortSignal,
  ): AsyncGenerator<ChatPart> {
    const { calls, mood: moodNow, nextNumber, onPrompt } = this.#options;
    const answer = nextNumber();
    onPrompt(answer, messages);
    calls.kept.note('prompt', messages);
    const mood = moodNow();
    const isOdd = calls.luck.draw(`odd ${answer}`) < 0.5;
    await calls.call('think', times, signal);
    const text = this.#askedWords(messages);
    const hangs = (isOdd && mood === 'silent') || text.includes(hangingWord);
    if (hangs) await calls.clock.sleep(maxAnswerMs, signal);
    if (isOdd && mood === 'empty') return;
    const call = findNextCall(
      text,
      messages,
      tools,
      mood === 'obstinate' ? maxObstinateRounds : 1,
    );
    // Some say first what they are about to do.
    if (call && calls.luck.draw(`preface ${answer}`) < 0.5)
      yield {
        kind: 'text',
        text: `Answer ${answer} begins with a look around the house. `,
      };
    if (call) yield { kind: 'tool', call: { ...call, id: `call_${answer}` } };
    else yield* this.#makeText(answer, text, mood, signal);
  }

  /** Words of the question, read or heard. */
  #askedWords(messages: readonly ChatMessage[]) {
    const message = messages.findLast(({ role }) => role === 'user');
    if (!message || !('wav' in message)) return message?.content ?? '';
    const numbers = readNumbers(readWav(message.wav).samples);
    return numbers.map((number) => this.#options.saidOf(number)?.text ?? '').join(' ');
  }

  async *#makeText(
    answer: number,
    question: string,
    mood: Mood,
    signal: AbortSignal,
  ): AsyncGenerator<ChatPart> {
    const { clock, luck: all } = this.#options.calls;
    const luck = mood === 'healthy' ? healthyLuck : all.draw(`answer ${answer}`);
    if (luck < 0.03) return;
    // Some say a sentence twice.
    const repeats = all.draw(`repeats ${answer}`) < repeatingShare;
    const sentenceMs = luck > 0.9 ? 500 : this.#options.sentenceMs;
    for (let n = 0; n < countSentences(question, luck); n++) {
      const part = repeats ? n - (n % 2) : n;
      yield { kind: 'text', text: `Answer ${answer} has part ${part}. ` };
      await clock.sleep(sentenceMs, signal);
    }
    if (question.includes(unfinishedWord)) yield* endEarly(saidCutLuck);
    else if (luck > 0.9 && luck < 0.93) yield* endEarly(luck);
    else yield { kind: 'text', text: luck < 0.2 ? 'Is that all?' : 'That is all.' };
  }

  async *#speakText(text: string): AsyncGenerator<ChatPart> {
    const said = this.#options.heard.beginText(text.trim(), true);
    yield { kind: 'transcript', text };
    const pieces = Math.ceil((text.length * characterMs) / pieceMs);
    for (let piece = 0; piece < pieces; piece++) {
      const samples = makeVoiceSamples(said.number, pieceMs);
      said.ms += pieceMs;
      yield { kind: 'sound', bytes: Buffer.from(samples.buffer) };
    }
    said.isMade = true;
  }
}

function countSentences(question: string, luck: number) {
  if (question.includes('long story')) return 9;
  return luck > 0.95 ? 60 : 1 + Math.floor(luck * 4);
}

/** A server ends an answer in the middle of a sentence: it says so, or is gone. */
function* endEarly(luck: number): Generator<ChatPart> {
  yield { kind: 'text', text: unfinishedText };
  if (luck > saidCutLuck) throw new BotError('provider.truncated', true, 'Cut off.');
  yield { kind: 'cut' };
}

/** Each tool whose name it hears is called once, or as often as an obstinate model does; "two timers" are two calls. */
function findNextCall(
  text: string,
  messages: readonly ChatMessage[],
  tools: readonly Tool[],
  times: number,
) {
  const askedCount = messages.findLastIndex(({ role }) => role === 'user');
  const done = messages
    .slice(askedCount)
    .flatMap((message) => ('calls' in message ? (message.calls ?? []) : []));
  for (const { name } of tools) {
    if (!text.includes(name)) continue;
    const wanted = text.includes(`two ${name}s`) ? ['usual', 'other'] : ['usual'];
    for (const what of wanted) {
      const argumentsJson = JSON.stringify({ what });
      const isSame = (call: (typeof done)[number]) =>
        call.name === name && call.argumentsJson === argumentsJson;
      if (done.filter(isSame).length < times) return { name, argumentsJson };
    }
  }
  return undefined;
}
