import type { Clock } from '#src/base/clock.ts';
import type { CueTrack } from '#src/playback/reply/cue-track.ts';
import { bargeInRules } from '#src/turn/overlap/barge-in-rules.ts';
import { classifyPartial, type OverlapKind } from '#src/turn/overlap/overlap-speech.ts';
import {
  type BargeInAction,
  type BargeInEffect,
  type BargeInEvent,
  initialBargeIn,
  stepBargeIn,
} from '#src/turn/overlap/step-barge-in.ts';
import type { SpeechOutput } from '#src/voice/output/speech-output.ts';
import type { SpeakerInputEvent } from './speaker-input.ts';

type Overheard = {
  readonly personId: PersonId;
  readonly meaning: OverlapKind;
  readonly isFinal: boolean;
  /** By name or by context. */
  readonly isMeant: boolean;
  readonly isSure?: boolean;
};

type PostedBargeIn = {
  readonly kind: 'barged';
  readonly reply: number;
  readonly action: BargeInAction;
};

export type SoundingReply = {
  readonly id: number;
  /** An announcement answers no person. */
  readonly replyTo: PersonId | undefined;
  readonly interruptible: boolean;
};

type BargeInLoop = {
  readonly sounding: SoundingReply | undefined;
  readonly state: { readonly settings: { readonly names: readonly string[] } };
  post(event: PostedBargeIn): void;
};

/** Ducks, pauses, resumes or ends the speech of the bot by voices over it. */
export class BargeIns {
  readonly #loop;
  readonly #clock;
  readonly #output;
  readonly #cues;
  #state = initialBargeIn;
  #replyId: number | undefined;

  constructor(loop: BargeInLoop, clock: Clock, output: SpeechOutput, cues: CueTrack) {
    this.#loop = loop;
    this.#clock = clock;
    this.#output = output;
    this.#cues = cues;
  }

  handleInput(personId: PersonId, noticed: SpeakerInputEvent) {
    const event = toOverlapEvent(noticed);
    if (event) this.#stepOverlap({ personId, atMs: this.#getNowMs(), ...event });
  }

  hearMeaning({ personId, ...heard }: Overheard) {
    this.#stepOverlap({ kind: 'heard-as', personId, atMs: this.#getNowMs(), ...heard });
  }

  hearPartial(personId: PersonId, text: string) {
    const partial = classifyPartial(text, this.#loop.state.settings.names);
    this.hearMeaning({ personId, ...partial, isFinal: false, isMeant: false });
  }

  /** Forgets people who have gone, and the pauses that they caused. */
  updatePresence(isHere: (personId: PersonId) => boolean) {
    const atMs = this.#getNowMs();
    for (const { personId } of this.#state.speeches) {
      if (!isHere(personId)) this.#stepOverlap({ kind: 'left', personId, atMs });
    }
  }

  tick() {
    const { sounding } = this.#loop;
    const atMs = this.#getNowMs();
    if (sounding?.id !== this.#replyId) {
      if (this.#replyId !== undefined) this.#stepOverlap({ kind: 'reply-over', atMs });
      this.#replyId = sounding?.id;
      if (sounding) this.#stepOverlap({ kind: 'reply-began', atMs, ...sounding });
    }
    this.#stepOverlap({ kind: 'tick', atMs });
  }

  #postBargeIn(action: PostedBargeIn['action']) {
    const reply = this.#replyId;
    if (reply !== undefined) this.#loop.post({ kind: 'barged', reply, action });
  }

  #getNowMs() {
    return this.#clock.nowMs();
  }

  #stepOverlap(event: BargeInEvent) {
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
      return {
        kind: 'voiced',
        voicedMs: noticed.voicedMs,
        levelDb: noticed.levelDb,
      } as const;
    case 'paused':
      return { kind: 'paused' } as const;
    case 'overlap-ended':
      return { kind: 'ended', voicedMs: noticed.voicedMs } as const;
    case 'ended':
      return { kind: 'ended', voicedMs: noticed.heard.voicedMs } as const;
    case 'began':
    case 'sound':
    case 'resumed':
    case 'ask-turn-model':
    case 'long-pause':
    case 'likely-over':
    case 'sounds-over':
      return undefined;
  }
}
