import type { SoundWish } from '#src/session/ports/tool.ts';
import type { ShelvedSound } from '#src/sources/fetch/ports.ts';
import { locales, text } from '#src/texts/texts.ts';
import { soundChosen } from './sound-matching.ts';

/** Time, in ms, in which somebody may choose one of several sounds they were asked about. */
const openMs = 60_000;

type Choice = {
  readonly offered: readonly ShelvedSound[];
  readonly wish: SoundWish;
  readonly untilMs: number;
};

/** Questions "which of these sounds?" of one session; each person has one, the last. */
export class SoundChoices {
  readonly #open = new Map<string, Choice>();

  ask(personId: string, wish: SoundWish, offered: readonly ShelvedSound[], nowMs: number): void {
    for (const [id, { untilMs }] of this.#open) if (untilMs <= nowMs) this.#open.delete(id);
    this.#open.set(personId, { offered, wish, untilMs: nowMs + openMs });
  }

  /** What this person wants with these words: the former wish, with the sound they choose. Undefined where they choose none. */
  chosen(personId: string, words: string, nowMs: number): SoundWish | undefined {
    const choice = this.#open.get(personId);
    if (!choice || choice.untilMs <= nowMs) return undefined;
    const sound = soundChosen(words, choice.offered, ordinals());
    return sound && { ...choice.wish, sound: sound.name, isName: true };
  }

  over(personId: string): void {
    this.#open.delete(personId);
  }
}

function ordinals(): readonly (readonly string[])[] {
  return locales().map((locale) => text('track.ordinals', {}, locale).split(', '));
}
