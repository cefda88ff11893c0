import { getDurationMs, joinSamples, listenRateHz, toMono } from '#src/audio/pcm.ts';
import { resamplePcm } from '#src/audio/resampler.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { nobody } from '#src/base/ids.ts';
import type { ChatModel } from '#src/chat/chat-model.ts';
import { formatNumberWords } from '#src/chat/text/speakable.ts';
import type { ReplyStyle, Turn } from '#src/pipeline/pipeline.ts';
import type { Deadlines } from '#src/provider/deadlines.ts';
import type {
  SpeechVoice,
  Synthesizer,
  Transcriber,
} from '#src/speech/speech-engine.ts';
import {
  type Finding,
  type Probe,
  type SpokenClip,
  toDifferingFinding,
  toOkFinding,
} from './probe.ts';

/** Question that tests a chat model. */
export const request = 'This is a test. Answer with the one word: ok';

type AnswerPart = { readonly kind: string; readonly text?: string };

/** Asks the test question. Reading throws errors of the model. */
export type AskTestQuestion = (signal: AbortSignal) => AsyncIterable<AnswerPart>;

/** Makes a function that asks a chat model the test question, without tools. */
export function toTestQuestion(model: ChatModel): AskTestQuestion {
  const messages = [{ role: 'user', name: 'Check', content: request }] as const;
  return (signal) => model.reply(messages, [], signal);
}

/** Asks a model, and measures the time to its first word or sound. */
export const thinkProbe: Probe<{ readonly ask: AskTestQuestion }> = {
  name: 'think',
  async run({ ask }, clock, signal) {
    const startMs = clock.nowMs();
    let firstMs: number | undefined;
    for await (const { kind, text = '' } of ask(signal)) {
      if (kind === 'audio' || (kind === 'text' && text.trim() !== ''))
        firstMs ??= clock.nowMs() - startMs;
    }
    if (firstMs !== undefined) return toTimedFinding('think', 'first word', firstMs);
    throw new BotError(
      'provider.empty',
      true,
      'The model answered without text and sound.',
    );
  },
};

/** A voice may not end. */
const maxSpeechSeconds = 20;

type SpeakSubject = WaitLimits & {
  readonly synthesizer: Synthesizer;
  readonly voice: SpeechVoice;
  readonly text: string;
};

/** Deadlines of the bot. Absent if the time is not compared. */
type WaitLimits = { readonly deadlines?: Pick<Deadlines, 'firstMs' | 'maxFirstMs'> };

/** Adds a warning if a part took longer than the bot waits. */
function judgeWait(finding: Finding, tookMs: number, { deadlines }: WaitLimits) {
  if (!deadlines || tookMs <= deadlines.firstMs) return finding;
  const reason = `${finding.reason}; the bot waits ${deadlines.maxFirstMs / 1_000} s at most`;
  if (tookMs <= deadlines.maxFirstMs) return { ...finding, reason };
  const mend = `set SPEECH_FIRST_BYTE_SECONDS=${Math.ceil(tookMs / 500)}, or choose a smaller model`;
  return toDifferingFinding(finding.subject, reason, mend);
}

/** Has a text spoken, and measures the times to the first and the last sound. */
export const speakProbe: Probe<SpeakSubject> = {
  name: 'speak',
  async run({ synthesizer, voice, text, ...limits }, clock, signal) {
    const startMs = clock.nowMs();
    const pieces: Int16Array[] = [];
    let firstMs: number | undefined;
    let rateHz = listenRateHz;
    let length = 0;
    for await (const pcm of synthesizer.synthesize(text, voice, signal)) {
      firstMs ??= clock.nowMs() - startMs;
      rateHz = pcm.rateHz;
      const { samples } = toMono(pcm);
      pieces.push(samples.slice());
      length += samples.length;
      if (length > maxSpeechSeconds * rateHz) break;
    }
    if (firstMs === undefined)
      throw new BotError('provider.empty', true, 'The synthesizer returned no sound.');
    const pcm = { samples: joinSamples(pieces), rateHz, channels: 1 } as const;
    const finding = judgeStream(getDurationMs(pcm), firstMs, clock.nowMs() - startMs);
    return { ...judgeWait(finding, firstMs, limits), clip: { pcm, text } };
  },
};

/** Judges whether sound came as a stream: most of it after the first piece. */
function judgeStream(soundMs: number, firstMs: number, lastMs: number) {
  const laterMs = lastMs - firstMs;
  const isStream = laterMs > Math.max(firstMs, 100);
  // Short texts and quick answers tell nothing.
  const isWhole = soundMs > 3_000 && firstMs > Math.max(10 * laterMs, 500);
  const doubt = isWhole
    ? 'it does not stream'
    : 'too little to tell whether it streams';
  const times = `first sound after ${firstMs.toFixed()} ms, last byte after ${lastMs.toFixed()} ms`;
  const timing = `${times}: ${isStream ? 'it streams' : doubt}`;
  const reason = `${(soundMs / 1_000).toFixed(1)} s of sound, ${timing}`;
  return isWhole
    ? toDifferingFinding(
        'speak',
        reason,
        'turn off buffering in a proxy before it (proxy_buffering off), or choose a server that streams',
      )
    : toOkFinding('speak', reason);
}

/**
 * A weak recogniser misses four of eight words once in twenty runs. Noise, or another
 * language, gives less.
 */
export const minUnderstoodShare = 0.4;

type RecogniseSubject = WaitLimits & {
  readonly transcriber: Transcriber;
  readonly clip: SpokenClip;
};

/** Has speech recognised, and compares the words with the spoken text. */
export const recogniseProbe: Probe<RecogniseSubject> = {
  name: 'recognise',
  async run({ transcriber, clip, ...limits }, clock, signal) {
    const startMs = clock.nowMs();
    let transcript = '';
    for await (const update of transcriber.transcribe(
      resamplePcm(clip.pcm, listenRateHz),
      signal,
    ))
      if (update.kind === 'final') transcript = update.transcript.text;
    if (transcript.trim() === '') {
      throw new BotError(
        'provider.empty',
        true,
        'The recogniser returned no text for a spoken sentence.',
      );
    }
    const share = measureUnderstoodShare(clip.text, transcript);
    const understood = `${Math.round(share * 100)} % of the spoken words`;
    const tookMs = clock.nowMs() - startMs;
    const finding = judgeWait(
      toTimedFinding('recognise', understood, tookMs),
      tookMs,
      limits,
    );
    if (share >= minUnderstoodShare) return finding;
    return toDifferingFinding(
      'recognise',
      finding.reason,
      'choose a recogniser or a voice for the spoken language',
    );
  },
};

function toTimedFinding(subject: string, event: string, ms: number) {
  return toOkFinding(subject, `${event} after ${Math.round(ms)} ms`);
}

/** Computes the share of understood words, 0 to 1. Figures count as words. */
export function measureUnderstoodShare(spokenText: string, transcript: string): number {
  const spokenWords = splitWords(spokenText);
  const recognisedWords = new Set(splitWords(transcript));
  const understood = spokenWords.filter((word) => recognisedWords.has(word));
  return understood.length / Math.max(1, spokenWords.length);
}

function splitWords(text: string) {
  const tokens = text.toLowerCase().match(/\p{L}+|\d{1,2}/gu) ?? [];
  return tokens.flatMap((word) =>
    /\d/.test(word) ? formatNumberWords(Number(word)).split(' ') : word,
  );
}

/** Builds a turn with the test question, as if it was said just now. */
export function createTestTurn(clock: Clock, style: ReplyStyle): Turn {
  const nowMs = clock.nowMs();
  const utterance = {
    speakerId: nobody,
    name: 'Check',
    fromMs: nowMs,
    toMs: nowMs,
    transcript: async () => ({ text: request }),
  };
  return { utterances: [utterance], style, history: [], tools: [] };
}
