import type { Pcm } from '#src/audio/pcm.ts';
import type { Clock } from '#src/base/clock.ts';
import type { ChatModel } from '#src/chat/chat-model.ts';
import { createChainedPipeline } from '#src/pipeline/chained-pipeline.ts';
import type { Pipeline, Turn, TurnUtterance } from '#src/pipeline/pipeline.ts';
import type { Synthesizer, TranscriptUpdate } from '#src/speech/speech-engine.ts';
import { readPieces, type UtterancePiece } from './sound-marks.ts';

/** From the call to the final text, and to the first token; the voice has its own. */
const [recogniseMs, thinkMs] = [120, 150];
export const firstSoundMs = 60;

/** Length and ending of an answer. */
export type AnswerStyle = 'short' | 'asks' | 'long';

/** Request that an answer is for. */
export type MindRequest = {
  readonly serial: number;
  readonly speakerId: string;
  /** Whose sound it was, by the packets: one for each utterance, and more where they were mixed. */
  readonly utterances: readonly number[];
  readonly texts: readonly string[];
  /** Instructions that the model got beside them. */
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

/** A recogniser that makes no mistake and knows only the words that have ended. */
export function createHonestRecogniser(
  clock: Clock,
  wordsIn: (piece: UtterancePiece) => string,
  languageOf: (utterance: number) => string | undefined = () => undefined,
) {
  return {
    async *transcribe(pcm: Pcm, signal: AbortSignal): AsyncGenerator<TranscriptUpdate> {
      await clock.sleep(recogniseMs, signal);
      const pieces = readPieces(pcm.samples);
      const text = pieces.map(wordsIn).join(' ').trim();
      const language = languageOf(pieces[0]?.utterance ?? 0);
      yield {
        kind: 'final',
        transcript: language === undefined ? { text } : { text, language },
      };
    },
  };
}

/** A model that says which question it answers, and a note of everything it was asked. */
export function createHonestMinds(
  clock: Clock,
  mannerOf: (utterances: readonly number[]) => AnswerStyle,
) {
  const asked: MindRequest[] = [];
  let running = 0;

  function replyTo({ utterances: said }: Turn): ChatModel {
    return {
      async *reply(messages, _tools, signal) {
        running++;
        try {
          const heard = await Promise.all(said.map(({ transcript }) => transcript()));
          await clock.sleep(thinkMs, signal);
          const utterances = said.flatMap(readUtterances);
          const serial = asked.length + 1;
          asked.push({
            serial,
            speakerId: said.at(-1)?.speakerId ?? '',
            utterances,
            texts: heard.map(({ text }) => text),
            instructions: messages[0]?.content ?? '',
          });
          const ending = answerEndings[mannerOf(utterances)];
          yield { kind: 'text', text: `Answer number ${serial}. ${ending}` };
        } finally {
          running--;
        }
      },
    };
  }

  return {
    asked,

    get running() {
      return running;
    },

    withSynthesizer(synthesizer: Synthesizer): Pipeline {
      return {
        answer: (turn, host, signal) =>
          createChainedPipeline({ chat: replyTo(turn), synthesizer }).answer(
            turn,
            host,
            signal,
          ),
      };
    },
  };
}

/** Which answer such words are the beginning of. */
export function parseSerial(text: string) {
  const [, serial] = /Answer number (\d+)/.exec(text) ?? [];
  return serial === undefined ? undefined : Number(serial);
}

function readUtterances({ pcm }: TurnUtterance) {
  return pcm
    ? [...new Set(readPieces(pcm.samples).map(({ utterance }) => utterance))]
    : [];
}
