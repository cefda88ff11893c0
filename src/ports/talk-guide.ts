import type { PersonId } from '#src/base/ids.ts';
import { type Consent, isHeardConsent } from '#src/people/consent.ts';
import { type TextLine, toOptionalLines } from '#src/texts/texts.ts';
import type { AddressingMode } from '#src/turn/addressing/addressing.ts';
import type { JoinMode } from './command-ports.ts';

export const consentButtons = ['consent.always', 'consent.never'] as const;

/** A person in the channel. `barred` people may not use the bot. */
type PresentPerson = {
  readonly id: PersonId;
  readonly name: string;
  readonly standing: Consent | 'barred';
  /** The person's share of today's money is used. */
  readonly isShareUsed?: boolean;
  /** Captions leave the person out. */
  readonly isLeftOut?: boolean;
};

/** The facts of a session on which a guide to talking with the bot depends. */
export type TalkState = HearingState & {
  readonly channel: string;
  readonly bot: string;
  /** The bot answers in writing. */
  readonly isMuted: boolean;
  /** Time, as people read it, until which no budget is left. */
  readonly quietUntil?: string | undefined;
  /** Without bots. */
  readonly people: readonly PresentPerson[];
  /** People whom the policy would hear, and whom neither the chat nor the voice could tell so. */
  readonly untellable: readonly Pick<PresentPerson, 'name'>[];
  /** The former conversation was lost. */
  readonly isAnew: boolean;
  /** The bot joins this channel by itself. */
  readonly isUncalled: boolean;
  readonly isReadByPrograms: boolean;
  /** A small model of this machine answers. */
  readonly isAnsweredHere?: boolean;
};

/** The next step of a person to an answer, as a sentence and the names of its buttons. */
export type TalkStep = { readonly line: TextLine; readonly buttons: readonly string[] };

/** Further names are counted. */
const maxNamesChars = 200;

/** A person in the channel, and how far the bot hears them. */
type Presence = {
  readonly name: string;
  readonly answer: 'agreed' | 'undecided' | 'refused' | 'barred';
  readonly recognises: Hearing['recognises'];
};

/** How people can talk with the bot, as lines and buttons of a panel. */
interface TalkGuide {
  /** Tells heard people how to get an answer, or others how to be heard. */
  readonly first: TextLine;
  /** Follows the first line. A muted bot first tells that it answers in writing, and then how it is asked. */
  readonly second: readonly TextLine[];
  /** Names of heard and of undecided people, and the number of those that refused. */
  readonly people: readonly TextLine[];
  /** Further facts about the session. */
  readonly notes: readonly TextLine[];
  /** Names of buttons, without those of consent. */
  readonly buttons: readonly string[];
  /** Names of the buttons of consent, if anybody may need them. */
  readonly consent: readonly string[];
  /** True if a person has not decided yet. */
  readonly isAsking: boolean;
  /** Number of people that are heard now. */
  readonly heardCount: number;
  /** Everybody in the channel, and whether they are heard. */
  readonly presences: readonly Presence[];
}

/** Describes how people can talk with the bot. */
export function describeTalk(state: TalkState): TalkGuide {
  const { channel, people } = state;
  const presences = people.map((person) => describePresence(state, person));
  const filterByAnswer = (answer: Presence['answer']) =>
    presences.filter((person) => person.answer === answer);
  const undecided = filterByAnswer('undecided');
  const refused = filterByAnswer('refused');
  const agreed = filterByAnswer('agreed');
  const filterByHearing = (recognises: Hearing['recognises']) =>
    agreed.filter((person) => person.recognises === recognises);
  const heard = filterByHearing('words');
  const isAsking =
    undecided.length > 0 || people.some(({ standing }) => standing === 'policy');
  const isUnheard = agreed.length === 0 && undecided.length + refused.length > 0;
  // The first sentence is for heard people, if there are any.
  const { buttons, line: nextStep } = describeNextStep(
    state,
    isUnheard ? 'unasked' : 'always',
  );
  const isWriting = state.isMuted && buttons.includes('ask');
  return {
    first: isWriting ? { id: 'muted.written' } : nextStep,
    second: toOptionalLines(isWriting, nextStep),
    people: [
      ...toNamesLines('panel.people.yes', heard),
      ...toNamesLines('panel.people.commands', filterByHearing('commands')),
      ...toOptionalLines(isNobodyHeard(state), { id: 'panel.people.nobody' }),
      ...toNamesLines('panel.people.unasked', undecided),
      ...toOptionalLines(refused.length > 0, {
        id: 'panel.people.no',
        with: { n: refused.length },
      }),
    ],
    notes: [
      ...toOptionalLines(state.isAnew, { id: 'seat.returned.anew' }),
      ...toOptionalLines(state.isUncalled, { id: 'join.uncalled', with: { channel } }),
      ...describeUntellable(state.untellable),
      ...toOptionalLines(state.isMuted, { id: 'muted.server' }),
      ...toOptionalLines(state.isAnsweredHere === true, { id: 'panel.small' }),
      ...toOptionalLines(state.isReadByPrograms, {
        id: 'panel.programs',
        with: { channel },
      }),
    ],
    buttons: [...buttons.filter((name) => !name.startsWith('consent')), 'stop', 'more'],
    consent: isAsking || refused.length > 0 ? consentButtons : [],
    isAsking,
    heardCount: heard.length,
    presences,
  };
}

/** Answers to the question for consent, by the consent of a person. */
const answers: Readonly<Record<Consent | 'barred', Presence['answer']>> = {
  unasked: 'undecided',
  untold: 'undecided',
  no: 'refused',
  always: 'agreed',
  brief: 'agreed',
  policy: 'agreed',
  barred: 'barred',
};

function describePresence(state: TalkState, person: PresentPerson): Presence {
  const answer = answers[person.standing];
  const recognises =
    answer === 'agreed' ? describePersonHearing(state, person) : 'nobody';
  return { name: person.name, answer, recognises };
}

function describePersonHearing(
  state: TalkState,
  { isLeftOut = false, isShareUsed = false }: PresentPerson,
) {
  const isCaptioned = state.isCaptioned && !isLeftOut;
  return describeHearing(state, { isCaptioned, isShareUsed }).recognises;
}

/** Tests whether nobody would be heard whom people could expect to be. While paused or deafened the first line says so. */
function isNobodyHeard(state: TalkState) {
  const { gap, recognises } = describeHearing(state);
  const isToldFirst = gap === 'unlinked' || gap === 'paused' || gap === 'deafened';
  return recognises === 'nobody' && !isToldFirst;
}

/**
 * Describes how a person gets an answer now. `state` is undefined if the bot sits in no
 * channel.
 */
export function describeNextStep(
  state: TalkState | undefined,
  consent: Consent,
): TalkStep {
  const [id, ...buttons] = chooseNextStep(state, consent);
  const time = state?.quietUntil ?? state?.unpaidUntil;
  const fields = { bot: state?.bot, channel: state?.channel, time };
  return { line: { id, with: fields } as TextLine, buttons }; // each sentence has some of these fields
}

/** Chooses the sentence and the buttons by which a person gets an answer. */
function chooseNextStep(state: TalkState | undefined, consent: Consent) {
  if (!state) return ['leave.nowhere', 'try.join'];
  const { addressing, mode, people } = state;
  if (!state.isLinked) return ['panel.reconnecting'];
  if (state.isDeafened) return ['deafened.server'];
  if (state.isPaused) return ['privacy.paused', 'pause:resume'];
  if (mode === 'captions') return [chooseCaptionsStep(state)];
  if (state.quietUntil) return ['panel.quiet'];
  if (!isHeardConsent(consent)) return ['join.ok.ask', ...consentButtons];
  if (addressing === 'off') return ['settings.addressing.off'];
  if (addressing === 'window') return ['settings.addressing.window', 'ask'];
  const needsName =
    addressing === 'name' || (addressing === 'auto' && people.length > 1);
  return [needsName ? 'join.ok.several' : 'join.ok', 'ask'];
}

/** Chooses the sentence of a bot that is there for captions alone. */
function chooseCaptionsStep(state: TalkState) {
  if (!state.isCaptioned) return 'captions.only.off';
  return findCaptionsGap(state)?.id ?? 'captions.only';
}

/** Finds the consent of a person. Undefined for people elsewhere or barred. */
export function findPresentConsent(
  personId: PersonId,
  { people }: Pick<TalkState, 'people'>,
): Consent | undefined {
  const standing = people.find(({ id }) => id === personId)?.standing;
  return standing === 'barred' ? undefined : standing;
}

/** Says whom the policy does not hear, as neither the chat nor the voice could tell these people. */
export function describeUntellable(
  people: TalkState['untellable'],
): readonly TextLine[] {
  return toNamesLines('panel.people.untellable', people);
}

function toNamesLines(
  id:
    | 'panel.people.commands'
    | 'panel.people.unasked'
    | 'panel.people.untellable'
    | 'panel.people.yes',
  people: readonly Pick<PresentPerson, 'name'>[],
) {
  const names = formatShortenedNames(people.map(({ name }) => name));
  return toOptionalLines(names !== '', { id, with: { names } });
}

/** Joins names by commas, and counts those that do not fit into `maxChars`: "Ana, Ben, +3". */
export function formatShortenedNames(
  names: readonly string[],
  maxChars: number = maxNamesChars,
): string {
  const fittingNames = names.filter(
    (_, n) => n === 0 || names.slice(0, n + 1).join(', ').length <= maxChars,
  );
  const hiddenCount = names.length - fittingNames.length;
  return [...fittingNames, ...(hiddenCount > 0 ? [`+${hiddenCount}`] : [])].join(', ');
}

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
type HeardPerson = {
  /** Captions write the person's words. */
  readonly isCaptioned: boolean;
  /** The person's share of today's money is used. Captions do not need it. */
  readonly isShareUsed: boolean;
};

/** Why the usual recogniser gets no words. */
type HearingGap =
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
 * import { describeHearing } from '#src/ports/talk-guide.ts';
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
