import type { Clock } from '#src/base/clock.ts';
import type { PersonId } from '#src/base/ids.ts';
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
import type { SpeechOutput } from '#src/voice/output/speech-output.ts';
import type { SpeakerInputEvent } from './speaker-input.ts';

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
  readonly state: {
    readonly session: { readonly settings: { readonly names: readonly string[] } };
  };
  post(event: PostedBargeIn): void;
};

/** Ducks, pauses, resumes or ends the speech of the bot by voices over it. */
export function createBargeIns(
  loop: BargeInLoop,
  clock: Clock,
  output: SpeechOutput,
  cues: CueTrack,
) {
  let state = initialBargeIn;
  let replyId: number | undefined;

  function hearMeaning(heard: Omit<OverlapText, 'kind' | 'atMs'>) {
    stepOverlap({ kind: 'heard-as', atMs: clock.nowMs(), ...heard });
  }

  function postBargeIn(action: BargeInAction) {
    const reply = replyId;
    if (reply !== undefined) loop.post({ kind: 'barged', reply, action });
  }

  function stepOverlap(event: BargeInEvent) {
    const after = stepBargeIn(state, event, bargeInRules);
    state = after.state;
    for (const effect of after.effects) performEffect(effect);
  }

  function performEffect(effect: BargeInEffect) {
    switch (effect) {
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
        cues.play('heard');
        return;
      case 'stop':
        postBargeIn(effect);
        cues.play('thinking');
        return;
      case 'yield':
      case 'finish-clause':
        postBargeIn(effect);
        return;
    }
  }

  return {
    handleInput(personId: PersonId, event: SpeakerInputEvent) {
      const overlapEvent = toOverlapEvent(event);
      if (overlapEvent) stepOverlap({ personId, atMs: clock.nowMs(), ...overlapEvent });
    },
    hearMeaning,
    hearPartial(personId: PersonId, text: string) {
      const partial = classifyPartial(text, loop.state.session.settings.names);
      hearMeaning({ personId, ...partial, isFinal: false, isMeant: false });
    },
    updatePresence(isHere: (personId: PersonId) => boolean) {
      const atMs = clock.nowMs();
      for (const { personId } of state.speeches) {
        if (!isHere(personId)) stepOverlap({ kind: 'left', personId, atMs });
      }
    },
    tick() {
      const { sounding } = loop;
      if (!sounding && replyId === undefined && !state.speeches.some(isOpen)) return;
      const atMs = clock.nowMs();
      if (sounding?.id !== replyId) {
        if (replyId !== undefined) stepOverlap({ kind: 'reply-over', atMs });
        replyId = sounding?.id;
        if (sounding) stepOverlap({ kind: 'reply-began', atMs, ...sounding });
      }
      stepOverlap({ kind: 'tick', atMs });
    },
  };
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
