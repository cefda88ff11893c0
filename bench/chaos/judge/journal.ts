import type { Canary } from './canary.ts';

/** Consent of a person when they spoke; an unconfirmed choice is `unclear`. */
export type ConsentAtSpeech = 'yes' | 'no' | 'unclear';

/** A question that was put aloud. */
export type AskedQuestion = Canary & {
  readonly fromMs: number;
  readonly toMs: number;
  readonly consent: ConsentAtSpeech;
  /** Somebody without a yes only talks: nobody owes them an answer. */
  readonly isOwed: boolean;
};

/** Event of a run, in order of time; all instants are of the clock that all processes of the machine share. */
export type JournalEvent =
  | { readonly kind: 'asked'; readonly question: AskedQuestion }
  /** A recogniser was sent the sound of this question. */
  | { readonly kind: 'recognised'; readonly atMs: number; readonly canary: Canary }
  /** The chat model answered it. */
  | { readonly kind: 'modelled'; readonly atMs: number; readonly canary: Canary }
  /** Somebody heard this third of the answer. */
  | {
      readonly kind: 'heard';
      readonly atMs: number;
      readonly canary: Canary;
      readonly part: number;
    }
  /** The answer stood in a message. */
  | {
      readonly kind: 'written';
      readonly atMs: number;
      readonly canary: Canary;
      readonly messageId: string;
    }
  /** A reminder that this question asked for was told: a third of it aloud, or in a message. */
  | {
      readonly kind: 'reminded';
      readonly atMs: number;
      readonly canary: Canary;
      readonly by: { readonly part: number } | { readonly messageId: string };
    }
  /** A sentence that says why not was heard or read; on the panel it stands until `toMs`. */
  | {
      readonly kind: 'told';
      readonly how: 'voice' | 'message' | 'panel' | 'reply';
      readonly atMs: number;
      readonly toMs: number;
      readonly id: string;
      /** Number of the only person who reads it: of a private reply. */
      readonly who?: number;
    }
  | {
      readonly kind: 'fault';
      /** Speech of the bot reached nobody meanwhile, and it could not know that. */
      readonly isMute?: boolean;
      readonly name: string;
      readonly fromMs: number;
      readonly toMs: number;
    }
  /** The bot's process ended by itself, or did not become ready after a start. */
  | { readonly kind: 'down'; readonly atMs: number; readonly why: string }
  /** Somebody asked for something by a command. */
  | {
      readonly kind: 'command';
      /** Number of the person. */
      readonly who: number;
      readonly line: string;
      readonly fromMs: number;
      readonly repliedAtMs: number | undefined;
    };

export type Journal = readonly JournalEvent[];
type JournalReport = Extract<JournalEvent, { kind: 'told' }>;

/** Collects what happened. What stands on the panel is closed when it changes. */
export class JournalKeeper {
  #events: JournalEvent[] = [];
  #standing: JournalReport | undefined;

  get events(): Journal {
    return this.#standing ? [...this.#events, this.#standing] : this.#events;
  }

  add(event: JournalEvent): void {
    this.#events.push(event);
  }

  /** The panel shows this sentence from now on, or none. */
  panel(atMs: number, id: string | undefined): void {
    if (this.#standing?.id === id) return;
    if (this.#standing) this.#events.push({ ...this.#standing, toMs: atMs });
    const toMs = Number.POSITIVE_INFINITY;
    this.#standing = id === undefined ? undefined : { kind: 'told', how: 'panel', atMs, toMs, id };
  }
}
