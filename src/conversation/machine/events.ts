import type { PersonId } from '#src/base/ids.ts';
import type { ReplyFinish } from '#src/base/play-end.ts';
import type { StoredConsents } from '#src/people/consent.ts';
import type { LeaveReason } from '#src/ports/session-events.ts';
import type { VoiceRestriction } from '#src/ports/voice-link.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { BargeInAction } from '#src/turn/overlap/step-barge-in.ts';
import type { VoiceEvidence } from '#src/turn/voice-evidence.ts';
import type { LostConnection } from './reconnect-policy.ts';
import type {
  AnnouncementPlace,
  EarlyEnd,
  Id,
  Participant,
  ReplyFailure,
  SessionSettings,
  ToolRequest,
} from './state.ts';

type VoiceEvent =
  | {
      readonly kind: 'began';
      readonly utterance: Id;
      readonly by: PersonId;
      /** Detection takes a moment, so this lies before the event. */
      readonly fromMs: number;
      readonly hints: readonly string[];
      readonly isCaptioned?: boolean;
      /** The local recogniser can tell whether the bot is named, before another one is paid. */
      readonly canHearName?: boolean;
    }
  /** The local recogniser listened for the name of the bot, in the sound so far or, where the bot is not named, in all of it. */
  | {
      readonly kind: 'name-judged';
      readonly utterance: Id;
      /** The bot is named, or the recogniser cannot tell. */
      readonly mayBeNamed: boolean;
      /** The speaker pauses now. */
      readonly isPausing?: boolean;
      readonly isCostly?: boolean;
    }
  | {
      readonly kind: 'paused';
      readonly utterance: Id;
      readonly evidence: VoiceEvidence;
      /** True if the pause is longer than most pauses inside a sentence. */
      readonly isLong?: boolean;
      /** True if budget or machine afford no request before the end of the utterance. */
      readonly isCostly?: boolean;
    }
  /** `overlaid`: another voice or a track sounds beside the utterance. */
  | { readonly kind: 'resumed' | 'overlaid'; readonly utterance: Id }
  | {
      readonly kind: 'likely-over';
      readonly utterance: Id;
      readonly evidence: VoiceEvidence;
      readonly isCostly?: boolean;
    }
  | {
      readonly kind: 'ended';
      readonly utterance: Id;
      readonly toMs: number;
      /** Instant of the packets at which the silence was long enough. */
      readonly endedMs: number;
      readonly evidence: VoiceEvidence;
      readonly isTooLong?: boolean;
    }
  | {
      readonly kind: 'barged';
      readonly reply: Id;
      readonly action: BargeInAction;
    };

type RecogniserEvent =
  | {
      readonly kind: 'partial';
      readonly utterance: Id;
      readonly text: string;
      /** False: the recogniser takes whole utterances, and reports words only while a request runs. */
      readonly isStreamed?: boolean;
    }
  | {
      readonly kind: 'words';
      readonly utterance: Id;
      readonly pause: number;
      readonly text: string;
      readonly language: string | undefined;
    }
  | {
      readonly kind: 'unrecognised';
      readonly utterance: Id;
      readonly pause: number;
      readonly error?: unknown;
    }
  /** Words of the local recogniser, where the usual one is closed. Only a command in them counts. */
  | {
      readonly kind: 'local-words';
      readonly by: PersonId;
      readonly fromMs: number;
      readonly toMs: number;
      readonly evidence: VoiceEvidence;
      readonly hints: readonly string[];
      readonly text: string;
      readonly language: string | undefined;
      /** No money recognises or answers words to the bot. */
      readonly isUnpaid: boolean;
    };

/** `reply` is the id of an answer or an announcement. */
type ReplyEvent =
  | {
      readonly kind: 'prompted';
      readonly answer: Id;
      /** The prompt holds memories, captions or other words of others. */
      readonly hasOthers: boolean;
      /** Tells the channel that most of a budget is used. */
      readonly warning: TextLine | undefined;
    }
  /** The words of the prompt are known, and with them its order on the language of the answer. Empty: it has none. */
  | { readonly kind: 'ordered'; readonly answer: Id; readonly languageOrder: string }
  | { readonly kind: 'audible'; readonly reply: Id }
  | { readonly kind: 'whole'; readonly reply: Id; readonly text: string }
  | { readonly kind: 'starved'; readonly reply: Id; readonly isStarved: boolean }
  /** `heard`: the words of the reply before people interrupted. Undefined: the reply goes on. */
  | { readonly kind: 'halted'; readonly reply: Id; readonly heard: string | undefined }
  | {
      readonly kind: 'over';
      readonly reply: Id;
      readonly finish: ReplyFinish;
      readonly heard: string;
      readonly stage?: string;
      readonly failure?: ReplyFailure;
      /** Words of a recording in a typed question. */
      readonly words?: string;
    }
  | {
      readonly kind: 'refused';
      readonly answer: Id;
      /** Tells the asker why. Undefined: the asker knows. */
      readonly line: TextLine | undefined;
    };

type ToolEvent =
  | { readonly kind: 'called'; readonly answer: Id; readonly call: ToolRequest }
  | {
      readonly kind: 'returned';
      readonly run: Id;
      readonly result: string;
      readonly isVain: boolean;
    }
  | { readonly kind: 'pressed'; readonly confirmation: Id; readonly by: PersonId }
  /** A press of No. */
  | { readonly kind: 'declined'; readonly confirmation: Id; readonly by: PersonId }
  | { readonly kind: 'ask-failed'; readonly confirmation: Id };

/** `request` is the id of the waiting caller. */
type RequestEvent =
  | {
      readonly kind: 'typed';
      readonly request: Id;
      readonly by: PersonId;
      readonly name: string;
      readonly text: string;
    }
  | {
      readonly kind: 'exchanged';
      readonly by: PersonId;
      readonly name: string;
      readonly words: string;
      readonly heard: string;
    }
  /** `outdated`: instructions have changed since earlier answers were begun. */
  | { readonly kind: 'outdated' | 'stop' }
  /** The bot wrote a question or notice about itself to people in the channel. */
  | { readonly kind: 'told' }
  | {
      readonly kind: 'announcement';
      readonly request: Id | undefined;
      readonly owner: PersonId | undefined;
      readonly about: readonly PersonId[];
      readonly when: Exclude<AnnouncementPlace, 'pause'>;
      readonly isInterruptible: boolean;
    }
  | {
      readonly kind: 'notify';
      readonly request: Id | undefined;
      readonly to: PersonId | undefined;
      readonly untilMs: number;
    }
  | { readonly kind: 'taken-back'; readonly request: Id }
  | { readonly kind: 'taken-out'; readonly id: Id; readonly why: EarlyEnd }
  | { readonly kind: 'failure'; readonly failure: string; readonly isOver: boolean }
  | { readonly kind: 'opened-window'; readonly by: PersonId };

type PeopleEvent =
  | { readonly kind: 'people'; readonly people: readonly Participant[] }
  | {
      readonly kind: 'answered-consent';
      readonly by: PersonId;
      readonly answer: 'yes' | 'called' | 'no' | 'forget';
    }
  | ({ readonly kind: 'consents' } & StoredConsents)
  | { readonly kind: 'paused-hearing'; readonly isPaused: boolean };

type PlaceEvent =
  | { readonly kind: 'link-up' | 'draining' | 'tick' }
  | { readonly kind: 'link-down'; readonly isHeard: boolean }
  | ({
      readonly kind: 'link-lost';
      readonly final: LeaveReason | undefined;
    } & LostConnection)
  | {
      readonly kind: 'restricted';
      readonly how: VoiceRestriction;
      readonly isOn: boolean;
    }
  | { readonly kind: 'settings'; readonly settings: Partial<SessionSettings> }
  | { readonly kind: 'leave'; readonly why: LeaveReason };

/** Everything that a step can be told of. An event about a turn, reply or call that is gone has no effect. */
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
/** The event of one kind. */
export type EventOf<Kind extends EventKind> = ConversationEvent & {
  readonly kind: Kind;
};

/** A fact that ear and mouth know at once as they begin the work of an effect. */
export type InnerEvent = Extract<
  UntimedEvent,
  { readonly kind: 'prompted' | 'refused' | 'whole' | 'barged' }
>;

export type UntimedEvent = ConversationEvent extends infer One
  ? One extends ConversationEvent
    ? Omit<One, 'atMs'>
    : never
  : never;
