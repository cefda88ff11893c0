import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isSameLanguage } from '#src/base/language/expected-language.ts';
import { getVoiceLanguage, parseVoiceDescription } from './voice-description.ts';

/** A Piper voice in the folder of voices. */
export type PiperVoice = {
  /** Name of its files, such as `de_DE-thorsten-medium`. */
  readonly name: string;
  /** Path of its `.onnx`. */
  readonly file: string;
  /** BCP 47. */
  readonly language: string;
};

const ending = '.onnx.json';

/**
 * Piper voices, which were fetched or put there by the operator: an `.onnx` with its `.onnx.json`, side by side, also in a
 * folder of their own. What is put there counts from the next question on.
 *
 * @example
 * import { VoiceFolder } from '#src/speech/local/voices/voice-folder.ts';
 *
 * new VoiceFolder('./no-such-folder').listVoices(); // []
 */
export class VoiceFolder {
  readonly #path: string;
  /** By the path of the description. */
  readonly #known = new Map<string, PiperVoice>();

  constructor(path: string) {
    this.#path = path;
  }

  /** Lists the voices that are there now, by name. Voices of which a file is still missing are left out. */
  listVoices(): readonly PiperVoice[] {
    return this.#listDescriptions().flatMap((path) => {
      if (!existsSync(toModelPath(path))) return [];
      const voice = this.#known.get(path) ?? readVoice(path);
      if (voice) this.#known.set(path, voice);
      return voice ?? [];
    });
  }

  /** Finds the voice of a language (BCP 47): of its region, else of another one. */
  findVoice(language: string): PiperVoice | undefined {
    const voices = this.listVoices().filter((voice) =>
      isSameLanguage(voice.language, language),
    );
    const wanted = language.toLowerCase();
    return voices.find((voice) => voice.language.toLowerCase() === wanted) ?? voices[0];
  }

  #listDescriptions() {
    try {
      return readdirSync(this.#path, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith(ending))
        .toSorted()
        .map((name) => join(this.#path, name));
    } catch {
      return []; // There is no such folder.
    }
  }
}

function readVoice(path: string): PiperVoice | undefined {
  const description = parseVoiceDescription(readFileSync(path, 'utf8'));
  return (
    description && {
      name: basename(path, ending),
      file: toModelPath(path),
      language: getVoiceLanguage(description),
    }
  );
}

function toModelPath(path: string) {
  return path.slice(0, -'.json'.length);
}
