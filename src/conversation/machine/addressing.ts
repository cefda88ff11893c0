import {
  type BotActivity,
  needsWords as needsWordsBy,
  presume,
  type SpeakerTurn,
} from '#src/turn/addressing/addressing.ts';
import {
  type AddressEvent,
  type AddressingRules,
  endsInQuestion,
  stepAddressing,
} from '#src/turn/addressing/addressing-windows.ts';
import { change, type Draft } from './draft.ts';
import type { EventOf } from './events.ts';
import { currentTurn, hasRefused, isSpeaking, standingOf } from './questions.ts';
import type { ConversationRules } from './rules.ts';
import type { ConversationState, PersonId, TurnState, UtteranceState } from './state.ts';

/** Start of an utterance. */
export type SpeechStart = Pick<UtteranceState, 'fromMs' | 'isAlone'> & { readonly by: PersonId };

type Addressee = SpeakerTurn & { readonly present: readonly string[] };

/** Bot's name and mode as the rules of addressing take them. */
export function addressingRulesOf(
  { settings }: ConversationState,
  rules: ConversationRules,
): AddressingRules {
  const mode = settings.mode === 'captions' ? 'off' : settings.addressing;
  return { ...rules.addressing, mode, names: settings.names };
}

/** Speaker and audience of an utterance. A person who came later is no addressee of what began alone. */
export function addresseeOf({ people }: ConversationState, start: SpeechStart): Addressee {
  const { by, fromMs, isAlone } = start;
  const others = isAlone ? [] : people.filter(({ id, isBot }) => !isBot && id !== by);
  const isBot = people.some((one) => one.isBot && one.id === by);
  const present = others.map(({ name }) => name);
  return { speakerId: by, fromMs, isBot, humans: others.length + 1, present };
}

/** Whether a person is answered for any words. */
export function isPresumed(
  state: ConversationState,
  start: SpeechStart,
  rules: ConversationRules,
): boolean {
  return presume(state.attention, addresseeOf(state, start), addressingRulesOf(state, rules));
}

/** Whether captions or the bot need the words of an utterance. */
export function needsWords(
  state: ConversationState,
  turn: TurnState,
  start: SpeechStart,
  rules: ConversationRules,
): boolean {
  const { by } = start;
  const isAwaited = state.confirmations.some((one) => one.presser === by && one.spoken === 'open');
  if (isAwaited) return true;
  const isAnswered = currentTurn(state)?.by === by;
  const isTheirs = isAnswered || turn.parts.length > 0;
  const activity: BotActivity = { speaks: isSpeaking(state), isTheirs };
  const addressee = addresseeOf(state, start);
  return needsWordsBy(state.attention, addressee, activity, addressingRulesOf(state, rules));
}

/** Opens the window of a person who pressed Ask. */
export function openWindow(draft: Draft, { by }: EventOf<'opened-window'>): void {
  if (standingOf(draft.state, by) !== 'yes') return;
  attend(draft, { kind: 'asked', personId: by, atMs: draft.atMs });
}

/** An answer to these people begins. */
export function noteAnswering(draft: Draft, by: PersonId): void {
  if (hasRefused(draft.state, by)) return;
  attend(draft, { kind: 'answering', personId: by, atMs: draft.atMs });
}

/** An answer to these people is over. */
export function noteAnswered(draft: Draft, askers: readonly PersonId[], heard: string): void {
  const isQuestion = endsInQuestion(heard);
  for (const personId of askers) {
    if (hasRefused(draft.state, personId)) continue;
    const answered = { kind: 'answered', personId, atMs: draft.atMs } as const;
    attend(draft, { ...answered, endsInQuestion: isQuestion });
  }
}

export function noteTalk(draft: Draft, personId: PersonId, ms: number): void {
  attend(draft, { kind: 'talked', personId, ms, atMs: draft.atMs });
}

export function closeWindows(draft: Draft, personId: PersonId): void {
  attend(draft, { kind: 'left', personId });
}

function attend(draft: Draft, event: AddressEvent): void {
  const rules = addressingRulesOf(draft.state, draft.rules);
  const attention = stepAddressing(draft.state.attention, event, rules);
  change(draft, { attention });
}
