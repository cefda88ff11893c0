import type { Clock } from '#src/base/clock.ts';
import type { CueTrack } from '#src/playback/reply/cue-track.ts';
import { bargeInRules } from '#src/turn/overlap/barge-in-rules.ts';
import { classifyPartial, type OverlapKind } from '#src/turn/overlap/overlap-speech.ts';
import {
  type BargeInAction,
  type BargeInEffect,
  type BargeInEvent as InterruptionEvent,
  initialBargeIn,
  stepBargeIn,
} from '#src/turn/overlap/step-barge-in.ts';
import type { SpeechOutput } from '#src/voice/output/speech-output.ts';
import type { SpeakerInputEvent } from './speaker-input.ts';

/** Words of a person while the bot speaks, as far as they are known. */
type Overheard = {
  readonly personId: PersonId;
  readonly meaning: OverlapKind;
  readonly isFinal: boolean;
  /** To the bot, by its name or as if. */
  readonly isMeant: boolean;
  readonly isSure?: boolean;
};

/** End of a reply that a voice or words over it cause. */
type BargeInEvent = {
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
type BargeInLoop = {
  readonly sounding: SoundingReply | undefined;
  /** Names of the bot are among its settings. */
  readonly state: { readonly settings: { readonly names: readonly string[] } };
  post(event: BargeInEvent): void;
};

/** Effects of voices and words on the bot's speech: it dips, pauses, goes on, or falls silent. */
export class BargeIns {
  readonly #loop;
  readonly #clock;
  readonly #output;
  readonly #cues;
  #state = initialBargeIn;
  /** Reply over which people talk. */
  #replyId: number | undefined;

  constructor(loop: BargeInLoop, clock: Clock, output: SpeechOutput, cues: CueTrack) {
    this.#loop = loop;
    this.#clock = clock;
    this.#output = output;
    this.#cues = cues;
  }

  /** To be given everything that was noticed of this person, in order. */
  handleInput(personId: PersonId, noticed: SpeakerInputEvent): void {
    const event = toOverlapEvent(noticed);
    if (event) this.#stepOverlap({ personId, atMs: this.#getNowMs(), ...event });
  }

  hearMeaning({ personId, ...heard }: Overheard): void {
    this.#stepOverlap({ kind: 'heard-as', personId, atMs: this.#getNowMs(), ...heard });
  }

  /** All words so far of what this person is saying; more may come. */
  hearPartial(personId: PersonId, text: string): void {
    const partial = classifyPartial(text, this.#loop.state.settings.names);
    this.hearMeaning({ personId, ...partial, isFinal: false, isMeant: false });
  }

  /** Forgets people who are not there any more, and what they asked for. */
  updatePresence(isHere: (personId: PersonId) => boolean): void {
    const atMs = this.#getNowMs();
    for (const { personId } of this.#state.speeches) {
      if (!isHere(personId)) this.#stepOverlap({ kind: 'left', personId, atMs });
    }
  }

  /** To be called every 20 ms or so. */
  tick(): void {
    const { sounding } = this.#loop;
    const atMs = this.#getNowMs();
    if (sounding?.id !== this.#replyId) {
      if (this.#replyId !== undefined) this.#stepOverlap({ kind: 'reply-over', atMs });
      this.#replyId = sounding?.id;
      if (sounding) this.#stepOverlap({ kind: 'reply-began', atMs, ...sounding });
    }
    this.#stepOverlap({ kind: 'tick', atMs });
  }

  #postBargeIn(action: BargeInEvent['action']) {
    const reply = this.#replyId;
    if (reply !== undefined) this.#loop.post({ kind: 'barged', reply, action });
  }

  #getNowMs(): number {
    return this.#clock.nowMs();
  }

  #stepOverlap(event: InterruptionEvent) {
    const { state, effects } = stepBargeIn(this.#state, event, bargeInRules);
    this.#state = state;
    for (const effect of effects) this.#performEffect(effect);
  }

  #performEffect(effect: BargeInEffect) {
    const output = this.#output;
    switch (effect.kind) {
      case 'duck':
        output.duck(bargeInRules.duckDb);
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
        this.#postBargeIn('stop');
        this.#cues.play('thinking');
        return;
      case 'yield':
        this.#postBargeIn('yield');
        return;
      case 'finish-clause':
        this.#postBargeIn('finish-clause');
        return;
    }
  }
}

function toOverlapEvent(noticed: SpeakerInputEvent) {
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
