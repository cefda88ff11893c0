import type { PersonId } from '#src/base/ids.ts';
import {
  type Draft,
  type EventHandlers,
  emitEffect,
  filterPanelNotes,
  mayHearPerson,
} from './draft.ts';
import type { Participant } from './state.ts';
import { withdrawTools } from './tool-decisions.ts';
import { updateAttention } from './turn-addressing.ts';
import {
  dropTurn,
  dropTurnsOfLeaver,
  eraseForeignAnswer,
  removeFromHistory,
  renewForeignAnswers,
  setHistory,
} from './turn-lifecycle.ts';
import { dropAnnouncementsAbout } from './turn-queue.ts';
import { breakOffUtterances } from './utterance-decisions.ts';

/** Handlers of events about people in the channel and their consent, for `stepConversation`. */
export const consentHandlers: Pick<
  EventHandlers,
  'answered-consent' | 'consents' | 'paused-hearing' | 'people'
> = {
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
        dropBarredCallers(draft);
        return;
      case 'no':
      case 'forget':
        consent.no = withPerson(consent.no, by);
        consent.yes = withoutPerson(consent.yes, by);
        consent.pressed = withoutPerson(consent.pressed, by);
        consent.callers = withoutPerson(consent.callers, by);
        withdrawPerson(draft, by);
        if (answer !== 'forget') return;
        setHistory(draft, []);
        eraseForeignAnswer(draft);
    }
  },

  consents(draft, event) {
    // A no that another process has stored counts at once.
    const { isLoaded, no, policy, told, yes } = event;
    const { presence } = draft;
    const oldConsent = presence.consent;
    const pressed = oldConsent.pressed.filter((id) => !no.includes(id));
    presence.consent = {
      ...oldConsent,
      policy,
      isLoaded,
      no,
      yes: [...new Set([...yes, ...pressed])],
      pressed,
      told,
    };
    for (const id of no) {
      const isKnown = oldConsent.isLoaded || hasWords(draft, id);
      if (isKnown && !oldConsent.no.includes(id)) withdrawPerson(draft, id);
    }
    breakOffUnheard(draft);
  },

  /** Words before a pause are still answered. */
  'paused-hearing'(draft, { isPaused }) {
    draft.presence.consent.isPaused = isPaused;
    breakOffUnheard(draft);
  },

  people(draft, { atMs, people }) {
    const { presence } = draft;
    const oldPeople = presence.people;
    const isAlone = people.every(({ isBot }) => isBot);
    presence.people = people;
    presence.aloneFromMs = isAlone ? (presence.aloneFromMs ?? atMs) : undefined;
    for (const { id } of oldPeople) {
      if (people.some((person) => person.id === id)) continue;
      breakOffUtterances(draft, ({ by }) => by === id);
      dropTurnsOfLeaver(draft, id);
    }
    for (const person of people)
      if (isNewlyBarred(oldPeople, person)) withdrawPerson(draft, person.id);
    dropBarredCallers(draft);
    breakOffUnheard(draft);
  },
};

/** A call of a person who may not use the bot is no yes, also once the server lets the person in. */
function dropBarredCallers({ presence: { consent, people } }: Draft) {
  const barred = people.filter(({ isAdmitted }) => !isAdmitted).map(({ id }) => id);
  consent.callers = consent.callers.filter((id) => !barred.includes(id));
}

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

/** Tests whether a person asks or has asked something, as in writing while no answer of anybody could be read. */
function hasWords({ attention, history, turns }: Draft, id: PersonId) {
  return (
    turns.some(({ by }) => by === id) ||
    history.exchanges.some(({ by }) => by === id) ||
    attention.windows.some(({ personId }) => personId === id)
  );
}

function isNewlyBarred(
  oldPeople: readonly Participant[],
  { id, isAdmitted }: Participant,
) {
  const oldPerson = oldPeople.find((person) => person.id === id);
  return !isAdmitted && oldPerson?.isAdmitted !== false;
}

function breakOffUnheard(draft: Draft) {
  const { presence } = draft;
  breakOffUtterances(
    draft,
    ({ by }, { isEnded }) => !isEnded && !mayHearPerson(presence, by),
  );
}
