import { getDurationMs, joinSamples, listenRateHz, toMono } from '#src/audio/pcm.ts';
import { resamplePcm } from '#src/audio/resampler.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import type { ChatModel } from '#src/chat/chat-model.ts';
import { formatNumberWords } from '#src/chat/text/spoken-numbers.ts';
import type { ReplyStyle, Turn } from '#src/pipeline/pipeline.ts';
import type { Deadlines } from '#src/provider/deadlines.ts';
import type {
  SpeechVoice,
  Synthesizer,
  Transcriber,
} from '#src/speech/speech-engine.ts';
import { differs, type Finding, ok, type Probe, type SpokenClip } from './probe.ts';

export const request = 'This is a test. Answer with the one word: ok';

export function toTestTurn(model: ChatModel) {
  const asked = [{ role: 'user', name: 'Check', content: request }] as const;
  return (signal: AbortSignal) => model.reply(asked, [], signal);
}

type AnswerPart = { readonly kind: string; readonly text?: string };

export const thinkProbe: Probe<{
  ask(signal: AbortSignal): AsyncIterable<AnswerPart>;
}> = {
  name: 'think',
  async run({ ask }, clock, signal) {
    const startMs = clock.nowMs();
    let firstMs: number | undefined;
    for await (const { kind, text = '' } of ask(signal)) {
      if (kind === 'audio' || (kind === 'text' && text.trim() !== ''))
        firstMs ??= clock.nowMs() - startMs;
    }
    if (firstMs !== undefined) return afterMs('think', 'first word', firstMs);
    throw new BotError(
      'provider.empty',
      true,
      'The model answered without text and sound.',
    );
  },
};

/** A voice may not end. */
const longestS = 20;

type Speaker = Waiting & {
  readonly synthesizer: Synthesizer;
  readonly voice: SpeechVoice;
  readonly text: string;
};

/** Absent if the time is not compared. */
type Waiting = { readonly deadlines?: Pick<Deadlines, 'firstMs' | 'maxFirstMs'> };

/** Adds a warning if a part took longer than the bot waits. */
function judgeWait(finding: Finding, tookMs: number, { deadlines }: Waiting) {
  if (!deadlines || tookMs <= deadlines.firstMs) return finding;
  const why = `${finding.why}; the bot waits ${deadlines.maxFirstMs / 1_000} s at most`;
  if (tookMs <= deadlines.maxFirstMs) return { ...finding, why };
  const mend = `set SPEECH_FIRST_BYTE_SECONDS=${Math.ceil(tookMs / 500)}, or choose a smaller model`;
  return differs(finding.what, why, mend);
}

export const speakProbe: Probe<Speaker> = {
  name: 'speak',
  async run({ synthesizer, voice, text, ...waiting }, clock, signal) {
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
      if (length > longestS * rateHz) break;
    }
    if (firstMs === undefined)
      throw new BotError('provider.empty', true, 'The synthesizer returned no sound.');
    const pcm = { samples: joinSamples(pieces), rateHz, channels: 1 } as const;
    const finding = judgeStream(getDurationMs(pcm), firstMs, clock.nowMs() - startMs);
    return { ...judgeWait(finding, firstMs, waiting), clip: { pcm, text } };
  },
};

/** Judges whether sound came as a stream: most of it after the first piece. */
function judgeStream(soundMs: number, firstMs: number, lastMs: number) {
  const laterMs = lastMs - firstMs;
  const isStream = laterMs > Math.max(firstMs, 100);
  // Short texts and quick answers tell nothing.
  const isWhole = soundMs > 3_000 && firstMs > Math.max(10 * laterMs, 500);
  const unknown = isWhole
    ? 'it does not stream'
    : 'too little to tell whether it streams';
  const times = `first sound after ${firstMs.toFixed()} ms, last byte after ${lastMs.toFixed()} ms`;
  const how = `${times}: ${isStream ? 'it streams' : unknown}`;
  const why = `${(soundMs / 1_000).toFixed(1)} s of sound, ${how}`;
  return isWhole
    ? differs(
        'speak',
        why,
        'turn off buffering in a proxy before it (proxy_buffering off), or choose a server that streams',
      )
    : ok('speak', why);
}

/**
 * A weak recogniser misses four of eight words once in twenty runs. Noise, or another
 * language, gives less.
 */
export const leastShare = 0.4;

type Recogniser = Waiting & {
  readonly transcriber: Transcriber;
  readonly clip: SpokenClip;
};

export const recognise: Probe<Recogniser> = {
  name: 'recognise',
  async run({ transcriber, clip, ...waiting }, clock, signal) {
    const startMs = clock.nowMs();
    let heard = '';
    for await (const update of transcriber.transcribe(
      resamplePcm(clip.pcm, listenRateHz),
      signal,
    ))
      if (update.kind === 'final') heard = update.transcript.text;
    if (heard.trim() === '') {
      throw new BotError(
        'provider.empty',
        true,
        'The recogniser returned no text for a spoken sentence.',
      );
    }
    const share = measureUnderstoodShare(clip.text, heard);
    const words = `${Math.round(share * 100)} % of the spoken words`;
    const tookMs = clock.nowMs() - startMs;
    const finding = judgeWait(afterMs('recognise', words, tookMs), tookMs, waiting);
    if (share >= leastShare) return finding;
    return differs(
      'recognise',
      finding.why,
      'choose a recogniser or a voice for the spoken language',
    );
  },
};

function afterMs(what: string, why: string, ms: number) {
  return ok(what, `${why} after ${Math.round(ms)} ms`);
}

/** Computes the share of understood words, 0 to 1. Figures count as words. */
export function measureUnderstoodShare(spoken: string, heard: string): number {
  const wanted = wordsOf(spoken);
  const found = new Set(wordsOf(heard));
  return wanted.filter((word) => found.has(word)).length / Math.max(1, wanted.length);
}

function wordsOf(text: string) {
  const words = text.toLowerCase().match(/\p{L}+|\d{1,2}/gu) ?? [];
  return words.flatMap((word) =>
    /\d/.test(word) ? formatNumberWords(Number(word)).split(' ') : word,
  );
}

export function testTurn(clock: Clock, style: ReplyStyle): Turn {
  const nowMs = clock.nowMs();
  const said = {
    speakerId: '',
    name: 'Check',
    fromMs: nowMs,
    toMs: nowMs,
    transcript: async () => ({ text: request }),
  };
  return { utterances: [said], style, history: [], tools: [] };
}
