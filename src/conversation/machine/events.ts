import type { ReplyFinish } from '#src/base/play-end.ts';
import type { ConsentPolicy } from '#src/people/consent.ts';
import type { VoiceRestriction } from '#src/ports/seat-changes-by-others.ts';
import type { LeaveReason } from '#src/ports/session-events.ts';
import type { BargeInAction } from '#src/turn/overlap/step-barge-in.ts';
import type { Evidence } from '#src/turn/voice-evidence.ts';
import type {
  AnnouncementPlace,
  EarlyEnd,
  Id,
  Participant,
  ReplyFailure,
  SessionSettings,
  ToolRequest,
} from './state.ts';

/** Events of the audio plane. */
type VoiceEvent =
  | {
      readonly kind: 'began';
      readonly utterance: Id;
      readonly by: PersonId;
      /** First sound of the voice, in ms. Detection takes a moment. */
      readonly fromMs: number;
      /** Words that the recogniser is told to expect. */
      readonly hints: readonly string[];
      /** True where captions want its words. */
      readonly isCaptioned?: boolean;
    }
  | {
      readonly kind: 'paused';
      readonly utterance: Id;
      readonly evidence: Evidence;
      /** True where the pause is longer than most pauses inside a sentence. */
      readonly isLong?: boolean;
      /** True where the words cost too much before the end. */
      readonly isCostly?: boolean;
    }
  | { readonly kind: 'resumed'; readonly utterance: Id }
  | {
      readonly kind: 'likely-over';
      readonly utterance: Id;
      readonly evidence: Evidence;
      readonly isCostly?: boolean;
    }
  /** Another voice or a track sounds beside an utterance. */
  | { readonly kind: 'overlaid'; readonly utterance: Id }
  | {
      readonly kind: 'ended';
      readonly utterance: Id;
      /** Last sound of the voice, in ms. */
      readonly toMs: number;
      /** Instant, in ms of the packets, at which the silence was long enough. */
      readonly endedMs: number;
      readonly evidence: Evidence;
      /** True where it was cut for its length. */
      readonly isTooLong?: boolean;
    }
  | {
      /** Decision of `turn/overlap` about a voice over a reply. */
      readonly kind: 'barged';
      readonly reply: Id;
      readonly action: BargeInAction;
    };

type RecogniserEvent =
  | {
      readonly kind: 'partial';
      readonly utterance: Id;
      readonly text: string;
      /** False: words of a sound that is recognised once it was said. */
      readonly isStreamed?: boolean;
    }
  | {
      readonly kind: 'words';
      readonly utterance: Id;
      readonly pause: number;
      readonly text: string;
      /** Language of the speaker, BCP 47, where it is known. */
      readonly language: string | undefined;
    }
  | {
      readonly kind: 'unrecognised';
      readonly utterance: Id;
      readonly pause: number;
      readonly error?: unknown;
    };

/** Events of answers and readings. `reply` is the id of either. */
type ReplyEvent =
  /** The prompt of an answer was made. `hasOthers`: it holds memories, captions or other words of others. */
  | { readonly kind: 'prompted'; readonly answer: Id; readonly hasOthers: boolean }
  | { readonly kind: 'audible'; readonly reply: Id }
  /** All sound of an answer is there: its last words sound soon. */
  | { readonly kind: 'whole'; readonly reply: Id; readonly text: string }
  | { readonly kind: 'starved'; readonly reply: Id; readonly isStarved: boolean }
  | {
      readonly kind: 'over';
      readonly reply: Id;
      readonly finish: ReplyFinish;
      /** Words that left for the channel. */
      readonly heard: string;
      /** Stage that failed. */
      readonly stage?: string | undefined;
      readonly failure?: ReplyFailure | undefined;
      /** Words of a typed question, where a recording was recognised meanwhile. */
      readonly words?: string | undefined;
    }
  /** The budget refuses an answer. */
  | { readonly kind: 'refused'; readonly answer: Id };

type ToolEvent =
  | { readonly kind: 'called'; readonly answer: Id; readonly call: ToolRequest }
  /** `isVain`: nothing was changed. */
  | {
      readonly kind: 'returned';
      readonly run: Id;
      readonly result: string;
      readonly isVain: boolean;
    }
  | { readonly kind: 'pressed'; readonly confirmation: Id; readonly by: PersonId }
  /** A button of Confirm could not be shown. */
  | { readonly kind: 'ask-failed'; readonly confirmation: Id };

/** Requests of people and programs. `request` is the id of a caller that waits. */
type RequestEvent =
  | {
      readonly kind: 'typed';
      readonly request: Id;
      readonly by: PersonId;
      readonly name: string;
      readonly text: string;
    }
  /** A question was answered in writing, and the channel may know it. */
  | {
      readonly kind: 'exchanged';
      readonly by: PersonId;
      readonly name: string;
      readonly words: string;
      readonly heard: string;
    }
  /** Instructions have changed: answers that were begun before do not fit any more. */
  | { readonly kind: 'outdated' }
  | {
      readonly kind: 'read';
      readonly request: Id | undefined;
      readonly owner: PersonId | undefined;
      readonly about: readonly PersonId[];
      readonly when: Exclude<AnnouncementPlace, 'pause'>;
      readonly text: string;
      readonly isInterruptible: boolean;
    }
  | {
      readonly kind: 'notify';
      readonly request: Id | undefined;
      readonly to: PersonId | undefined;
      readonly text: string;
      /** Latest instant, in ms, at which it may be said. */
      readonly untilMs: number;
    }
  | { readonly kind: 'taken-back'; readonly request: Id }
  /** One turn or reading is taken out, of whatever person. */
  | { readonly kind: 'taken-out'; readonly id: Id; readonly why: EarlyEnd }
  /** A failure that people know of from now on, or that is over. */
  | { readonly kind: 'failure'; readonly failure: string; readonly isOver: boolean }
  | { readonly kind: 'stop' }
  | { readonly kind: 'opened-window'; readonly by: PersonId };

type PeopleEvent =
  | { readonly kind: 'people'; readonly people: readonly Participant[] }
  | {
      readonly kind: 'answered-consent';
      readonly by: PersonId;
      readonly answer: 'yes' | 'called' | 'no' | 'forget';
    }
  /** Policy and stored consents were read, or cannot be read. */
  | {
      readonly kind: 'consents';
      readonly policy: ConsentPolicy;
      readonly isRead: boolean;
      readonly no: readonly PersonId[];
      readonly yes: readonly PersonId[];
    }
  | { readonly kind: 'paused-hearing'; readonly isPaused: boolean };

type PlaceEvent =
  | { readonly kind: 'link-up' }
  /** The connection has closed. `isHeard`: a word of the reply that sounded has left. */
  | { readonly kind: 'link-down'; readonly isHeard: boolean }
  | {
      readonly kind: 'link-lost';
      /** 0 to 1, evenly. */
      readonly random: number;
      /** Time, in ms, before which Discord allows no try. */
      readonly restMs: number;
      /** Time, in ms, that Discord asks to wait in place of a growing one. */
      readonly paceMs?: number | undefined;
      /** Reason for which no try is of use. */
      readonly final: 'refused' | 'sent-away' | 'lost' | undefined;
    }
  | { readonly kind: 'restricted'; readonly how: VoiceRestriction; readonly isOn: boolean }
  | { readonly kind: 'settings'; readonly settings: Partial<SessionSettings> }
  | { readonly kind: 'draining' }
  | { readonly kind: 'leave'; readonly why: LeaveReason }
  /** An instant of `getWakeTime` has come. */
  | { readonly kind: 'tick' };

/** Everything that happens in a conversation. An event about something that is gone has no effect. */
export type ConversationEvent = { readonly atMs: number } & (
  | VoiceEvent
  | RecogniserEvent
  | ReplyEvent
  | ToolEvent
  | RequestEvent
  | PeopleEvent
  | PlaceEvent
);

export type EventKind = ConversationEvent['kind'];
export type EventOf<Kind extends EventKind> = Extract<ConversationEvent, { readonly kind: Kind }>;

/** An event before it has its instant. */
export type UntimedEvent = ConversationEvent extends infer One
  ? One extends ConversationEvent
    ? Omit<One, 'atMs'>
    : never
  : never;
