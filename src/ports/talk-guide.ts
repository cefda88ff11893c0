import { type Consent, isHeardConsent } from '#src/people/consent.ts';
import { type TextId, type TextLine, toOptionalLines } from '#src/texts/texts.ts';
import type { AddressingMode } from '#src/turn/addressing/addressing.ts';
import type { JoinMode } from './command-ports.ts';

/** Names of the buttons by which a person says yes or no. */
export const consentButtons = ['consent.always', 'consent.never'] as const;

/** Person in the channel of the bot. `barred`: the server does not let them use it. */
type PresentPerson = {
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
  readonly people: readonly PresentPerson[];
  /** The former conversation was lost, and people may not have noticed. */
  readonly isAnew: boolean;
  /** The bot joins this channel by itself. */
  readonly isUncalled: boolean;
  readonly isReadByPrograms: boolean;
};

/** What a person does to be answered: a sentence, and buttons that do it. */
export type TalkStep = { readonly line: TextLine; readonly buttons: readonly string[] };

/** Names shown per line, the first one in any case; further ones are counted. */
const maxNamesChars = 200;

/**
 * Part of the panel that tells everybody how to talk to the bot, and who is heard: lines, and names of buttons. The first sentence is
 * for people who are heard, where there are some; `isAsking`: somebody has not decided whether they may be heard.
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
  const { buttons, line: first } = describeNextStep(state, isUnheard ? 'unasked' : 'always');
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
    /** Number of people who are heard now. */
    heardCount: isListening ? heard.length : 0,
  };
}

/** What somebody of this consent does in the channel of the bot to be answered; `state` is undefined where it sits in none. */
export function describeNextStep(state: TalkState | undefined, consent: Consent): TalkStep {
  const [id, ...buttons] = chooseNextStep(state, consent);
  const words = { bot: state?.bot, channel: state?.channel, time: state?.quietUntil };
  return { line: { id, with: words } as TextLine, buttons }; // each sentence has some of these words
}

function chooseNextStep(
  state: TalkState | undefined,
  consent: Consent,
): readonly [TextId, ...string[]] {
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
  const needsName = addressing === 'name' || (addressing === 'auto' && people.length > 1);
  return [needsName ? 'join.ok.several' : 'join.ok', 'ask'];
}

/** Consent of a person in the channel of the bot; undefined for all others, and for those whom the server bars. */
export function findPresentConsent(personId: PersonId, { people }: TalkState): Consent | undefined {
  const standing = people.find(({ id }) => id === personId)?.standing;
  return standing === 'barred' ? undefined : standing;
}

function toNamesLines(
  id: 'panel.people.yes' | 'panel.people.unasked',
  people: readonly PresentPerson[],
): readonly TextLine[] {
  const names = formatNames(people.map(({ name }) => name));
  return toOptionalLines(names !== '', { id, with: { names } });
}

/** Names on one line; further ones are counted. */
export function formatNames(all: readonly string[]): string {
  const fitting = all.filter(
    (_, n) => n === 0 || all.slice(0, n + 1).join(', ').length <= maxNamesChars,
  );
  const more = all.length - fitting.length;
  return [...fitting, ...(more > 0 ? [`+${more}`] : [])].join(', ');
}
