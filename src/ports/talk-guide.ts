import { type Consent, isYes } from '#src/people/consent.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { AddressingMode } from '#src/turn/addressing/addressing.ts';
import type { JoinMode } from './command-ports.ts';

/** Names of the buttons by which a person says yes or no. */
export const consentButtons = ['consent.always', 'consent.never'] as const;

/** Person in the channel of the bot. `barred`: the server does not let them use it. */
type PersonThere = {
  readonly id: string;
  readonly name: string;
  readonly standing: Consent | 'barred';
};

/** Facts that decide whether people who talk in the channel of the bot are answered. */
export type TalkState = {
  /** Name of the channel. */
  readonly channel: string;
  /** Name by which people call the bot. */
  readonly bot: string;
  readonly mode: JoinMode;
  readonly addressing: AddressingMode;
  /** The link is there: sound comes and goes. */
  readonly isLinked: boolean;
  /** A moderator has deafened the bot. */
  readonly isDeafened: boolean;
  /** Its voice is not heard: it answers in writing. */
  readonly isMuted: boolean;
  readonly isPaused: boolean;
  /** End of the time, as people read it, in which no budget is left. */
  readonly quietUntil?: string | undefined;
  /** Bots left out. */
  readonly people: readonly PersonThere[];
  /** The former conversation was lost, and people may not have noticed. */
  readonly isAnew: boolean;
  /** The bot joins this channel by itself. */
  readonly isUncalled: boolean;
  readonly isReadByPrograms: boolean;
};

/** What a person does to be answered: a sentence, and buttons that do it. */
export type TalkStep = { readonly line: TextLine; readonly buttons: readonly string[] };

/** Part of the panel that tells how to talk to the bot, and who is heard. */
export type TalkGuide = {
  /** How to talk to it, or why nobody is answered. */
  readonly first: TextLine;
  readonly people: readonly TextLine[];
  readonly notes: readonly TextLine[];
  readonly buttons: readonly string[];
  /** Those of consent, while somebody is not heard, or heard unasked. */
  readonly consent: readonly string[];
  /** Somebody has not decided whether they may be heard. */
  readonly isAsking: boolean;
};

/** Names shown per line, the first one in any case; further ones are counted. */
const maxNamesChars = 200;

/** The guide for everybody in the channel; the first sentence is that of people who are heard, where there are some. */
export function talkGuide(state: TalkState): TalkGuide {
  const { isAnew, isDeafened, isLinked, isMuted, isPaused, isReadByPrograms, isUncalled } = state;
  const withStanding = (...some: string[]) =>
    state.people.filter(({ standing }) => some.includes(standing));
  const [open, refused] = [withStanding('unasked'), withStanding('no')];
  const heard = state.people.filter((one) => one.standing !== 'barred' && isYes(one.standing));
  const undecided = [...open, ...withStanding('policy')];
  const isHeard = heard.length > 0 || open.length + refused.length === 0;
  const { buttons, line: first } = nextStep(state, isHeard ? 'always' : 'unasked');
  const isHearing = isLinked && !isPaused && !isDeafened;
  return {
    first,
    buttons: [...(buttons === consentButtons ? [] : buttons), 'stop', 'more'],
    notes: [
      ...lineIf(isAnew, { id: 'seat.returned.anew' }),
      ...lineIf(isUncalled, { id: 'join.uncalled', with: { channel: state.channel } }),
      ...lineIf(isMuted, { id: 'muted.server' }),
      ...lineIf(isReadByPrograms, { id: 'panel.programs' }),
    ],
    people: [
      ...(isHearing ? namesLine('panel.people.yes', heard) : []),
      ...namesLine('panel.people.unasked', open),
      ...lineIf(refused.length > 0, { id: 'panel.people.no', with: { n: refused.length } }),
    ],
    consent: undecided.length + refused.length > 0 ? consentButtons : [],
    isAsking: undecided.length > 0,
  };
}

/** What somebody of this consent does in the channel of the bot to be answered; `state` is undefined where it sits in none. */
export function nextStep(state: TalkState | undefined, consent: Consent): TalkStep {
  if (!state) return { line: { id: 'leave.nowhere' }, buttons: ['try.join'] };
  const { channel, isDeafened, isLinked, isPaused, mode, quietUntil } = state;
  if (!isLinked) return { line: { id: 'panel.reconnecting' }, buttons: [] };
  if (isDeafened) return { line: { id: 'deafened.server' }, buttons: [] };
  if (mode === 'captions') return { line: { id: 'captions.only' }, buttons: [] };
  if (isPaused) return { line: { id: 'privacy.paused' }, buttons: ['pause:resume'] };
  if (quietUntil !== undefined)
    return { line: { id: 'panel.quiet', with: { time: quietUntil } }, buttons: [] };
  if (!isYes(consent))
    return { line: { id: 'join.ok.ask', with: { channel } }, buttons: consentButtons };
  return addressingStep(state);
}

/** What somebody who is heard does to be answered. */
function addressingStep({ addressing, bot, channel, people }: TalkState): TalkStep {
  const buttons = ['ask'];
  const free: TalkStep = { line: { id: 'join.ok', with: { channel } }, buttons };
  const named: TalkStep = { line: { id: 'join.ok.several', with: { channel, bot } }, buttons };
  switch (addressing) {
    case 'off':
      return { line: { id: 'settings.addressing.off' }, buttons: [] };
    case 'window':
      return { line: { id: 'settings.addressing.window' }, buttons };
    case 'name':
      return named;
    case 'auto':
      return people.length > 1 ? named : free;
    case 'always':
      return free;
  }
}

/** Consent of a person in the channel of the bot; undefined for all others, and for those whom the server bars. */
export function consentThere(personId: string, { people }: TalkState): Consent | undefined {
  const standing = people.find(({ id }) => id === personId)?.standing;
  return standing === 'barred' ? undefined : standing;
}

function lineIf(isSo: boolean, line: TextLine): readonly TextLine[] {
  return isSo ? [line] : [];
}

function namesLine(
  id: 'panel.people.yes' | 'panel.people.unasked',
  people: readonly PersonThere[],
): readonly TextLine[] {
  const names = listNames(people.map(({ name }) => name));
  return names === '' ? [] : [{ id, with: { names } }];
}

/** Names on one line; further ones are counted. */
export function listNames(all: readonly string[]): string {
  const fitting = all.filter(
    (_, n) => n === 0 || all.slice(0, n + 1).join(', ').length <= maxNamesChars,
  );
  const more = all.length - fitting.length;
  return [...fitting, ...(more > 0 ? [`+${more}`] : [])].join(', ');
}
