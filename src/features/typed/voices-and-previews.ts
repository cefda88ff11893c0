import { writeWav } from '#src/audio/formats/wav.ts';
import { joinSamples, type Pcm, speakRateHz } from '#src/audio/pcm.ts';
import { BotError } from '#src/base/errors.ts';
import type { GuildId } from '#src/base/ids.ts';
import type { Deps } from '#src/conversation/session-dependencies.ts';
import {
  tooMuchAtOnce,
  WrittenAnswerConcurrency,
} from '#src/features/contract/written-answer-concurrency.ts';
import { formatSpokenText, toFailureLine } from '#src/notices/channel-notices.ts';
import type { Asker } from '#src/ports/command-ports.ts';
import type { StoredSettings } from '#src/settings/stored-settings.ts';
import { findVoice } from '#src/speech/speech-engine.ts';
import { speaksLanguage } from '#src/speech/text-language/spoken-form.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { openProgramSpeech } from './program-speech.ts';

/** A voice to hear. Missing fields are as the server has set them. */
export type VoiceSample = {
  readonly voice?: string;
  readonly speed?: number;
  readonly language: string;
};

/** How a request for a sample ended. */
export type PreviewOutcome =
  /** 24 kHz mono. `isGone` means the voice is gone and the default one speaks. */
  | { readonly kind: 'file'; readonly wav: Uint8Array; readonly isGone?: boolean }
  | { readonly kind: 'failed'; readonly line: TextLine };

type PreviewDeps = Deps<'onEvent' | 'places' | 'spending' | 'synthesizer' | 'voices'>;
type VoiceSettings = Pick<StoredSettings, 'getForGuild' | 'getStyle' | 'loadGuild'>;

/** Voices that people may choose, with a sample of each. */
export class VoicesAndPreviews {
  readonly #deps: PreviewDeps;
  readonly #settings: VoiceSettings;
  readonly #speechModels: readonly string[];
  readonly #signal: AbortSignal;
  /** One preview for each person at a time. */
  readonly #concurrency = new WrittenAnswerConcurrency();

  /** Creates the voices. Aborting `signal` ends previews. */
  constructor(
    deps: PreviewDeps,
    settings: VoiceSettings,
    speechModels: readonly string[],
    signal: AbortSignal,
  ) {
    this.#deps = deps;
    this.#settings = settings;
    this.#speechModels = speechModels;
    this.#signal = signal;
  }

  /** Lists the speech models that may be chosen. Empty if the local voice speaks. */
  listModels(): readonly string[] {
    return this.#speechModels;
  }

  /** Tests for a voice in a language. */
  canSpeak(guildId: GuildId, language: string): boolean {
    const { pipeline } = this.#settings.getForGuild(guildId);
    // Another pipeline speaks with a voice of its model.
    return (
      pipeline !== 'chained' || speaksLanguage(this.#deps.voices.languages, language)
    );
  }

  /** Lists voices, after 2 s at most. Empty if unknown. Never throws. */
  listVoices(): Promise<readonly string[]> {
    return this.#deps.voices.loadNames();
  }

  /** Finds the full name of a voice. Undefined if no voice or several have this name. */
  async findVoice(typedName: string): Promise<string | undefined> {
    return findVoice(typedName, await this.listVoices());
  }

  /** Speaks a sentence into a WAV file. The listener pays. */
  async previewVoice(
    guildId: GuildId,
    listener: Asker,
    { language, speed, voice }: VoiceSample,
  ): Promise<PreviewOutcome> {
    using slot = this.#concurrency.enter(guildId, listener.id);
    if (!slot) return tooMuchAtOnce;
    const bot = this.#deps.places.getBotName(guildId);
    const sentence = { id: 'voice.preview.words', with: { bot } } as const;
    const input = formatSpokenText(sentence, guildId, this.#deps, language);
    const goneVoices: string[] = [];
    const opened = await openProgramSpeech(
      'voice preview',
      {
        guildId,
        asker: listener,
        input,
        speed,
        voice,
        onGone: (name) => void goneVoices.push(name),
        onUsage: () => undefined,
      },
      this.#deps,
      this.#settings,
      this.#signal,
    );
    if (opened.kind === 'failed') return opened;
    if (opened.kind === 'unspeakable')
      throw new Error('The sentence of a preview has no words.');
    try {
      const wav = await collectWav(opened.parts);
      return { kind: 'file', wav, isGone: goneVoices.length > 0 };
    } catch (error) {
      if (this.#signal.aborted || !(error instanceof BotError)) throw error;
      return { kind: 'failed', line: toPreviewFailureLine(error) };
    }
  }
}

async function collectWav(sound: AsyncIterable<Pcm>) {
  const pieces = await Array.fromAsync(sound, ({ samples }) => samples);
  return writeWav({ samples: joinSamples(pieces), rateHz: speakRateHz, channels: 1 });
}

function toPreviewFailureLine(error: BotError) {
  // Without a voice, there is nothing to hear.
  const line = toFailureLine(error);
  return line.id === 'fail.llm' ? ({ id: 'store.unread' } as const) : line;
}
