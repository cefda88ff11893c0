import type { PersonId } from '#src/base/ids.ts';
import { filterPanelNotes } from './notes.ts';
import { dropTurnsOfLeaver } from './reply-events.ts';
import { type Draft, type EventHandlers, emitEffect, mayHear } from './selectors.ts';
import type { Participant } from './state.ts';
import { withdrawTools } from './tool-decisions.ts';
import { updateAttention } from './turn-addressing.ts';
import {
  dropTurn,
  removeFromHistory,
  renewForeignAnswers,
  setHistory,
} from './turn-lifecycle.ts';
import { dropAnnouncementsAbout } from './turn-queue.ts';
import { breakOffUtterances } from './utterance-decisions.ts';

export const consentHandlers = {
  'answered-consent'(draft, { answer, by }) {
    const { consent } = draft.presence;
    switch (answer) {
      case 'yes':
        consent.no = withoutPerson(consent.no, by);
        consent.yes = withPerson(consent.yes, by);
        consent.pressed = withPerson(consent.pressed, by);
        return;
      case 'called': // A call is no answer: an earlier no still counts.
        consent.callers = withPerson(consent.callers, by);
        return;
      case 'no':
      case 'forget':
        consent.no = withPerson(consent.no, by);
        consent.yes = withoutPerson(consent.yes, by);
        consent.pressed = withoutPerson(consent.pressed, by);
        consent.callers = withoutPerson(consent.callers, by);
        withdrawPerson(draft, by);
        if (answer === 'forget') setHistory(draft, []);
    }
  },

  consents(draft, event) {
    // A no that another process has stored counts at once.
    const { isLoaded, no, policy, yes } = event;
    const { presence, turns } = draft;
    const former = presence.consent;
    const kept = former.pressed.filter((id) => !no.includes(id));
    const all = [...new Set([...yes, ...kept])];
    presence.consent = { ...former, policy, isLoaded, no, yes: all, pressed: kept };
    for (const id of no) {
      const isKnown = former.isLoaded || turns.some(({ by }) => by === id);
      if (isKnown && !former.no.includes(id)) withdrawPerson(draft, id);
    }
    breakOffUnheard(draft);
  },

  /** Words before a pause are still answered. */
  'paused-hearing'(draft, { isPaused }) {
    draft.presence.consent.isPaused = isPaused;
    breakOffUnheard(draft);
  },

  people(draft, { atMs, people: here }) {
    const { presence } = draft;
    const before = presence.people;
    const isAlone = here.every(({ isBot }) => isBot);
    presence.people = here;
    presence.aloneFromMs = isAlone ? (presence.aloneFromMs ?? atMs) : undefined;
    for (const { id } of before) {
      if (here.some((one) => one.id === id)) continue;
      breakOffUtterances(draft, ({ by }) => by === id);
      dropTurnsOfLeaver(draft, id);
    }
    for (const one of here)
      if (isNewlyBarred(before, one)) withdrawPerson(draft, one.id);
    breakOffUnheard(draft);
  },
} satisfies Partial<EventHandlers>;

function withPerson(ids: readonly PersonId[], by: PersonId) {
  return [...withoutPerson(ids, by), by];
}

function withoutPerson(ids: readonly PersonId[], by: PersonId) {
  return ids.filter((id) => id !== by);
}

function withdrawPerson(draft: Draft, by: PersonId) {
  setHistory(draft, removeFromHistory(draft.history, by).exchanges);
  for (const turn of draft.turns)
    if (turn.by === by) dropTurn(draft, turn, 'withdrawn');
  withdrawTools(draft, by);
  dropAnnouncementsAbout(draft, by);
  renewForeignAnswers(draft);
  updateAttention(draft, { kind: 'left', personId: by });
  filterPanelNotes(draft.notes, (note) => note.by !== by);
  emitEffect(draft, { do: 'forget-person', by });
}

function isNewlyBarred(
  before: readonly Participant[],
  { id, isAdmitted }: Participant,
) {
  const former = before.find((one) => one.id === id);
  return !isAdmitted && former?.isAdmitted !== false;
}

function breakOffUnheard(draft: Draft) {
  const { presence } = draft;
  breakOffUtterances(
    draft,
    ({ by }, { isEnded }) => !isEnded && !mayHear(presence, by),
  );
}
