import { joinSamples, speakRateHz } from '#src/audio/pcm.ts';
import { writeWav } from '#src/audio/wav.ts';
import { BotError } from '#src/base/errors.ts';
import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import {
  tooMuchAtOnce,
  WrittenAnswerConcurrency,
} from '#src/features/contract/written-answer-concurrency.ts';
import { failureText, spokenText } from '#src/notices/notice.ts';
import type { Asker } from '#src/ports/command-ports.ts';
import type { VoiceSessions } from '#src/sessions/voice-sessions.ts';
import { baseLanguage } from '#src/speech/hints.ts';
import { voiceNamed } from '#src/speech/voice-names.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { openSpeech } from './program-speech.ts';

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

export type VoicesAndPreviews = ReturnType<typeof voicesAndPreviews>;

/** Voices and models that read texts, and previews of voices. Aborting `signal` ends what is being made. */
export function voicesAndPreviews(
  parts: SessionDependencies,
  sessions: VoiceSessions,
  speechModels: readonly string[],
  signal: AbortSignal,
) {
  /** Files that are being made: one for each person. */
  const files = new WrittenAnswerConcurrency();

  return {
    /** Speech models that may be chosen for a text, the default first; empty: there is no choice. */
    models(): readonly string[] {
      return speechModels;
    },

    /** Whether answers in that server can be spoken in this language (BCP 47); the local voice speaks English only. */
    speaks(guildId: GuildId, language: string): boolean {
      const isEmbedded = speechModels.length === 0;
      const { pipeline } = sessions.settings.in(guildId);
      return !isEmbedded || pipeline !== 'chained' || baseLanguage(language) === 'en';
    },

    /** Names of the voices, as far as the server lists them, within 2 s; empty where they are unknown. Never throws. */
    names(): Promise<readonly string[]> {
      return parts.voices.load();
    },

    /** A typed voice as its server writes it, ignoring case; undefined where there is none. */
    async named(typed: string): Promise<string | undefined> {
      return voiceNamed(typed, await this.names());
    },

    /** Speaks a sentence to a person, in a file. */
    async preview(
      guildId: GuildId,
      listener: Asker,
      { language, speed, voice }: VoiceSample,
    ): Promise<PreviewOutcome> {
      const place = files.enter(guildId, listener.id);
      if (typeof place === 'string') return tooMuchAtOnce;
      using _ = place;
      const bot = parts.places.botName(guildId);
      const line = { id: 'voice.preview.words', with: { bot } } as const;
      const input = spokenText(line, guildId, parts, language);
      const gone: string[] = [];
      const told = { onGone: (name: string) => void gone.push(name), onUsage: () => undefined };
      const text = { guildId, asker: listener, input, speed, voice, ...told };
      const opened = await openSpeech('voice preview', text, parts, sessions.settings, signal);
      if (opened.kind === 'failed') return opened;
      if (opened.kind === 'unspeakable') throw new Error('The sentence of a preview has no words.');
      try {
        const pieces = await Array.fromAsync(opened.parts, ({ samples }) => samples);
        const wav = writeWav({ samples: joinSamples(pieces), rateHz: speakRateHz, channels: 1 });
        return { kind: 'file', wav, isGone: gone.length > 0 };
      } catch (error) {
        if (signal.aborted || !(error instanceof BotError)) throw error;
        return { kind: 'failed', line: failureLine(error) };
      }
    },
  };
}

/** Where the voice alone is out, there is nothing else to hear. */
function failureLine(error: BotError) {
  const line = failureText(error);
  return line.id === 'fail.llm' ? ({ id: 'store.unread' } as const) : line;
}
