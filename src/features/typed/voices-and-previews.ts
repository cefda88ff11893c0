import { writeWav } from '#src/audio/formats/wav.ts';
import { joinSamples, speakRateHz } from '#src/audio/pcm.ts';
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
import { toBaseLanguage } from '#src/speech/hints.ts';
import { findVoice } from '#src/speech/voice-names.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { openProgramSpeech } from './program-speech.ts';

export type VoiceSample = {
  readonly voice?: string;
  readonly speed?: number;
  readonly language: string;
};

export type PreviewOutcome =
  /** 24 kHz mono. `isGone` means the voice is gone and the default one speaks. */
  | { readonly kind: 'file'; readonly wav: Uint8Array; readonly isGone?: boolean }
  | { readonly kind: 'failed'; readonly line: TextLine };

export type VoicesAndPreviews = ReturnType<typeof createVoicesAndPreviews>;

/** Aborting `signal` ends previews. */
export function createVoicesAndPreviews(
  deps: Deps<'onEvent' | 'places' | 'spending' | 'synthesizer' | 'voices'>,
  settings: Pick<StoredSettings, 'getForGuild' | 'getStyle' | 'loadGuild'>,
  speechModels: readonly string[],
  signal: AbortSignal,
) {
  /** One file for each person at a time. */
  const files = new WrittenAnswerConcurrency();

  return {
    listModels(): readonly string[] {
      return speechModels;
    },

    /** Tests for a voice in a language. */
    canSpeak(guildId: GuildId, language: string): boolean {
      const isEmbedded = speechModels.length === 0;
      const { pipeline } = settings.getForGuild(guildId);
      // The local voice speaks English only.
      return !isEmbedded || pipeline !== 'chained' || toBaseLanguage(language) === 'en';
    },

    /** Lists voices, after 2 s at most. Empty if unknown. Never throws. */
    listVoices(): Promise<readonly string[]> {
      return deps.voices.load();
    },

    async findVoice(typed: string): Promise<string | undefined> {
      return findVoice(typed, await this.listVoices());
    },

    async previewVoice(
      guildId: GuildId,
      listener: Asker,
      { language, speed, voice }: VoiceSample,
    ): Promise<PreviewOutcome> {
      using place = files.enter(guildId, listener.id);
      if (!place) return tooMuchAtOnce;
      const bot = deps.places.getBotName(guildId);
      const line = { id: 'voice.preview.words', with: { bot } } as const;
      const input = formatSpokenText(line, guildId, deps, language);
      const gone: string[] = [];
      const told = {
        onGone: (name: string) => void gone.push(name),
        onUsage: () => undefined,
      };
      const text = { guildId, asker: listener, input, speed, voice, ...told };
      const opened = await openProgramSpeech(
        'voice preview',
        text,
        deps,
        settings,
        signal,
      );
      if (opened.kind === 'failed') return opened;
      if (opened.kind === 'unspeakable')
        throw new Error('The sentence of a preview has no words.');
      try {
        const pieces = await Array.fromAsync(opened.parts, ({ samples }) => samples);
        const wav = writeWav({
          samples: joinSamples(pieces),
          rateHz: speakRateHz,
          channels: 1,
        });
        return { kind: 'file', wav, isGone: gone.length > 0 };
      } catch (error) {
        if (signal.aborted || !(error instanceof BotError)) throw error;
        return { kind: 'failed', line: toPreviewFailureLine(error) };
      }
    },
  };
}

function toPreviewFailureLine(error: BotError) {
  // Without a voice, there is nothing to hear.
  const line = toFailureLine(error);
  return line.id === 'fail.llm' ? ({ id: 'store.unread' } as const) : line;
}
