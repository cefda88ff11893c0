import type { ChannelId, PersonId } from '#src/base/ids.ts';
import type { LoggedText } from '#src/base/logged-text.ts';
import type { Owned } from '#src/people/owned.ts';
import type { TranscriptionOptions, UtterancePcm } from '#src/speech/speech-engine.ts';
import type { PanelContent } from './panel.ts';
import type { ToolEnd } from './session-events.ts';
import type { TrackFact } from './track-fact.ts';

/** A reminder or timer that is not over. Only the person who set it may know it. */
export type TimerFact = {
  readonly id: string;
  readonly personId: PersonId;
  /** Empty for a timer. */
  readonly text: string;
  readonly setAtWallMs: number;
  readonly dueAtWallMs: number;
};

/** The state of one tool call. */
export type ToolFact = {
  readonly id: string;
  readonly tool: LoggedText;
  readonly state: 'running' | 'stopped' | ToolEnd;
};

/** Hints for the recogniser of words so far. */
export type GlimpseOptions = Pick<TranscriptionOptions, 'hints' | 'language'>;

/** A fact of a server that a page draws, from the object that owns it. Each replaces the one before of its kind. */
export type RoomFact =
  | { readonly kind: 'tracks'; readonly tracks: readonly TrackFact[] }
  | { readonly kind: 'timers'; readonly timers: readonly TimerFact[] }
  | ({ readonly kind: 'tool' } & ToolFact)
  /** The panel of a voice channel, for readers who may open that channel. */
  | {
      readonly kind: 'panel';
      readonly channelId: ChannelId;
      readonly content: Owned<PanelContent>;
    };

/**
 * Shows facts to the page of the sandbox. A bot on Discord has none, and its owners of facts then do nothing for it.
 *
 * @example
 * import type { RoomView } from '#src/ports/room-view.ts';
 *
 * declare const view: RoomView;
 * view.show({ kind: 'tracks', tracks: [] });
 */
export interface RoomView {
  /** Whether somebody has the page open. Costly work for it is only done then. */
  readonly isWatched: boolean;
  /** Takes a fact. Never throws. */
  show(fact: RoomFact): void;
  /**
   * Recognises the words so far without money, and without delay for other work. Undefined without words, and on a busy
   * machine. Absent where no recogniser can. Throws `signal.reason`.
   */
  glimpse?(
    pcm: UtterancePcm,
    options: GlimpseOptions,
    signal: AbortSignal,
  ): Promise<string | undefined>;
}
