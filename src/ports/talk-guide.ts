import type { PersonId } from '#src/base/ids.ts';
import { type Consent, isHeardConsent } from '#src/people/consent.ts';
import { type TextLine, toOptionalLines } from '#src/texts/texts.ts';
import type { AddressingMode } from '#src/turn/addressing/addressing.ts';
import type { JoinMode } from './command-ports.ts';

export const consentButtons = ['consent.always', 'consent.never'] as const;

/** `barred` people may not use the bot. */
type PresentPerson = {
  readonly id: string;
  readonly name: string;
  readonly standing: Consent | 'barred';
};

export type TalkState = {
  readonly channel: string;
  readonly bot: string;
  readonly mode: JoinMode;
  readonly addressing: AddressingMode;
  /** Sound comes and goes. */
  readonly isLinked: boolean;
  readonly isDeafened: boolean;
  /** The bot answers in writing. */
  readonly isMuted: boolean;
  readonly isPaused: boolean;
  /** Time, as people read it, until which no budget is left. */
  readonly quietUntil?: string | undefined;
  /** Without bots. */
  readonly people: readonly PresentPerson[];
  /** The former conversation was lost. */
  readonly isAnew: boolean;
  /** The bot joins this channel by itself. */
  readonly isUncalled: boolean;
  readonly isReadByPrograms: boolean;
};

export type TalkStep = { readonly line: TextLine; readonly buttons: readonly string[] };

/** Further names are counted. */
const maxNamesChars = 200;

/**
 * Describes how people can talk with the bot. `isAsking` means a person has not decided
 * yet.
 */
export function describeTalk(state: TalkState) {
  const { channel, isDeafened, isLinked, isPaused, people } = state;
  const filterByStanding = (...some: string[]) =>
    people.filter(({ standing }) => some.includes(standing));
  const [open, refused] = [filterByStanding('unasked'), filterByStanding('no')];
  const heard = filterByStanding('always', 'brief', 'policy');
  const isAsking = filterByStanding('unasked', 'policy').length > 0;
  const isListening = isLinked && !isPaused && !isDeafened;
  const isUnheard = heard.length === 0 && open.length + refused.length > 0;
  // The first sentence is for heard people, if there are any.
  const { buttons, line: first } = describeNextStep(
    state,
    isUnheard ? 'unasked' : 'always',
  );
  return {
    first,
    people: [
      ...toNamesLines('panel.people.yes', isListening ? heard : []),
      ...toNamesLines('panel.people.unasked', open),
      ...toOptionalLines(refused.length > 0, {
        id: 'panel.people.no',
        with: { n: refused.length },
      }),
    ],
    notes: [
      ...toOptionalLines(state.isAnew, { id: 'seat.returned.anew' }),
      ...toOptionalLines(state.isUncalled, { id: 'join.uncalled', with: { channel } }),
      ...toOptionalLines(state.isMuted, { id: 'muted.server' }),
      ...toOptionalLines(state.isReadByPrograms, { id: 'panel.programs' }),
    ],
    buttons: [...buttons.filter((name) => !name.startsWith('consent')), 'stop', 'more'],
    consent: isAsking || refused.length > 0 ? consentButtons : [],
    isAsking,
    heardCount: isListening ? heard.length : 0,
  };
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
  const words = { bot: state?.bot, channel: state?.channel, time: state?.quietUntil };
  return { line: { id, with: words } as TextLine, buttons }; // each sentence has some of these words
}

/** Chooses the sentence and the buttons by which a person gets an answer. */
function chooseNextStep(state: TalkState | undefined, consent: Consent) {
  if (!state) return ['leave.nowhere', 'try.join'];
  const { addressing, mode, people } = state;
  if (!state.isLinked) return ['panel.reconnecting'];
  if (state.isDeafened) return ['deafened.server'];
  if (mode === 'captions') return ['captions.only'];
  if (state.isPaused) return ['privacy.paused', 'pause:resume'];
  if (state.quietUntil) return ['panel.quiet'];
  if (!isHeardConsent(consent)) return ['join.ok.ask', ...consentButtons];
  if (addressing === 'off') return ['settings.addressing.off'];
  if (addressing === 'window') return ['settings.addressing.window', 'ask'];
  const needsName =
    addressing === 'name' || (addressing === 'auto' && people.length > 1);
  return [needsName ? 'join.ok.several' : 'join.ok', 'ask'];
}

/** Finds the consent of a person. Undefined for people elsewhere or barred. */
export function findPresentConsent(
  personId: PersonId,
  { people }: Pick<TalkState, 'people'>,
): Consent | undefined {
  const standing = people.find(({ id }) => id === personId)?.standing;
  return standing === 'barred' ? undefined : standing;
}

function toNamesLines(
  id: 'panel.people.yes' | 'panel.people.unasked',
  people: readonly PresentPerson[],
) {
  const names = formatShortenedNames(people.map(({ name }) => name));
  return toOptionalLines(names !== '', { id, with: { names } });
}

/** Joins names by commas, and counts those that do not fit: "Ana, Ben, +3". */
export function formatShortenedNames(all: readonly string[]): string {
  const fitting = all.filter(
    (_, n) => n === 0 || all.slice(0, n + 1).join(', ').length <= maxNamesChars,
  );
  const more = all.length - fitting.length;
  return [...fitting, ...(more > 0 ? [`+${more}`] : [])].join(', ');
}
