import { attend } from './addressing.ts';
import type { EventOf } from './events.ts';
import { dropReadingsOf } from './floor.ts';
import { change, changeNotes, type Draft, emit, mayHear } from './questions.ts';
import { clearHistory, forgetExchanges, renewForeignAnswers } from './replies.ts';
import { dropTurnsOfLeaver } from './replying.ts';
import type { ConsentState, Participant, PersonId } from './state.ts';
import { withdrawTools } from './tools.ts';
import { breakOff, withdrawTurns } from './verdicts.ts';

/** A person says whether they may be heard. */
export function answeredConsent(draft: Draft, { answer, by }: EventOf<'answered-consent'>): void {
  switch (answer) {
    case 'yes':
      change(draft, { consent: withYes(draft.state.consent, by) });
      return;
    case 'called':
      change(draft, { consent: withCaller(draft.state.consent, by) });
      return;
    case 'no':
      change(draft, { consent: withNo(draft.state.consent, by) });
      withdraw(draft, by);
      return;
    case 'forget':
      change(draft, { consent: withNo(draft.state.consent, by) });
      withdraw(draft, by);
      clearHistory(draft);
      return;
  }
}

function withYes(consent: ConsentState, by: PersonId): ConsentState {
  const { no, pressed, yes } = consent;
  return {
    ...consent,
    no: without(no, by),
    yes: [...without(yes, by), by],
    pressed: [...without(pressed, by), by],
  };
}

/** A call is no answer: a no before it still counts. */
function withCaller(consent: ConsentState, by: PersonId): ConsentState {
  const { callers } = consent;
  return { ...consent, callers: [...without(callers, by), by] };
}

function withNo(consent: ConsentState, by: PersonId): ConsentState {
  const { callers, no, pressed, yes } = consent;
  return {
    ...consent,
    no: [...without(no, by), by],
    yes: without(yes, by),
    pressed: without(pressed, by),
    callers: without(callers, by),
  };
}

function without(ids: readonly PersonId[], by: PersonId): readonly PersonId[] {
  return ids.filter((id) => id !== by);
}

/** Drops everything that a person's turns own: sound, words, answers, tools and buttons. Nothing of it is remembered. */
function withdraw(draft: Draft, by: PersonId): void {
  forgetExchanges(draft, by);
  withdrawTurns(draft, by);
  withdrawTools(draft, by);
  dropReadingsOf(draft, by);
  renewForeignAnswers(draft);
  attend(draft, { kind: 'left', personId: by });
  const { dropped, understood } = draft.state.notes;
  const isOther = (one: { readonly by: PersonId }) => one.by !== by;
  changeNotes(draft, {
    dropped: dropped.filter(isOther),
    understood: understood.filter(isOther),
  });
  emit(draft, { do: 'forget-person', by });
}

/** Stored consents were read. A no that another process has stored counts at once. */
export function consents(draft: Draft, event: EventOf<'consents'>): void {
  const { isRead, no, policy, yes } = event;
  const former = draft.state.consent;
  const kept = former.pressed.filter((id) => !no.includes(id));
  change(draft, {
    consent: { ...former, policy, isRead, no, yes: [...new Set([...yes, ...kept])], pressed: kept },
  });
  for (const id of no) {
    const isKnown = former.isRead || draft.state.turns.some(({ by }) => by === id);
    if (isKnown && !former.no.includes(id)) withdraw(draft, id);
  }
  breakOffUnheard(draft);
}

/** Words before a pause of hearing are still answered. */
export function pausedHearing(draft: Draft, { isPaused }: EventOf<'paused-hearing'>): void {
  change(draft, { consent: { ...draft.state.consent, isPaused } });
  breakOffUnheard(draft);
}

/** People come, go or change. Whoever may not use the bot any more is forgotten, and whoever may not be heard is cut off. */
export function people(draft: Draft, { people: here }: EventOf<'people'>): void {
  const before = draft.state.people;
  const isAlone = here.every(({ isBot }) => isBot);
  const aloneFromMs = isAlone ? (draft.state.aloneFromMs ?? draft.atMs) : undefined;
  change(draft, { people: here, aloneFromMs });
  for (const { id } of before) if (here.every((one) => one.id !== id)) leave(draft, id);
  for (const one of here) if (isNewlyBarred(before, one)) withdraw(draft, one.id);
  breakOffUnheard(draft);
}

/** Nothing new begins for a person who has gone. */
function leave(draft: Draft, personId: PersonId): void {
  breakOff(draft, ({ by }) => by === personId);
  dropTurnsOfLeaver(draft, personId);
}

function isNewlyBarred(before: readonly Participant[], { id, isAdmitted }: Participant): boolean {
  const former = before.find((one) => one.id === id);
  return !isAdmitted && former?.isAdmitted !== false;
}

/** Cuts people off who may not be heard. */
function breakOffUnheard(draft: Draft): void {
  breakOff(draft, ({ by }, { isEnded }) => !isEnded && !mayHear(draft.state, by));
}
