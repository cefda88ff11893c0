import type { Clock } from '#src/base/clock.ts';
import type { CueTrack } from '#src/playback/reply/cue-track.ts';
import {
  type BargeInAction,
  type InterruptionEffect,
  type InterruptionEvent,
  stepInterruption,
  uninterrupted,
} from '#src/turn/overlap/interruption.ts';
import { interruptionRules } from '#src/turn/overlap/interruption-rules.ts';
import { type OverlapKind, overlapOfPartial } from '#src/turn/overlap/interruption-speech.ts';
import type { SpeechOutput } from '#src/voice/output/speech-output.ts';
import type { SpeakerInputEvent } from './speaker-input.ts';

/** Words of a person while the bot speaks, as far as they are known. */
type Overheard = {
  readonly personId: PersonId;
  readonly what: OverlapKind;
  readonly isFinal: boolean;
  /** To the bot, by its name or as if. */
  readonly meant: boolean;
  readonly sure?: boolean;
};

/** End of a reply that a voice or words over it cause. */
type BargeIn = {
  readonly kind: 'barged';
  readonly reply: number;
  readonly action: BargeInAction;
};

/** Reply that people hear. */
export type SoundingReply = {
  readonly id: number;
  /** Person whom it answers; a text that is read out answers no person. */
  readonly replyTo: PersonId | undefined;
  readonly interruptible: boolean;
};

/** The conversation, as far as barge-in needs it. */
type InterruptedLoop = {
  readonly sounding: SoundingReply | undefined;
  /** Names of the bot are among its settings. */
  readonly state: { readonly settings: { readonly names: readonly string[] } };
  post(event: BargeIn): void;
};

/** Effects of voices and words on the bot's speech: it dips, pauses, goes on, or falls silent. */
export class Interruptions {
  readonly #loop;
  readonly #clock;
  readonly #output;
  readonly #cues;
  #state = uninterrupted;
  /** Reply over which people talk. */
  #replyId: number | undefined;

  constructor(loop: InterruptedLoop, clock: Clock, output: SpeechOutput, cues: CueTrack) {
    this.#loop = loop;
    this.#clock = clock;
    this.#output = output;
    this.#cues = cues;
  }

  /** To be given everything that was noticed of this person, in order. */
  notice(personId: PersonId, noticed: SpeakerInputEvent): void {
    const event = eventOf(noticed);
    if (event) this.#step({ personId, atMs: this.#nowMs(), ...event });
  }

  hear({ personId, ...heard }: Overheard): void {
    this.#step({ kind: 'heard-as', personId, atMs: this.#nowMs(), ...heard });
  }

  /** All words so far of what this person is saying; more may come. */
  overhear(personId: PersonId, text: string): void {
    const partial = overlapOfPartial(text, this.#loop.state.settings.names);
    this.hear({ personId, ...partial, isFinal: false, meant: false });
  }

  /** Forgets people who are not there any more, and what they asked for. */
  keep(isHere: (personId: PersonId) => boolean): void {
    const atMs = this.#nowMs();
    for (const { personId } of this.#state.speeches) {
      if (!isHere(personId)) this.#step({ kind: 'left', personId, atMs });
    }
  }

  /** To be called every 20 ms or so. */
  tick(): void {
    const { sounding } = this.#loop;
    const atMs = this.#nowMs();
    if (sounding?.id !== this.#replyId) {
      if (this.#replyId !== undefined) this.#step({ kind: 'reply-over', atMs });
      this.#replyId = sounding?.id;
      if (sounding) this.#step({ kind: 'reply-began', atMs, ...sounding });
    }
    this.#step({ kind: 'tick', atMs });
  }

  #barge(action: BargeIn['action']) {
    const reply = this.#replyId;
    if (reply !== undefined) this.#loop.post({ kind: 'barged', reply, action });
  }

  #nowMs(): number {
    return this.#clock.nowMs();
  }

  #step(event: InterruptionEvent) {
    const { state, effects } = stepInterruption(this.#state, event, interruptionRules);
    this.#state = state;
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: InterruptionEffect) {
    const output = this.#output;
    switch (effect.kind) {
      case 'duck':
        output.duck(interruptionRules.duckDb);
        return;
      case 'unduck':
        output.duck(0);
        return;
      case 'pause':
        output.pause();
        return;
      case 'resume':
        output.resume();
        return;
      case 'go-on-cue':
        this.#cues.play('heard');
        return;
      case 'stop':
        this.#barge('stop');
        this.#cues.play('thinking');
        return;
      case 'yield':
        this.#barge('yield');
        return;
      case 'finish-clause':
        this.#barge('finish-clause');
        return;
    }
  }
}

function eventOf(noticed: SpeakerInputEvent) {
  switch (noticed.kind) {
    case 'overlap-began':
      return { kind: 'began', fromMs: noticed.fromMs } as const;
    case 'voiced':
      return { kind: 'voiced', voicedMs: noticed.voicedMs, levelDb: noticed.levelDb } as const;
    case 'paused':
      return { kind: 'paused' } as const;
    case 'overlap-ended':
      return { kind: 'ended', voicedMs: noticed.voicedMs } as const;
    case 'ended':
      return { kind: 'ended', voicedMs: noticed.heard.voicedMs } as const;
    case 'began':
    case 'sound':
    case 'resumed':
    case 'long-pause':
    case 'likely-over':
      return undefined;
  }
}
