import { z } from 'zod';
import { tryParseJson } from '#src/base/json.ts';

/** Description of a Piper voice, as its maker wrote it. */
export type VoiceDescription = {
  readonly audio: { readonly sample_rate: number };
  readonly espeak: { readonly voice: string };
  readonly inference: {
    readonly noise_scale: number;
    readonly length_scale: number;
    readonly noise_w: number;
  };
  readonly language?: { readonly code: string } | undefined;
  readonly num_speakers: number;
  readonly phoneme_id_map: Readonly<Record<string, readonly number[]>>;
  readonly phoneme_type: 'espeak';
};

/**
 * Description beside a Piper voice:
 * https://github.com/OHF-Voice/piper1-gpl/blob/main/docs/VOICES.md
 */
const voiceFile: z.ZodType<VoiceDescription> = z.object({
  audio: z.object({ sample_rate: z.number().int().min(8_000).max(48_000) }),
  espeak: z.object({ voice: z.string() }),
  inference: z.object({
    noise_scale: z.number(),
    length_scale: z.number().positive(),
    noise_w: z.number(),
  }),
  language: z.object({ code: z.string() }).optional(),
  num_speakers: z.number().default(1),
  phoneme_id_map: z.record(z.string(), z.array(z.number().int())),
  /** Voices of `text` and others have no sounds of eSpeak. */
  phoneme_type: z.literal('espeak').default('espeak'),
});

/** Parses the JSON beside a Piper voice. Undefined if it describes none whose sounds are those of eSpeak. */
export function parseVoiceDescription(text: string): VoiceDescription | undefined {
  return voiceFile.safeParse(tryParseJson(text)).data;
}

/** Returns the language (BCP 47) of a voice, such as `pt-BR`. */
export function getVoiceLanguage({ espeak, language }: VoiceDescription): string {
  return (language?.code ?? espeak.voice).replace('_', '-');
}
