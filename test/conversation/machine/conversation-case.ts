import { type PersonId, toPersonId } from '#src/base/ids.ts';
import {
  findOpenSpeech,
  findTurnByAnswer,
  isCalledByName,
  isListenedTo,
  listHeldUtterances,
} from '#src/conversation/machine/draft.ts';
import type {
  ConversationEffect,
  ConversationFact,
  EffectOf,
} from '#src/conversation/machine/effects.ts';
import type { ConversationEvent, EventOf } from '#src/conversation/machine/events.ts';
import {
  type ConversationState,
  createConversationState,
  type HistoryExchange,
  type Participant,
  type SessionSettings,
  type ToolChange,
  type ToolEffect,
} from '#src/conversation/machine/state.ts';
import type { VoiceEvidence } from '#src/turn/voice-evidence.ts';

/** Events and the effects that they have, as data. */
export type ConversationCase = readonly CaseStep[] | CaseInRoom;

/** Cases by the sentence that each proves. */
export type ConversationCases = Readonly<Record<string, ConversationCase>>;

/** `listen`: words of an utterance are needed. `forget`: its sound is needed no more. */
type EarChange = 'listen' | 'forget';

type CaseInRoom = {
  readonly room?: ConversationState;
  /** Kinds of effects that are compared beside the usual ones, and what the state tells the ear. */
  readonly also?: readonly (ConversationEffect['do'] | EarChange)[];
  readonly steps: readonly CaseStep[];
};

export type CaseStep = readonly [
  events: ConversationEvent | readonly ConversationEvent[],
  ...effects: readonly string[],
];

/** Effects of nearly each utterance, which most cases leave out. */
export const usuallyHidden: ReadonlySet<ConversationEffect['do']> = new Set([
  'recognise',
  'cancel-recognition',
  'overheard',
  'fact',
  'cue',
] as const);

const settings: SessionSettings = {
  mode: 'talk',
  addressing: 'auto',
  names: ['Nova'],
  isSparing: false,
  trustsPartials: true,
  leaveAfterMs: 60_000,
};

/** A channel with these people, who all agreed, and its link. */
export function makeRoom(...ids: readonly string[]): ConversationState {
  const state = createConversationState(settings);
  const { presence, session } = state;
  const people = ids.map((id) => makePerson(toPersonId(id)));
  return {
    ...state,
    session: { ...session, connection: { kind: 'up' } },
    presence: {
      ...presence,
      people,
      consent: { ...presence.consent, yes: ids.map(toPersonId) },
    },
  };
}

export function makeRoomWith(
  state: ConversationState,
  changed: Partial<SessionSettings>,
): ConversationState {
  const { session } = state;
  const settings = { ...session.settings, ...changed };
  return { ...state, session: { ...session, settings } };
}

/** A room in which Ben has said something to the bot. */
export function makeRoomAfter(
  ...exchanges: readonly HistoryExchange[]
): ConversationState {
  return { ...makeRoom('ana', 'ben'), history: { version: 1, exchanges } };
}

export const saidByBen: HistoryExchange = {
  by: toPersonId('ben'),
  name: 'Ben',
  isOwn: true,
  words: 'hm',
  heard: 'hm',
  isOver: false,
};

export function makePerson(
  id: PersonId,
  overrides: Partial<Participant> = {},
): Participant {
  const name = `${id.slice(0, 1).toUpperCase()}${id.slice(1)}`;
  const usual = {
    id,
    name,
    isBot: false,
    isDeaf: false,
    hasRole: false,
    isAdmitted: true,
  };
  return { ...usual, ...overrides };
}

export const clearVoice: VoiceEvidence = {
  voicedMs: 800,
  spanMs: 900,
  meanProbability: 0.9,
  peakProbability: 0.98,
  meanLevelDb: -25,
};

export const noVoice: VoiceEvidence = {
  ...clearVoice,
  voicedMs: 40,
  meanProbability: 0.3,
};

// Events.

export function voiceBegan(
  utterance: number,
  by: PersonId,
  atMs: number,
): ConversationEvent {
  return { kind: 'began', utterance, by, fromMs: atMs, hints: [], atMs };
}

/** A person begins to speak, as the local recogniser listens for the name of the bot. */
export function overheardVoiceBegan(
  utterance: number,
  by: PersonId,
  atMs: number,
): ConversationEvent {
  return {
    kind: 'began',
    utterance,
    by,
    fromMs: atMs,
    hints: [],
    canHearName: true,
    atMs,
  };
}

/** The local recogniser has heard the name, or the end of words without it. */
export function nameJudged(
  utterance: number,
  mayBeNamed: boolean,
  atMs: number,
  isPausing = false,
): ConversationEvent {
  return { kind: 'name-judged', utterance, mayBeNamed, isPausing, atMs };
}

export function voicePaused(utterance: number, atMs: number): ConversationEvent {
  return { kind: 'paused', utterance, evidence: clearVoice, atMs };
}

export function recognisedWords(
  utterance: number,
  pause: number,
  text: string,
  atMs: number,
): ConversationEvent {
  return { kind: 'words', utterance, pause, text, language: 'en', atMs };
}

export function turnLikelyOver(utterance: number, atMs: number): ConversationEvent {
  return { kind: 'likely-over', utterance, evidence: clearVoice, atMs };
}

/** A pause whose words come 100 ms later. */
export function pauseWithWords(
  utterance: number,
  atMs: number,
  text: string,
  n = 1,
): readonly ConversationEvent[] {
  return [
    voicePaused(utterance, atMs),
    recognisedWords(utterance, n, text, atMs + 100),
    turnLikelyOver(utterance, atMs + 120),
  ];
}

export function voiceEnded(
  utterance: number,
  atMs: number,
  toMs = atMs - 400,
  overrides: Partial<EventOf<'ended'>> = {},
): ConversationEvent {
  return {
    kind: 'ended',
    utterance,
    toMs,
    endedMs: atMs,
    evidence: clearVoice,
    ...overrides,
    atMs,
  };
}

/** A sentence of one second, recognised in its last pause. */
export function saysWhole(
  utterance: number,
  by: PersonId,
  atMs: number,
  text: string,
): readonly ConversationEvent[] {
  return [
    voiceBegan(utterance, by, atMs),
    ...pauseWithWords(utterance, atMs + 600, text),
    voiceEnded(utterance, atMs + 1_000),
  ];
}

/** Ana asks about the bridge at 0 s. Her turn is 100, the answer 101. */
export const bridge = saysWhole(1, toPersonId('ana'), 0, 'Nova, the bridge?');
export const begunForBridge = 'begin 101 for ana: Nova, the bridge?';
export const bridgeAsked: CaseStep = [bridge, begunForBridge, 'play 101'];

const timer = saysWhole(1, toPersonId('ana'), 0, 'Nova, a timer');
export const timerAsked: CaseStep = [
  timer,
  'begin 101 for ana: Nova, a timer',
  'play 101',
];

export function replyAudible(reply: number, atMs: number): ConversationEvent {
  return { kind: 'audible', reply, atMs };
}

export function replyOver(
  reply: number,
  atMs: number,
  transcript: string,
): ConversationEvent {
  return { kind: 'over', reply, finish: 'completed', heard: transcript, atMs };
}

/** A reply is paused after these words, or goes on. */
export function replyHalted(
  reply: number,
  transcript: string | undefined,
  atMs: number,
): ConversationEvent {
  return { kind: 'halted', reply, heard: transcript, atMs };
}

/** All sound of a reply is there. */
export function replyWhole(
  reply: number,
  text: string,
  atMs: number,
): ConversationEvent {
  return { kind: 'whole', reply, text, atMs };
}

/** End of a reply that failed. */
export function replyBroken(
  reply: number,
  atMs: number,
  stage = 'think',
): ConversationEvent {
  return { kind: 'over', reply, finish: 'failed', heard: '', stage, atMs };
}

/** End of a reply after a cut. */
export function replyCutShort(
  reply: number,
  atMs: number,
  transcript: string,
): ConversationEvent {
  return { kind: 'over', reply, finish: 'cancelled', heard: transcript, atMs };
}

export function replyBarged(
  reply: number,
  action: EventOf<'barged'>['action'],
  atMs: number,
): ConversationEvent {
  return { kind: 'barged', reply, action, atMs };
}

/** A tool call. Results of `look`, and those of arguments `mcp`, quote others. */
export function toolCalled(
  answer: number,
  tool: string,
  args: string,
  effect: ToolEffect,
  atMs: number,
  overrides: Partial<EventOf<'called'>['call']> = {},
): ConversationEvent {
  const quotesOthers = tool === 'look' || args === 'mcp';
  const call = {
    callId: `c${atMs}`,
    tool,
    args,
    effect,
    quotesOthers,
    isSayable: false,
    ...overrides,
  };
  return { kind: 'called', answer, call, atMs };
}

export function toolReturned(
  run: number,
  result: string,
  atMs: number,
): ConversationEvent {
  return { kind: 'returned', run, result, isVain: false, atMs };
}

export function buttonPressed(
  confirmation: number,
  by: PersonId,
  atMs: number,
): ConversationEvent {
  return { kind: 'pressed', confirmation, by, atMs };
}

export function consentGiven(
  by: PersonId,
  answer: EventOf<'answered-consent'>['answer'],
  atMs: number,
): ConversationEvent {
  return { kind: 'answered-consent', by, answer, atMs };
}

export function peoplePresent(
  atMs: number,
  ...ids: readonly string[]
): ConversationEvent {
  return { kind: 'people', people: ids.map((id) => makePerson(toPersonId(id))), atMs };
}

export function announcementAsked(
  atMs: number,
  overrides: Partial<EventOf<'announcement'>> = {},
): ConversationEvent {
  return {
    kind: 'announcement',
    request: undefined,
    owner: undefined,
    about: [],
    when: 'queue',
    isInterruptible: true,
    ...overrides,
    atMs,
  };
}

export function noticeAsked(
  request: number,
  to: string | undefined,
  untilMs: number,
  atMs: number,
): ConversationEvent {
  return {
    kind: 'notify',
    request,
    to: to === undefined ? undefined : toPersonId(to),
    untilMs,
    atMs,
  };
}

export function tickAt(atMs: number): ConversationEvent {
  return { kind: 'tick', atMs };
}

/** The connection closes after a word was heard, and its loss is reported at once. */
export function linkLost(
  atMs: number,
  random = 1,
  isHeard = true,
): readonly ConversationEvent[] {
  return [
    { kind: 'link-down', isHeard, atMs },
    { kind: 'link-lost', random, restMs: 0, final: undefined, atMs },
  ];
}

export function linkUp(atMs: number): ConversationEvent {
  return { kind: 'link-up', atMs };
}

/** What the ear learns of a step: whose words are needed from now on. */
export function formatListening(
  stateBefore: ConversationState,
  stateAfter: ConversationState,
): readonly string[] {
  return stateAfter.turns.flatMap(({ by, openSpeech }) =>
    openSpeech.flatMap((utterance) => {
      const { id } = utterance;
      const former = findOpenSpeech(stateBefore, id)?.utterance;
      const wasListenedTo = former !== undefined && isListenedTo(former);
      const isNew = !wasListenedTo && isListenedTo(utterance);
      return isNew ? [`listen ${id} of ${by}`] : [];
    }),
  );
}

/** What the ear learns of a step: whose sound is needed no more. */
export function formatForgetting(
  stateBefore: ConversationState,
  stateAfter: ConversationState,
): readonly string[] {
  const heldIds = new Set([0, ...listHeldUtterances(stateAfter)]);
  return listHeldUtterances(stateBefore).flatMap((id) =>
    heldIds.has(id) ? [] : [`forget ${id}`],
  );
}

// Effects, as people read them.

/** `state`: state after the step of the effect. */
export function formatEffect(effect: ConversationEffect, state: ConversationState) {
  switch (effect.do) {
    case 'recognise':
      return `recognise ${effect.utterance}, pause ${effect.pause}`;
    case 'cancel-recognition':
      return `${effect.do} ${effect.utterance}`;
    case 'overheard':
      return `overheard ${effect.by}: ${effect.what}${effect.isMeant ? ', meant' : ''}`;
    case 'begin':
      return formatBegin(effect);
    case 'play':
      return formatPlay(effect, state);
    case 'give-up':
      return `give-up ${effect.answer}`;
    case 'speak':
      return `speak ${effect.announcement}`;
    case 'discard':
    case 'cut':
    case 'finish-clause':
      return `${effect.do} ${effect.reply}`;
    case 'cue':
      return `cue ${effect.cue}`;
    case 'run':
      return formatRun(effect, state);
    case 'stop-run':
      return `stop-run ${effect.run}`;
    case 'result':
      return `result for ${effect.answer}: ${formatResult(effect)}`;
    case 'ask':
      return formatAsk(effect, state);
    case 'close-ask':
      return `close-ask ${effect.confirmation}`;
    case 'report':
      return `report ${effect.request}: ${effect.outcome}`;
    case 'notice':
      return `notice ${effect.line}`;
    case 'obey':
      return `obey ${effect.wish} for ${effect.by}`;
    case 'tell':
      return `tell ${effect.to ?? 'all'}: ${effect.line.id}`;
    case 'forget-person':
    case 'tell-unpaid':
      return `${effect.do} ${effect.by}`;
    case 'tell-result':
      return `tell-result ${effect.resultId} to ${effect.by}`;
    case 'tell-progress':
      return `tell-progress ${effect.question} to ${effect.by}`;
    case 'open-link':
      return 'open-link';
    case 'end':
      return `end ${effect.why}`;
    case 'fact':
      return formatFact(effect.fact);
  }
}

function formatBegin({ answer, by, done, supposed, words: asked }: EffectOf<'begin'>) {
  const changes = takeAfter(', done: ', done.map(formatChange).join('; '));
  const quotedBefore = `${changes}${takeAfter(', after: ', supposed?.heard)}`;
  return `begin ${answer} for ${by}: ${asked ?? '(sound)'}${quotedBefore}`;
}

function formatPlay({ answer }: EffectOf<'play'>, state: ConversationState) {
  const turn = findTurnByAnswer(state, answer);
  return `play ${answer}${turn && isCalledByName(state.presence, turn) ? ` to ${turn.by}` : ''}`;
}

function formatRun({ run }: EffectOf<'run'>, { tools }: ConversationState) {
  const { args, by, tool } = tools.runs.find(({ id }) => id === run) ?? {};
  return `run ${run}: ${tool} ${args} for ${by}`;
}

function formatAsk(
  { confirmation, isAloud, presser }: EffectOf<'ask'>,
  { tools }: ConversationState,
) {
  const { tool } = tools.confirmations.find(({ id }) => id === confirmation) ?? {};
  return `ask ${confirmation} ${presser}: ${tool}${isAloud ? ', aloud' : ''}`;
}

/** Text with words before it; empty where there is none. */
function takeAfter(quotedBefore: string, text = '') {
  return text === '' ? '' : `${quotedBefore}${text}`;
}

function formatResult(effect: EffectOf<'result'>) {
  if ('resultId' in effect) return effect.resultId;
  if (effect.kind === 'goes-on') return 'goes on';
  return effect.kind === 'called-enough'
    ? 'called often enough in this answer'
    : 'waits for Confirm';
}

function formatChange({ args, resultId = '...', state, tool }: ToolChange) {
  return `${tool} ${args} = ${state === 'asked' ? 'waits for Confirm' : resultId}`;
}

function formatFact(fact: ConversationFact) {
  switch (fact.kind) {
    case 'dropped':
      return `dropped ${fact.by}: ${fact.why}`;
    case 'utterance-over':
      return `utterance ${fact.utterance.id} of ${fact.by}: ${fact.end}`;
    case 'turn-over':
      return `turn of ${fact.turn.by}: ${fact.end}`;
  }
}
