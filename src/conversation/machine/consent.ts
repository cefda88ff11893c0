import { attend } from './addressing.ts';
import type { EventOf } from './events.ts';
import { dropReadingsOf } from './floor.ts';
import { type Draft, emit, keepNotes, mayHear } from './questions.ts';
import { dropTurn, historyWithout, renewForeignAnswers, setHistory } from './replies.ts';
import { dropTurnsOfLeaver } from './replying.ts';
import type { Participant } from './state.ts';
import { withdrawTools } from './tools.ts';
import { breakOff } from './verdicts.ts';

/** A person says whether they may be heard. */
export function answeredConsent(draft: Draft, { answer, by }: EventOf<'answered-consent'>): void {
  const { consent } = draft;
  switch (answer) {
    case 'yes':
      consent.no = without(consent.no, by);
      consent.yes = withLast(consent.yes, by);
      consent.pressed = withLast(consent.pressed, by);
      return;
    case 'called': // no answer: a no before it still counts
      consent.callers = withLast(consent.callers, by);
      return;
    case 'no':
    case 'forget':
      consent.no = withLast(consent.no, by);
      consent.yes = without(consent.yes, by);
      consent.pressed = without(consent.pressed, by);
      consent.callers = without(consent.callers, by);
      withdraw(draft, by);
      if (answer === 'forget') setHistory(draft, []);
  }
}

function withLast(ids: readonly PersonId[], by: PersonId): readonly PersonId[] {
  return [...without(ids, by), by];
}

function without(ids: readonly PersonId[], by: PersonId): readonly PersonId[] {
  return ids.filter((id) => id !== by);
}

/** Drops everything that a person's turns own: sound, words, answers, tools and buttons. Nothing of it is remembered. */
function withdraw(draft: Draft, by: PersonId) {
  setHistory(draft, historyWithout(draft.history, by).exchanges);
  for (const turn of draft.turns) if (turn.by === by) dropTurn(draft, turn, 'withdrawn');
  withdrawTools(draft, by);
  dropReadingsOf(draft, by);
  renewForeignAnswers(draft);
  attend(draft, { kind: 'left', personId: by });
  keepNotes(draft, (note) => note.by !== by);
  emit(draft, { do: 'forget-person', by });
}

/** Stored consents were read. A no that another process has stored counts at once. */
export function consents(draft: Draft, event: EventOf<'consents'>): void {
  const { isRead, no, policy, yes } = event;
  const former = draft.consent;
  const kept = former.pressed.filter((id) => !no.includes(id));
  const all = [...new Set([...yes, ...kept])];
  draft.consent = { ...former, policy, isRead, no, yes: all, pressed: kept };
  for (const id of no) {
    const isKnown = former.isRead || draft.turns.some(({ by }) => by === id);
    if (isKnown && !former.no.includes(id)) withdraw(draft, id);
  }
  breakOffUnheard(draft);
}

/** Words before a pause of hearing are still answered. */
export function pausedHearing(draft: Draft, { isPaused }: EventOf<'paused-hearing'>): void {
  draft.consent.isPaused = isPaused;
  breakOffUnheard(draft);
}

/** People come, go or change. Nothing new begins for a person who has gone. Whoever may not use the bot any more is forgotten, and whoever may not be heard is cut off. */
export function people(draft: Draft, { people: here }: EventOf<'people'>): void {
  const before = draft.people;
  const isAlone = here.every(({ isBot }) => isBot);
  draft.people = here;
  draft.aloneFromMs = isAlone ? (draft.aloneFromMs ?? draft.atMs) : undefined;
  for (const { id } of before) {
    if (here.some((one) => one.id === id)) continue;
    breakOff(draft, ({ by }) => by === id);
    dropTurnsOfLeaver(draft, id);
  }
  for (const one of here) if (isNewlyBarred(before, one)) withdraw(draft, one.id);
  breakOffUnheard(draft);
}

function isNewlyBarred(before: readonly Participant[], { id, isAdmitted }: Participant) {
  const former = before.find((one) => one.id === id);
  return !isAdmitted && former?.isAdmitted !== false;
}

/** Cuts people off who may not be heard. */
function breakOffUnheard(draft: Draft) {
  breakOff(draft, ({ by }, { isEnded }) => !isEnded && !mayHear(draft, by));
}
