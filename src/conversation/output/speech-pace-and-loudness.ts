import type { RepeatManner } from '#src/turn/overlap/interjections.ts';
import { adjusted, usualVoice, type VoiceAdjustment } from '#src/turn/voice-adjustment.ts';

/** Pace and loudness of the bot's speech in one session, as people asked for them aloud, until they ask otherwise. */
export class SpeechPaceAndLoudness {
  #adjustment = usualVoice;

  get adjustment(): VoiceAdjustment {
    return this.#adjustment;
  }

  adjust(manner: RepeatManner): void {
    this.#adjustment = adjusted(this.#adjustment, manner);
  }
}
