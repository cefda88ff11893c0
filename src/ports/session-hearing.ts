import type { TextLine } from '#src/texts/texts.ts';
import type { AddressingMode } from '#src/turn/addressing/addressing.ts';
import type { JoinMode } from './command-ports.ts';

/** The facts of a session on which it depends whether words are recognised, and by which recogniser. */
export type HearingState = {
  readonly mode: JoinMode;
  readonly addressing: AddressingMode;
  /** Sound comes and goes. */
  readonly isLinked: boolean;
  readonly isDeafened: boolean;
  readonly isPaused: boolean;
  /** Captions are on, even while no line of them can be written. */
  readonly isCaptioned: boolean;
  /** Time, as people read it, until which nothing pays the usual recogniser. Undefined while it is paid, or free. */
  readonly unpaidUntil?: string | undefined;
  /** A free recogniser of this machine can listen for commands. */
  readonly hasLocalRecogniser: boolean;
};

/** The facts of one person who is heard by consent. */
export type HeardPerson = {
  /** Captions write the person's words. */
  readonly isCaptioned: boolean;
  /** The person's share of today's money is used. Captions do not need it. */
  readonly isShareUsed: boolean;
};

/** Why the usual recogniser gets no words. */
export type HearingGap =
  | 'unlinked'
  | 'deafened'
  | 'paused'
  /** Nobody needs words: the bot answers commands only. */
  | 'commands-only'
  /** Nobody needs words: the bot is here for captions, and they are off. */
  | 'uncaptioned'
  | 'unpaid';

/** `commands`: the local recogniser listens for "stop", a no and "leave" alone. `nobody`: only buttons and commands count. */
export type Hearing = {
  readonly recognises: 'words' | 'commands' | 'nobody';
  readonly gap: HearingGap | undefined;
};

/**
 * Decides whether words of people with a yes are recognised now, and for what. Without a person it decides for all.
 *
 * @example
 * import { describeHearing } from '#src/ports/session-hearing.ts';
 *
 * const place = { mode: 'talk', addressing: 'auto', isLinked: true, isDeafened: false, isPaused: false } as const;
 * const state = { ...place, isCaptioned: false, unpaidUntil: '00:00 UTC', hasLocalRecogniser: true };
 * describeHearing(state).recognises; // 'commands'
 */
export function describeHearing(
  state: HearingState,
  person: HeardPerson = { isCaptioned: state.isCaptioned, isShareUsed: false },
): Hearing {
  const gap = findHearingGap(state, person);
  if (gap === undefined) return { recognises: 'words', gap };
  // In captions mode people expect that their words are heard, so a no counts there at any time.
  const isNoHeard = gap === 'unpaid' || gap === 'uncaptioned';
  const recognises = isNoHeard && state.hasLocalRecogniser ? 'commands' : 'nobody';
  return { recognises, gap };
}

function findHearingGap(
  state: HearingState,
  { isCaptioned, isShareUsed }: HeardPerson,
): HearingGap | undefined {
  if (!state.isLinked) return 'unlinked';
  if (state.isDeafened) return 'deafened';
  if (state.isPaused) return 'paused';
  if (!isCaptioned && state.mode === 'captions') return 'uncaptioned';
  if (!isCaptioned && state.addressing === 'off') return 'commands-only';
  if (state.unpaidUntil !== undefined) return 'unpaid';
  return isShareUsed && !isCaptioned ? 'unpaid' : undefined;
}

/** Tests whether lines of captions are written now. */
export function areCaptionsWritten(state: HearingState): boolean {
  return state.isCaptioned && describeHearing(state).recognises === 'words';
}

/**
 * Finds the sentence about captions that are on, or shall be, and cannot be written now. Undefined if they can, or as
 * soon as the bot is connected.
 */
export function findCaptionsGap(
  state: Omit<HearingState, 'isCaptioned'>,
): TextLine | undefined {
  const written = { ...state, isCaptioned: true, isLinked: true };
  switch (describeHearing(written).gap) {
    case 'deafened':
      return { id: 'deafened.server' };
    case 'paused':
      return { id: 'privacy.paused' };
    case 'unpaid':
      return { id: 'captions.unpaid', with: { time: state.unpaidUntil ?? '' } };
    default:
      return undefined;
  }
}
