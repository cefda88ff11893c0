import type { Pcm } from '#src/audio/pcm.ts';
import { includesLanguage } from '#src/base/language/expected-language.ts';
import { servedLocally } from '#src/provider/models/standard-models.ts';
import type { LocalModels } from '#src/speech/local/local-models.ts';
import {
  type CreateWork,
  createPiperSpeech,
} from '#src/speech/local/local-synthesizer.ts';
import { findVoicePitch, localVoiceLanguages } from '#src/speech/local/local-voices.ts';
import {
  createUnspeakableError,
  type SpeechVoice,
  type Synthesizer,
} from '#src/speech/speech-engine.ts';
import { cutSounds, cutSpeech } from './cut-speech.ts';
import type { Espeak } from './espeak.ts';
import type { PiperVoice, VoiceFolder } from './voice-folder.ts';

/** The built-in voice, and what speaks other languages. */
export type HomeVoicesOptions = {
  /** Speaks English, and a text without a language. */
  readonly builtIn: Synthesizer;
  readonly models: LocalModels;
  readonly voice?: string | undefined;
  /** Piper voices that were fetched. Absent: none can be. */
  readonly folder?: VoiceFolder | undefined;
  /** Absent where eSpeak NG is not installed. */
  readonly espeak?: Espeak | undefined;
  /** Takes each language (BCP 47) for which no Piper voice is there, before it is spoken plainly or refused. Never throws. */
  readonly onMissing?: (language: string, isSpokenPlainly: boolean) => void;
};

/** End of a clause. A stop inside a number is none. */
const clauseEnd = /(?<=[,;:.?!\u2026])\s+/;
/** Stops that Piper voices know. */
const stopMark = /[,;:.?!]/;

/**
 * The voices of this machine: English by the built-in one, another language by a Piper voice that was fetched, else plainly by
 * eSpeak NG. A voice that is fetched meanwhile speaks from the next sentence on.
 *
 * @example
 * import { HomeVoices } from '#src/speech/local/voices/home-voices.ts';
 * import type { HomeVoicesOptions } from '#src/speech/local/voices/home-voices.ts';
 *
 * declare const options: HomeVoicesOptions;
 * new HomeVoices(options).findSpeaker('de'); // 'de_DE-thorsten-medium', 'eSpeak NG', or undefined
 */
export class HomeVoices implements Synthesizer {
  readonly #options: HomeVoicesOptions;

  constructor(options: HomeVoicesOptions) {
    this.#options = options;
  }

  /** Languages (BCP 47) that are spoken now. */
  get languages(): readonly string[] {
    const { espeak, folder } = this.#options;
    const fetched = espeak ? (folder?.listVoices() ?? []) : [];
    return [
      ...localVoiceLanguages,
      ...fetched.map(({ language }) => language),
      ...(espeak?.languages ?? []),
    ];
  }

  /** Names what speaks a language (BCP 47) now. Undefined: nothing does. */
  findSpeaker(language: string | undefined): string | undefined {
    if (language === undefined || includesLanguage(localVoiceLanguages, language))
      return 'built-in';
    const { espeak } = this.#options;
    if (!espeak || !includesLanguage(espeak.languages, language)) return undefined;
    return this.#findFetched(language)?.name ?? 'eSpeak NG';
  }

  /** Speaks a text in its language. Throws BotError `speech.no_voice`, `speech.unspeakable` or `speech.failed`. */
  async *synthesize(
    text: string,
    voice: SpeechVoice,
    signal: AbortSignal,
  ): AsyncGenerator<Pcm> {
    const { builtIn, espeak, onMissing } = this.#options;
    const { language } = voice;
    const isOther =
      language !== undefined && !includesLanguage(localVoiceLanguages, language);
    const isRead = isOther && includesLanguage(espeak?.languages ?? [], language);
    const found = isRead ? this.#findFetched(language) : undefined;
    if (isOther && !found) onMissing?.(language, isRead);
    // The built-in voice refuses another language.
    if (!isRead || !espeak) yield* builtIn.synthesize(text, voice, signal);
    else if (found) yield* this.#openPiper(found, espeak)(text, voice, signal);
    else yield* this.#speakPlainly(espeak, language)(text, voice, signal);
  }

  #findFetched(language: string) {
    return this.#options.folder?.findVoice(language);
  }

  #openPiper({ file, language }: PiperVoice, espeak: Espeak) {
    const { models, voice } = this.#options;
    const createWork: CreateWork = async ({ lengthScale, text }, signal) => {
      const pieces = await toSounds(
        cutSpeech(text, lengthScale),
        language,
        espeak,
        signal,
      );
      const ipa = pieces.flatMap((piece) => cutSounds(piece, lengthScale));
      if (ipa.length === 0) throw createUnspeakableError();
      return { lengthScale, rest: { ipa, clauses: [] } };
    };
    return createPiperSpeech({ models, folder: file, voice, createWork });
  }

  #speakPlainly(espeak: Espeak, language: string): Synthesizer['synthesize'] {
    const { voice: defaultVoice } = this.#options;
    return async function* speak(text, { name, onUsage, speed = 1 }, signal) {
      onUsage?.({ by: servedLocally });
      const pitch = findVoicePitch(name, defaultVoice);
      yield* espeak.speak(text, { language, pitch, speed }, signal);
    };
  }
}

/** Returns the sounds of pieces of a text, with the stops of their clauses. A piece without a word has none. */
async function toSounds(
  pieces: readonly string[],
  language: string,
  espeak: Espeak,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const clauses = pieces.flatMap((piece, at) =>
    piece
      .split(clauseEnd)
      .filter((words) => /[\p{L}\p{N}]/u.test(words))
      .map((words) => ({
        at,
        words,
        stop: stopMark.exec(words.slice(-1))?.[0] ?? '.',
      })),
  );
  if (clauses.length === 0) return [];
  const words = clauses.map((each) =>
    stopMark.test(each.words.slice(-1)) ? each.words.slice(0, -1) : each.words,
  );
  const ipa = await espeak.toIpa(words, language, signal);
  // The program found other clauses, so that stops cannot be told from each other.
  if (ipa.length !== clauses.length) return ipa.map((sounds) => `${sounds}.`);
  return pieces.flatMap((_, at) => {
    const own = clauses.flatMap((each, n) =>
      each.at === at ? [`${ipa[n] ?? ''}${each.stop}`] : [],
    );
    return own.length > 0 ? [own.join(' ')] : [];
  });
}
