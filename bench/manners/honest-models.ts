import type { Clock } from '#src/base/clock.ts';
import { nobody, type PersonId } from '#src/base/ids.ts';
import type { ChatModel, ChatPart } from '#src/chat/chat-model.ts';
import { createChainedPipeline } from '#src/pipeline/chained-pipeline.ts';
import type { Pipeline, Turn, TurnUtterance } from '#src/pipeline/pipeline.ts';
import type { Synthesizer, Transcriber } from '#src/speech/speech-engine.ts';
import { readPieces, type UtterancePiece } from './sound-marks.ts';

/** Time, in ms, from the call to the final text. */
export const recogniseMs: number = 120;
/** Time from the call to the first token. */
const thinkMs = 150;
/** Time, in ms, from the call to the first sound of the voice. */
export const firstSoundMs: number = 60;

/** Length and ending of an answer. `asks`: it ends with a question. */
export type AnswerStyle = 'short' | 'asks' | 'long';

/** A request to the model, and the utterances that it answers. */
export type MindRequest = {
  readonly serial: number;
  readonly speakerId: PersonId;
  /** Utterances whose sound it was, by the packets: one, and more where they were mixed. */
  readonly utterances: readonly number[];
  readonly texts: readonly string[];
  /** Instructions that the model got beside the texts. */
  readonly instructions: string;
};

const answerEndings: Readonly<Record<AnswerStyle, string>> = {
  short: 'That is what I found.',
  asks: 'For how many people is it?',
  long: `It began a long time ago in a small town by the sea. Nobody there had ever seen a lighthouse, so they built
    one out of old ships. Every night somebody had to climb up with a lamp. One winter the lamp went out, and the whole
    town stood on the beach with candles until the last boat was home.`.replace(
    /\s+/g,
    ' ',
  ),
};

/** Creates a recogniser that makes no mistake and knows only the words that have ended. It tells no language where `findLanguage` returns undefined. */
export function createHonestRecogniser(
  clock: Clock,
  listWords: (piece: UtterancePiece) => string,
  findLanguage: (utterance: number) => string | undefined = () => undefined,
): Transcriber {
  return {
    async *transcribe(pcm, signal) {
      await clock.sleep(recogniseMs, signal);
      const pieces = readPieces(pcm.samples);
      const text = pieces.map(listWords).join(' ').trim();
      const language = findLanguage(pieces[0]?.utterance ?? 0);
      yield {
        kind: 'final',
        transcript: language === undefined ? { text } : { text, language },
      };
    },
  };
}

/** A scripted chat model whose answers begin with their number, and which notes the request for each. */
export class HonestMinds {
  readonly #clock: Clock;
  readonly #findStyle: (utterances: readonly number[]) => AnswerStyle;
  readonly #requests: MindRequest[] = [];
  #running = 0;

  constructor(clock: Clock, findStyle: (utterances: readonly number[]) => AnswerStyle) {
    this.#clock = clock;
    this.#findStyle = findStyle;
  }

  /** Requests so far. Answer number n is to `requests[n - 1]`. */
  get requests(): readonly MindRequest[] {
    return this.#requests;
  }

  /** Number of answers under way. */
  get running(): number {
    return this.#running;
  }

  /** Makes the chained pipeline of this model and a voice. */
  withSynthesizer(synthesizer: Synthesizer): Pipeline {
    return {
      answer: (turn, host, signal) => {
        const chat = {
          reply: (...request: ReplyRequest) => this.#replyHonestly(turn, request),
        };
        const pipeline = createChainedPipeline({ chat, synthesizer });
        return pipeline.answer(turn, host, signal);
      },
    };
  }

  async *#replyHonestly(
    { utterances: saidUtterances }: Turn,
    [messages, , signal]: ReplyRequest,
  ): AsyncGenerator<ChatPart> {
    this.#running++;
    try {
      const transcripts = await Promise.all(
        saidUtterances.map(({ transcript }) => transcript()),
      );
      await this.#clock.sleep(thinkMs, signal);
      const utterances = saidUtterances.flatMap(readUtterances);
      const serial = this.#requests.length + 1;
      this.#requests.push({
        serial,
        speakerId: saidUtterances.at(-1)?.speakerId ?? nobody,
        utterances,
        texts: transcripts.map(({ text }) => text),
        instructions: messages[0]?.content ?? '',
      });
      const ending = answerEndings[this.#findStyle(utterances)];
      yield { kind: 'text', text: `Answer number ${serial}. ${ending}` };
    } finally {
      this.#running--;
    }
  }
}

type ReplyRequest = Parameters<ChatModel['reply']>;

/** Parses the number of an answer out of its beginning. Undefined where there is none. */
export function parseSerial(text: string): number | undefined {
  const [, serial] = /Answer number (\d+)/.exec(text) ?? [];
  return serial === undefined ? undefined : Number(serial);
}

function readUtterances({ pcm }: TurnUtterance) {
  return pcm
    ? [...new Set(readPieces(pcm.samples).map(({ utterance }) => utterance))]
    : [];
}
