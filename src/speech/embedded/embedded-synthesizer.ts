import type { Pcm } from '#src/audio/pcm.ts';
import { type Clock, realClock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { englishLanguageName } from '#src/base/language-name.ts';
import { Mailbox } from '#src/base/loops/mailbox.ts';
import { servedLocally } from '#src/provider/models/models.ts';
import { baseLanguage } from '#src/speech/hints.ts';
import type { SpeechVoice, Synthesizer } from '#src/speech/ports.ts';
import { textPieces } from '#src/speech/pronunciation.ts';
import { EmbeddedEngine } from './engine.ts';
import { type FliteVoice, standardEmbeddedVoice, voiceGains } from './flite-voices.ts';
import type { FliteJob, FliteSound } from './flite-worker.ts';

export type EmbeddedSynthesizerOptions = {
  /** `slt`, `rms`, `awb`, `kal16` or `kal`; anything else is `slt`. */
  readonly voice?: string;
  readonly clock?: Clock;
};

const longestTextChars = 4000;
/** About ten seconds of speech, made in a tenth of one. */
const longestPieceChars = 160;
const startLimitMs = 20_000;
/** Measured: about 1 ms a character; a busy machine gets forty times that. */
const limitMs = (chars: number) => 5000 + chars * 40;

const letterSpellings: Readonly<Record<string, string>> = {
  \u00df: 'ss',
  \u00e6: 'ae',
  \u0153: 'oe',
  \u00f8: 'o',
  \u0142: 'l',
  '\u20ac': ' euro ',
};

/**
 * English without any server: Flite in a worker thread. Requests are served in order of call.
 *
 * Text beyond 4000 characters is dropped. A voice it does not know becomes its own default. A text known to be in another
 * language is refused.
 */
export async function openEmbeddedSynthesizer(
  options: EmbeddedSynthesizerOptions = {},
): Promise<Synthesizer & AsyncDisposable> {
  const { clock = realClock } = options;
  const engine = await EmbeddedEngine.open<FliteJob, FliteSound>({
    name: 'embedded voice',
    entry: new URL('./flite-worker.ts', import.meta.url),
    startLimitMs,
    clock,
  });
  return {
    synthesize(text, voice, signal) {
      const plain = fliteText(text.slice(0, longestTextChars));
      if (plain === '') return refuse(unspeakable, signal);
      if (voice.language !== undefined && baseLanguage(voice.language) !== 'en')
        return refuse(noVoice(voice.language), signal);
      voice.onUsage?.({ by: servedLocally });
      const job = jobOf(plain, voice, options.voice);
      return asPcm(engine.run(job, limitMs(plain.length), signal));
    },
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  };
}

function jobOf(
  text: string,
  { name, speed = 1 }: SpeechVoice,
  standard: string | undefined,
): FliteJob {
  const voice = [name, standard].find(isFliteVoice) ?? standardEmbeddedVoice;
  const stretch = 1 / Math.min(2, Math.max(0.5, speed));
  return { pieces: textPieces(text, longestPieceChars), voice, gain: voiceGains[voice], stretch };
}

function isFliteVoice(name: string | undefined): name is FliteVoice {
  return name !== undefined && Object.hasOwn(voiceGains, name);
}

async function* asPcm(sounds: AsyncIterable<FliteSound>): AsyncGenerator<Pcm> {
  for await (const sound of sounds) yield { ...sound, channels: 1 };
}

function refuse(
  [code, message]: readonly ['speech.unspeakable' | 'speech.no_voice', string],
  signal: AbortSignal,
): AsyncIterable<Pcm> {
  const nothing = new Mailbox<Pcm>(1);
  nothing.fail(new BotError(code, false, message));
  return nothing.read(signal);
}

const unspeakable = [
  'speech.unspeakable',
  'This text has no word that the embedded voice can speak.',
] as const;

function noVoice(language: string) {
  const message = `The embedded voice speaks English only, and the text is in ${englishLanguageName(language)}.`;
  return ['speech.no_voice', message] as const;
}

/** `text` as flite can say it: ASCII in one line, without tags, markdown and emoji. Empty if nothing is left to say. */
export function fliteText(text: string): string {
  const plain = text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[\u2018\u2019]/g, "'")
    .replace(/[\u201c\u201d]/g, '"')
    .replace(/[\u2013\u2014]/g, ', ')
    .replace(/\u2026/g, '...')
    .replace(
      /[\u00df\u00e6\u0153\u00f8\u0142\u20ac]/gi,
      (letter) => letterSpellings[letter.toLowerCase()] ?? ' ',
    )
    .replace(/<[^<>]{0,200}>/g, ' ')
    .replace(/[*_#`~|\\^<>[\]{}]/g, ' ')
    .replace(/[^\x20-\x7e]/g, ' ')
    .replace(/ +/g, ' ')
    .trim();
  return /[a-z0-9]/i.test(plain) ? plain : '';
}
