import type { Clock } from '#src/base/clock.ts';
import type { PersonId } from '#src/base/ids.ts';
import type { SpeakerInputEvent } from '#src/conversation/ear/speaker-input.ts';
import type { SpeechOutput } from '#src/conversation/mouth/speech-output.ts';
import type { CueTrack } from '#src/playback/reply/cue-track.ts';
import { bargeInRules } from '#src/turn/overlap/barge-in-rules.ts';
import {
  classifyPartial,
  type OverlapSpeech,
} from '#src/turn/overlap/overlap-speech.ts';
import {
  type BargeInAction,
  type BargeInEffect,
  type BargeInEvent,
  initialBargeIn,
  type OverlapText,
  stepBargeIn,
} from '#src/turn/overlap/step-barge-in.ts';

type PostedBargeIn = {
  readonly kind: 'barged';
  readonly reply: number;
  readonly action: BargeInAction;
};

/** The reply that people hear now. */
export type SoundingReply = {
  readonly id: number;
  /** Asker of the reply. Undefined for an announcement. */
  readonly replyTo: PersonId | undefined;
  readonly interruptible: boolean;
};

type BargeInLoop = {
  readonly sounding: SoundingReply | undefined;
  readonly state: {
    readonly session: { readonly settings: { readonly names: readonly string[] } };
  };
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

  /** Applies an event of a person's voice, if it matters over the bot's speech. */
  handleInput(personId: PersonId, event: SpeakerInputEvent): void {
    const overlap = toOverlapEvent(event);
    if (overlap) this.#stepOverlap({ personId, atMs: this.#clock.nowMs(), ...overlap });
  }

  /** Applies the meaning of words that were said over the bot's speech. */
  hearMeaning(text: Omit<OverlapText, 'kind' | 'atMs'>): void {
    this.#stepOverlap({ kind: 'heard-as', atMs: this.#clock.nowMs(), ...text });
  }

  /** Applies words so far of an utterance over the bot's speech. Later ones may correct them. */
  hearPartial(personId: PersonId, text: string): void {
    const partial = classifyPartial(text, this.#loop.state.session.settings.names);
    this.hearMeaning({ personId, ...partial, isFinal: false, isMeant: false });
  }

  /** Ends the overlaps of people that have left the channel. */
  updatePresence(isHere: (personId: PersonId) => boolean): void {
    const atMs = this.#clock.nowMs();
    for (const { personId } of this.#state.speeches) {
      if (!isHere(personId)) this.#stepOverlap({ kind: 'left', personId, atMs });
    }
  }

  /** Lets time pass. Call it with each frame, and with each step of the connection's clock. */
  tick(): void {
    const { sounding } = this.#loop;
    if (!sounding && this.#replyId === undefined && !this.#state.speeches.some(isOpen))
      return;
    const atMs = this.#clock.nowMs();
    if (sounding?.id !== this.#replyId) {
      if (this.#replyId !== undefined) this.#stepOverlap({ kind: 'reply-over', atMs });
      this.#replyId = sounding?.id;
      if (sounding) this.#stepOverlap({ kind: 'reply-began', atMs, ...sounding });
    }
    this.#stepOverlap({ kind: 'tick', atMs });
  }

  #stepOverlap(event: BargeInEvent) {
    const { state, effects } = stepBargeIn(this.#state, event, bargeInRules);
    this.#state = state;
    for (const effect of effects) this.#performEffect(effect);
  }

  #performEffect(effect: BargeInEffect) {
    switch (effect) {
      case 'duck':
        this.#output.duck(bargeInRules.duckDb);
        return;
      case 'unduck':
        this.#output.duck(0);
        return;
      case 'pause':
        this.#output.pause();
        return;
      case 'resume':
        this.#output.resume();
        return;
      case 'go-on-cue':
        this.#cues.play('heard');
        return;
      case 'stop':
        this.#postBargeIn(effect);
        this.#cues.play('thinking');
        return;
      case 'yield':
      case 'finish-clause':
        this.#postBargeIn(effect);
        return;
    }
  }

  #postBargeIn(action: BargeInAction) {
    const reply = this.#replyId;
    if (reply !== undefined) this.#loop.post({ kind: 'barged', reply, action });
  }
}

/** Tests whether time can still change a speech. */
function isOpen({ reaction, stopAtMs }: OverlapSpeech) {
  return reaction !== 'none' || stopAtMs !== undefined;
}

function toOverlapEvent(event: SpeakerInputEvent) {
  switch (event.kind) {
    case 'overlap-began':
      return { kind: 'began', fromMs: event.fromMs } as const;
    case 'voiced':
      return {
        kind: 'voiced',
        voicedMs: event.voicedMs,
        levelDb: event.levelDb,
      } as const;
    case 'paused':
      return { kind: 'paused' } as const;
    case 'overlap-ended':
      return { kind: 'ended', voicedMs: event.voicedMs } as const;
    case 'ended':
      return { kind: 'ended', voicedMs: event.heard.voicedMs } as const;
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
