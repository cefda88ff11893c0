import type { ConsentPolicy } from '#src/people/consent.ts';
import type { ReplyFinish } from '#src/playback/reply/spoken-reply.ts';
import type { Evidence } from '#src/turn/evidence.ts';
import type {
  Id,
  Participant,
  PersonId,
  ReadingPlace,
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
    }
  | { readonly kind: 'paused'; readonly utterance: Id; readonly evidence: Evidence }
  | { readonly kind: 'resumed'; readonly utterance: Id }
  | { readonly kind: 'likely-over'; readonly utterance: Id; readonly evidence: Evidence }
  | {
      readonly kind: 'ended';
      readonly utterance: Id;
      /** Last sound of the voice, in ms. */
      readonly toMs: number;
      /** Instant, in ms of the packets, at which the silence was long enough. */
      readonly endedMs: number;
      readonly evidence: Evidence;
      /** True for a voice far quieter than the usual one of this person. */
      readonly isFarField: boolean;
      /** True where another voice or a track sounded meanwhile. */
      readonly isAmongSounds: boolean;
    }
  | {
      /** Decision of `turn/overlap` about a voice over a reply. */
      readonly kind: 'barged';
      readonly reply: Id;
      readonly by: PersonId;
      readonly action: 'stop' | 'yield' | 'finish-clause';
    };

type RecogniserEvent =
  | { readonly kind: 'partial'; readonly utterance: Id; readonly text: string }
  | {
      readonly kind: 'words';
      readonly utterance: Id;
      readonly pause: number;
      readonly text: string;
      /** Language of the speaker, BCP 47, where it is known. */
      readonly language: string | undefined;
    }
  | { readonly kind: 'unrecognised'; readonly utterance: Id; readonly pause: number };

/** Events of answers and readings. `reply` is the id of either. */
type ReplyEvent =
  /** The prompt of an answer was made. `hasOthers`: it holds memories, captions or other words of others. */
  | { readonly kind: 'prompted'; readonly answer: Id; readonly hasOthers: boolean }
  | { readonly kind: 'ready'; readonly answer: Id }
  | { readonly kind: 'audible'; readonly reply: Id }
  | { readonly kind: 'starved'; readonly reply: Id; readonly isStarved: boolean }
  | {
      readonly kind: 'over';
      readonly reply: Id;
      readonly finish: ReplyFinish;
      /** Words that left for the channel. */
      readonly heard: string;
    }
  | { readonly kind: 'failed'; readonly answer: Id; readonly stage: string }
  /** The budget refuses an answer or a reading. `isNews`: the channel has not read of it yet. */
  | {
      readonly kind: 'refused';
      readonly reply: Id;
      readonly line: string;
      readonly isNews: boolean;
    };

type ToolEvent =
  | { readonly kind: 'called'; readonly answer: Id; readonly call: ToolRequest }
  /** `isVain`: nothing was changed. */
  | {
      readonly kind: 'returned';
      readonly run: Id;
      readonly result: string;
      readonly isVain: boolean;
    }
  | { readonly kind: 'pressed'; readonly confirmation: Id; readonly by: PersonId };

/** Requests of people and programs. `request` is the id of a caller that waits. */
type RequestEvent =
  | { readonly kind: 'typed'; readonly request: Id; readonly by: PersonId; readonly text: string }
  | {
      readonly kind: 'read';
      readonly request: Id | undefined;
      readonly owner: PersonId | undefined;
      readonly about: readonly PersonId[];
      readonly when: ReadingPlace;
      readonly text: string;
      readonly isInterruptible: boolean;
    }
  | {
      readonly kind: 'notify';
      readonly request: Id | undefined;
      readonly to: PersonId | undefined;
      readonly text: string;
      /** Earliest and latest instant, in ms, at which it may be said. */
      readonly fromMs: number;
      readonly untilMs: number;
      readonly isDroppedByVoice: boolean;
    }
  | { readonly kind: 'taken-back'; readonly request: Id }
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
  | {
      readonly kind: 'link-lost';
      /** 0 to 1, evenly. */
      readonly random: number;
      /** Time, in ms, before which Discord allows no try. */
      readonly restMs: number;
      /** Reason for which no try is of use. */
      readonly final: 'refused' | 'sent-away' | undefined;
    }
  | { readonly kind: 'moved'; readonly channelId: string; readonly takesHistory: boolean }
  | { readonly kind: 'muted'; readonly isMuted: boolean }
  | { readonly kind: 'settings'; readonly settings: Partial<SessionSettings> }
  | { readonly kind: 'draining'; readonly untilMs: number }
  | { readonly kind: 'leave'; readonly why: string }
  /** An instant of `wakeAtMs` has come. */
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
