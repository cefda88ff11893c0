import type { PlainTextId, TextLine } from '#src/texts/texts.ts';
import { isPresumed } from './addressing.ts';
import { currentTurn, standingOf } from './questions.ts';
import type { ConversationRules } from './rules.ts';
import type { ConversationState, Participant, PersonId, UtteranceState } from './state.ts';

/** Names that lines of the panel hold. */
export type PanelNames = { readonly channel: string; readonly bot: string };

/** Parts of features: lines below the panel, and buttons in the order of their weight. */
export type PanelAdditions = {
  readonly lines: readonly TextLine[];
  readonly buttons: readonly string[];
  /** Tool that runs for the current turn, in words for people. */
  readonly step?: PlainTextId | undefined;
};

/** Panel of a session, as lines and names of buttons. */
export type PanelFaceView = {
  readonly headline: TextLine;
  readonly lines: readonly TextLine[];
  readonly buttons: readonly string[];
  /** Buttons behind More. */
  readonly menu: readonly string[];
};

/** Most buttons that stand on the panel itself. */
const mostButtons = 7;
const consentButtons = ['consent.always', 'consent.never'] as const;

/** Panel as a function of the state at one instant. */
export function panelOf(
  state: ConversationState,
  atMs: number,
  names: PanelNames,
  parts: PanelAdditions,
  rules: ConversationRules,
): PanelFaceView {
  const headline = headlineOf(state, names);
  if (state.isOver) return { headline, lines: [], buttons: ['try.join'], menu: [] };
  const lines = [
    ...activityLines(state, names, parts),
    ...nextLines(state),
    ...questionLines(state),
    ...droppedLines(state),
    ...nameLines(state, atMs, names, rules),
    ...peopleLines(state),
    ...parts.lines,
  ];
  return { headline, lines, ...buttonsOf(state, parts) };
}

/** First line: the way to begin to talk, or the reason why nobody is answered aloud. */
function headlineOf(state: ConversationState, { bot, channel }: PanelNames): TextLine {
  if (state.isOver) return { id: 'leave.nowhere' };
  if (state.consent.isPaused) return { id: 'panel.paused' };
  if (!state.link.isUp) return { id: 'panel.reconnecting' };
  if (state.settings.mode === 'captions') return { id: 'panel.captions_only' };
  const humans = humansOf(state);
  if (humans.length <= 1) return { id: 'join.ok', with: { channel } };
  const isAsking = humans.some(({ id }) => standingOf(state, id) === 'unasked');
  return { id: isAsking ? 'join.ok.ask' : 'join.ok.several', with: { bot, channel } };
}

/** Activity of the bot, or of the person who talks. The headline tells a pause and a link that is away. */
function activityLines(
  state: ConversationState,
  { channel }: PanelNames,
  { step }: PanelAdditions,
): readonly TextLine[] {
  const { consent, floor, link, settings } = state;
  const { current } = floor;
  if (consent.isPaused || !link.isUp) return [];
  if (current && step !== undefined) return [{ id: step }];
  if (current && !current.isAudible) return [{ id: 'panel.thinking' }];
  const asker = currentTurn(state)?.by;
  if (current) {
    const name = asker === undefined ? channel : nameOf(state, asker);
    return [{ id: 'panel.speaking', with: { name } }];
  }
  const talker = state.turns.find(({ open }) => open.some(isGoingOn));
  if (talker) return [{ id: 'panel.hearing', with: { name: nameOf(state, talker.by) } }];
  return settings.mode === 'captions' ? [] : [{ id: 'panel.listening' }];
}

function isGoingOn({ isEnded }: UtteranceState): boolean {
  return !isEnded;
}

function nextLines(state: ConversationState): readonly TextLine[] {
  const { current, queue } = state.floor;
  const [next] = queue.flatMap((id) => state.turns.find((one) => one.id === id) ?? []);
  if (!current) return [];
  return next ? [{ id: 'panel.next', with: { name: nameOf(state, next.by) } }] : [];
}

/** The latest question of each person, as it was understood. */
function questionLines(state: ConversationState): readonly TextLine[] {
  if (state.consent.isPaused || state.settings.isCaptioned) return [];
  const agreed = state.notes.understood.filter(({ by }) => hasAgreed(state, by));
  const latest = new Map(agreed.map((one) => [one.by, one.words]));
  return [...latest].slice(-3).map(
    ([by, words]): TextLine => ({
      id: 'panel.heard',
      with: { name: nameOf(state, by), words },
    }),
  );
}

/** Whether a person said yes themselves, and so knows that their questions show. */
function hasAgreed({ consent }: ConversationState, by: PersonId): boolean {
  return consent.yes.includes(by) || consent.callers.includes(by);
}

function droppedLines(state: ConversationState): readonly TextLine[] {
  return (['late', 'budget'] as const).flatMap((why): readonly TextLine[] => {
    const dropped = state.notes.dropped.filter((one) => one.why === why);
    const name = dropped.map(({ by }) => nameOf(state, by)).join(', ');
    return name === '' ? [] : [{ id: `panel.lost.${why}`, with: { name } }];
  });
}

/** People who need the name, and people who need none for a while. */
function nameLines(
  state: ConversationState,
  atMs: number,
  { bot }: PanelNames,
  rules: ConversationRules,
): readonly TextLine[] {
  const unnamed = state.notes.unnamed.map(
    ({ by }): TextLine => ({ id: 'panel.unnamed', with: { name: nameOf(state, by), bot } }),
  );
  const humans = humansOf(state);
  const isCompany = humans.length > 1 && !state.consent.isPaused;
  const invited = humans.filter(({ id }) => isInvited(state, id, atMs, rules));
  const name = invited.map((one) => one.name).join(', ');
  if (!isCompany || name === '') return unnamed;
  return [...unnamed, { id: 'panel.asked', with: { name } }];
}

function isInvited(
  state: ConversationState,
  by: PersonId,
  atMs: number,
  rules: ConversationRules,
): boolean {
  if (state.settings.addressing === 'always' || standingOf(state, by) !== 'yes') return false;
  return isPresumed(state, { by, fromMs: atMs, isAlone: false }, rules);
}

function peopleLines(state: ConversationState): readonly TextLine[] {
  const humans = humansOf(state);
  const namesOf = (standing: 'yes' | 'unasked') =>
    humans
      .filter(({ id }) => standingOf(state, id) === standing)
      .map(({ name }) => name)
      .join(', ');
  const heard = namesOf('yes');
  const unasked = namesOf('unasked');
  const n = humans.filter(({ id }) => state.consent.no.includes(id)).length;
  return [
    ...(heard ? [{ id: 'panel.people.yes', with: { names: heard } } as const] : []),
    ...(unasked ? [{ id: 'panel.people.unasked', with: { names: unasked } } as const] : []),
    ...(n > 0 ? [{ id: 'panel.people.no', with: { n } } as const] : []),
  ];
}

/** Seven buttons at most. Buttons of consent stand there only for people who have not decided. */
function buttonsOf(
  state: ConversationState,
  { buttons }: PanelAdditions,
): Pick<PanelFaceView, 'buttons' | 'menu'> {
  const isAsking = humansOf(state).some(({ id }) => standingOf(state, id) === 'unasked');
  const { isPaused } = state.consent;
  const first = isPaused ? ['resume', 'stop', 'more'] : ['ask', 'stop', 'more'];
  const consent = isAsking ? consentButtons : [];
  const room = mostButtons - first.length - consent.length;
  const menu = ['privacy', ...(isPaused ? [] : ['pause']), ...buttons.slice(room)];
  return { buttons: [...first, ...buttons.slice(0, room), ...consent], menu };
}

function humansOf({ people }: ConversationState): readonly Participant[] {
  return people.filter(({ isBot }) => !isBot);
}

function nameOf({ people }: ConversationState, id: PersonId): string {
  return people.find((one) => one.id === id)?.name ?? '?';
}
