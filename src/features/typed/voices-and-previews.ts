import { writeWav } from '#src/audio/formats/wav.ts';
import { joinSamples, speakRateHz } from '#src/audio/pcm.ts';
import { BotError } from '#src/base/errors.ts';
import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import {
  tooMuchAtOnce,
  WrittenAnswerConcurrency,
} from '#src/features/contract/written-answer-concurrency.ts';
import { formatSpokenText, toFailureLine } from '#src/notices/channel-notices.ts';
import type { Asker } from '#src/ports/command-ports.ts';
import type { VoiceSessions } from '#src/sessions/voice-sessions.ts';
import { toBaseLanguage } from '#src/speech/hints.ts';
import { findVoice } from '#src/speech/voice-names.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { openProgramSpeech } from './program-speech.ts';

export type VoiceSample = {
  /** Absent: the bot's usual one. */
  readonly voice?: string;
  /** Pace; 1 is usual. */
  readonly speed?: number;
  /** Language of the sentence, BCP 47. */
  readonly language: string;
};

export type PreviewOutcome =
  /** 24 kHz mono. `isGone`: there is no such voice any more, so that the standard one speaks. */
  | { readonly kind: 'file'; readonly wav: Uint8Array; readonly isGone?: boolean }
  /** Reason for the listener why there is nothing to hear. */
  | { readonly kind: 'failed'; readonly line: TextLine };

export type VoicesAndPreviews = ReturnType<typeof createVoicesAndPreviews>;

/** Voices and models that read texts, and previews of voices. Aborting `signal` ends what is being made. */
export function createVoicesAndPreviews(
  deps: SessionDependencies,
  sessions: VoiceSessions,
  speechModels: readonly string[],
  signal: AbortSignal,
) {
  /** Files that are being made: one for each person. */
  const files = new WrittenAnswerConcurrency();

  return {
    /** Speech models that may be chosen for a text, the default first; empty: there is no choice. */
    listModels(): readonly string[] {
      return speechModels;
    },

    /** Whether answers in that server can be spoken in this language (BCP 47); the local voice speaks English only. */
    canSpeak(guildId: GuildId, language: string): boolean {
      const isEmbedded = speechModels.length === 0;
      const { pipeline } = sessions.settings.getForGuild(guildId);
      return !isEmbedded || pipeline !== 'chained' || toBaseLanguage(language) === 'en';
    },

    /** Names of the voices, as far as the server lists them, within 2 s; empty where they are unknown. Never throws. */
    listVoices(): Promise<readonly string[]> {
      return deps.voices.load();
    },

    /** A typed voice as its server writes it, ignoring case; undefined where there is none. */
    async findVoice(typed: string): Promise<string | undefined> {
      return findVoice(typed, await this.listVoices());
    },

    /** Speaks a sentence to a person, in a file. */
    async previewVoice(
      guildId: GuildId,
      listener: Asker,
      { language, speed, voice }: VoiceSample,
    ): Promise<PreviewOutcome> {
      const place = files.enter(guildId, listener.id);
      if (typeof place === 'string') return tooMuchAtOnce;
      using _ = place;
      const bot = deps.places.getBotName(guildId);
      const line = { id: 'voice.preview.words', with: { bot } } as const;
      const input = formatSpokenText(line, guildId, deps, language);
      const gone: string[] = [];
      const told = { onGone: (name: string) => void gone.push(name), onUsage: () => undefined };
      const text = { guildId, asker: listener, input, speed, voice, ...told };
      const opened = await openProgramSpeech(
        'voice preview',
        text,
        deps,
        sessions.settings,
        signal,
      );
      if (opened.kind === 'failed') return opened;
      if (opened.kind === 'unspeakable') throw new Error('The sentence of a preview has no words.');
      try {
        const pieces = await Array.fromAsync(opened.parts, ({ samples }) => samples);
        const wav = writeWav({ samples: joinSamples(pieces), rateHz: speakRateHz, channels: 1 });
        return { kind: 'file', wav, isGone: gone.length > 0 };
      } catch (error) {
        if (signal.aborted || !(error instanceof BotError)) throw error;
        return { kind: 'failed', line: toPreviewFailureLine(error) };
      }
    },
  };
}

/** Where the voice alone is out, there is nothing else to hear. */
function toPreviewFailureLine(error: BotError) {
  const line = toFailureLine(error);
  return line.id === 'fail.llm' ? ({ id: 'store.unread' } as const) : line;
}
