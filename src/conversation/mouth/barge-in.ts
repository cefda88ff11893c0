import type { PersonId } from '#src/base/ids.ts';
import type { ConversationLoop } from '#src/conversation/conversation-loop.ts';
import type { SpeakerInputEvent } from '#src/conversation/ear/speaker-input.ts';
import { findSoundingReply } from '#src/conversation/machine/draft.ts';
import type { InnerEvent } from '#src/conversation/machine/events.ts';
import type { SpeechOutput } from '#src/conversation/mouth/speech-output.ts';
import type { CueTrack } from '#src/playback/reply/cue-track.ts';
import type { OverlapWords } from '#src/turn/decide-utterance.ts';
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

/** Words of a person over the bot so far. `isOfPause`: all of them up to a pause. */
export type OverheardWords = { readonly text: string; readonly isOfPause: boolean };

/** Ducks, pauses or resumes the speech of the bot by voices over it, and returns the barge-ins that end it. */
export class BargeIns {
  readonly #loop;
  readonly #output;
  readonly #cues;
  #state = initialBargeIn;
  #replyId: number | undefined;

  constructor(loop: ConversationLoop, output: SpeechOutput, cues: CueTrack) {
    this.#loop = loop;
    this.#output = output;
    this.#cues = cues;
  }

  /** Applies an event of a person's voice, if it matters over the bot's speech. */
  handleInput(personId: PersonId, event: SpeakerInputEvent): readonly InnerEvent[] {
    const overlap = toOverlapEvent(event);
    if (!overlap) return [];
    return this.#stepOverlap({ personId, atMs: this.#loop.nowMs, ...overlap });
  }

  /** Applies what the final words of a person over the bot's speech mean. */
  hearWords(
    personId: PersonId,
    { isMeant, what: meaning }: OverlapWords,
  ): readonly InnerEvent[] {
    return this.#hearMeaning({ personId, meaning, isMeant, isFinal: true });
  }

  /** Applies words so far of an utterance over the bot's speech. Later ones may correct them. */
  hearPartial(
    personId: PersonId,
    { isOfPause, text }: OverheardWords,
  ): readonly InnerEvent[] {
    const { names } = this.#loop.state.session.settings;
    const partial = classifyPartial(text, names, isOfPause);
    return this.#hearMeaning({ personId, ...partial, isFinal: false, isMeant: false });
  }

  /** Lets time pass. Call it with each frame, and with each step of the connection's clock. */
  tick(): readonly InnerEvent[] {
    const bargeIns = this.#endSpeechOfAbsent();
    const sounding = findSoundingReply(this.#loop.state);
    if (!sounding && this.#replyId === undefined && !this.#state.speeches.some(isOpen))
      return bargeIns;
    const atMs = this.#loop.nowMs;
    if (sounding?.id !== this.#replyId) {
      if (this.#replyId !== undefined)
        bargeIns.push(...this.#stepOverlap({ kind: 'reply-over', atMs }));
      this.#replyId = sounding?.id;
      if (sounding)
        bargeIns.push(...this.#stepOverlap({ kind: 'reply-began', atMs, ...sounding }));
    }
    bargeIns.push(...this.#stepOverlap({ kind: 'tick', atMs }));
    return bargeIns;
  }

  #hearMeaning(text: Omit<OverlapText, 'kind' | 'atMs'>) {
    return this.#stepOverlap({ kind: 'heard-as', atMs: this.#loop.nowMs, ...text });
  }

  #endSpeechOfAbsent() {
    const { people } = this.#loop.state.presence;
    const atMs = this.#loop.nowMs;
    const absent = this.#state.speeches.filter(({ personId }) =>
      people.every(({ id }) => id !== personId),
    );
    return absent.flatMap(({ personId }) =>
      this.#stepOverlap({ kind: 'left', personId, atMs }),
    );
  }

  #stepOverlap(event: BargeInEvent): InnerEvent[] {
    const { state, effects } = stepBargeIn(this.#state, event, bargeInRules);
    this.#state = state;
    return effects.flatMap((effect) => this.#performEffect(effect) ?? []);
  }

  /** Applies an effect to the sound. Returns a barge-in that ends the reply. */
  #performEffect(effect: BargeInEffect): InnerEvent | undefined {
    switch (effect) {
      case 'duck':
        this.#output.duck(bargeInRules.duckDb);
        return undefined;
      case 'unduck':
        this.#output.duck(0);
        return undefined;
      case 'pause':
        this.#output.pause();
        return undefined;
      case 'resume':
        this.#output.resume();
        return undefined;
      case 'go-on-cue':
        this.#cues.play('heard');
        return undefined;
      case 'stop':
        this.#cues.play('thinking');
        return this.#toBargeIn(effect);
      case 'yield':
      case 'finish-clause':
        return this.#toBargeIn(effect);
    }
  }

  #toBargeIn(action: BargeInAction): InnerEvent | undefined {
    const reply = this.#replyId;
    return reply === undefined ? undefined : { kind: 'barged', reply, action };
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
      return { kind: 'ended', voicedMs: event.voicedMs, isWordless: true } as const;
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
