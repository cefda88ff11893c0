import type { PersonId } from '#src/base/ids.ts';
import type { ConversationFact } from '#src/conversation/machine/effects.ts';
import { isMuted } from '#src/conversation/machine/selectors.ts';
import type {
  ConversationState,
  Id,
  Participant,
  TurnState,
} from '#src/conversation/machine/state.ts';
import {
  findTurn,
  isLinkUp,
  isSessionOver,
  listCompany,
  listOverTurns,
  type OverTurn,
} from './conversation-view.ts';
import { everybody } from './simulated-scenes.ts';
import { type Hold, type SimulatedStep, simulatedRules } from './simulated-step.ts';
import type { Simulation } from './simulation-world.ts';

type UtteranceOver = Extract<ConversationFact, { readonly kind: 'utterance-over' }>;

/** Longest time, in ms, in which somebody who talked with the bot needs no name. */
const maxWindowMs = 15_000;
/** Talk of others, in ms, after which that ends, and by which words are over. */
const [maxOtherTalkMs, pauseMs] = [4_500, 500];
/** Time, in ms, by which an instant of a voice may be known too late. */
const allowedSlackMs = 1_000;
/** Questions at most: one that is answered, and those that wait. */
const maxQuestions = 4;
/** Time, in ms, in which words that end a question were said. */
const maxRecentMs = 30_000;

/** Words to other people: four or more, without the bot's name. */
const isTalk = /^(?!.*nova)(?:\S+\s+){3}/i;
/** Words that end what the bot does. */
const endingWords = /stop|never mind|listen|wait/i;
/** Least time, in ms, after the end of the latest answer until a sign of work, by the sign. */
const minWaitMs = {
  tick: 600,
  moment: 2_400,
  step: 1_200,
  bed: 1_200,
  error: 0,
} as const;

/** Judges who is answered, in which order, and that nobody is left without a reason. */
export class QuestionJudge {
  readonly #hold;
  /** Instant, in ms, at which the end of each utterance was clear. */
  readonly #endedMs = new Map<Id, number>();
  readonly #words = new Map<Id, string>();
  /** Beginning of each utterance, in ms, and who was there then: others, or nobody else. */
  readonly #begun = new Map<
    Id,
    {
      readonly fromMs: number;
      readonly isInCompany: boolean;
      readonly isAlone: boolean;
    }
  >();
  /** Turns that had the floor once. */
  readonly #played = new Set<Id>();
  /** Latest instant, in ms, at which each person was away. */
  readonly #awayMs = new Map<string, number>();
  /** Instants, in ms, of the latest end of a reply, and of the latest stop. */
  #overMs = Number.NEGATIVE_INFINITY;
  #stoppedMs = Number.NEGATIVE_INFINITY;
  /** Latest instant, in ms, at which each person talked with the bot. */
  readonly #contactMs = new Map<string, number>();
  /** People whom the bot asked something, or who asked it to listen: whatever others say, they need no name. */
  readonly #expected = new Set<string>();

  constructor(hold: Hold) {
    this.#hold = hold;
  }

  check(world: Simulation, step: SimulatedStep) {
    this.#note(step);
    this.#checkOrder(step);
    this.#checkCrowd(step);
    this.#checkKept(step);
    this.#checkCues(step);
    const overrides = listOverTurns(step.effects);
    for (const entry of overrides) this.#checkReason(world, step, entry);
    this.#checkRefused(step, overrides);
    this.#checkTold(step);
    this.#checkWindows(world, step);
    this.#noteContacts(step);
  }

  #note({ before, event }: SimulatedStep) {
    if (event.kind === 'ended') this.#endedMs.set(event.utterance, event.endedMs);
    if (event.kind === 'words') this.#words.set(event.utterance, event.text);
    const isErased = event.kind === 'answered-consent' && event.answer === 'forget';
    // An answer that was made of words which are erased ends, too: the talk begins anew.
    if (event.kind === 'stop' || isErased) this.#stoppedMs = event.atMs;
    if (event.kind === 'people') this.#noteAway(event.people, event.atMs);
    if (event.kind !== 'began') return;
    const isInCompany = isNameNeeded(before);
    const isAlone = before.presence.people.every(
      ({ id, isBot }) => isBot || id === event.by,
    );
    const { fromMs } = event;
    this.#begun.set(event.utterance, { fromMs, isInCompany, isAlone });
  }

  #noteAway(people: readonly Participant[], atMs: number) {
    for (const by of everybody)
      if (!people.some(({ id }) => id === by)) this.#awayMs.set(by, atMs);
  }

  #checkOrder({ after, effects }: SimulatedStep) {
    for (const effect of effects) {
      if (effect.do !== 'play') continue;
      const next = after.turns.find(({ answer }) => answer?.id === effect.answer);
      if (!next) continue;
      const isAgain = this.#played.has(next.id);
      this.#played.add(next.id);
      const waiting = after.turns.filter(({ id }) =>
        after.turnQueue.waiting.includes(id),
      );
      const own = this.#findEnd(after, next.id);
      const earlier = waiting.find(({ id }) => this.#findEnd(after, id) < own);
      this.#hold(
        43,
        isAgain || earlier === undefined,
        `turn ${next.id} before ${earlier?.id}`,
      );
    }
  }

  #findEnd({ turns }: ConversationState, id: Id) {
    const turn = turns.find((turnState) => turnState.id === id);
    return this.#endedMs.get(turn?.parts.at(-1)?.utterance ?? 0) ?? turn?.endedMs ?? 0;
  }

  #checkCrowd({ after }: SimulatedStep) {
    const { current, waiting: queued } = after.turnQueue;
    const waiting = after.turns.filter(({ id }) => queued.includes(id));
    const answering = after.turns.find(({ id }) => id === current?.id);
    // Whoever speaks over the own answer waits in its place.
    const isReplaced = waiting.some(({ by }) => by === answering?.by);
    const most = answering && !isReplaced ? maxQuestions - 1 : maxQuestions;
    // So does who did that before a lost link took the answer back.
    const isTakenBack = ({ by, id }: TurnState) =>
      this.#played.has(id) &&
      waiting.some((other) => other.by === by && other.id !== id);
    const counted = waiting.length - (waiting.some(isTakenBack) ? 1 : 0);
    this.#hold(22, counted <= most, `${waiting.length} wait`);
  }

  #checkKept({ after }: SimulatedStep) {
    const { maxExchanges, maxParts } = simulatedRules;
    const { length } = after.history.exchanges;
    this.#hold(70, length <= maxExchanges, `${length} exchanges`);
    const long = after.turns.find(({ parts }) => parts.length > maxParts);
    this.#hold(70, long === undefined, `${long?.parts.length} parts of a question`);
  }

  #checkCues({ before, effects, event }: SimulatedStep) {
    if (event.kind === 'over' && before.turnQueue.current?.reply === event.reply)
      this.#overMs = event.atMs;
    for (const effect of effects)
      if (effect.do === 'cue')
        this.#hold(67, event.atMs - this.#overMs >= minWaitMs[effect.cue], effect.cue);
  }

  /** Where there are too many questions, the one that was finished last is refused. */
  #checkRefused({ after }: SimulatedStep, turns: readonly OverTurn[]) {
    const refusedMs = turns.flatMap(({ end, turn }) =>
      end === 'crowded' ? [turn.endedMs] : [],
    );
    const firstMs = Math.min(...refusedMs);
    const later = after.turns.find(
      ({ endedMs, id }) => after.turnQueue.waiting.includes(id) && endedMs > firstMs,
    );
    this.#hold(82, later === undefined, later?.by);
  }

  #checkTold({ after, before }: SimulatedStep) {
    const told = after.turnQueue.announcements.flatMap(
      ({ crowdedOut = [] }) => crowdedOut,
    );
    const twice = told.find((by, n) => told.indexOf(by) !== n);
    this.#hold(83, twice === undefined, twice);
    const isPlaced = ({ id }: TurnState) =>
      after.turnQueue.waiting.includes(id) &&
      !before.turns.some((turn) => turn.id === id && turn.parts.length > 0);
    const { announcements, current } = after.turnQueue;
    const toBeTold = announcements.flatMap(({ crowdedOut = [], id }) =>
      id === current?.id ? [] : crowdedOut,
    );
    const placed = after.turns.filter(isPlaced).find(({ by }) => toBeTold.includes(by));
    this.#hold(83, placed === undefined, placed?.by);
  }

  #checkReason(world: Simulation, step: SimulatedStep, turn: OverTurn) {
    const about = `${turn.turn.by}, ${turn.end}: ${turn.turn.parts.map(({ words }) => words)}`;
    this.#hold(38, this.#hasReason(world, step, turn), about);
  }

  #hasReason(world: Simulation, step: SimulatedStep, { end, turn }: OverTurn) {
    const { after, before, effects, event } = step;
    // Whoever takes back what waits says so; what sounds or is made may be ended by others.
    const isWaiting = before.turnQueue.waiting.includes(turn.id);
    const isDone = (kind: string) => effects.some((effect) => effect.do === kind);
    const isDropped = effects.some(
      (effect) =>
        effect.do === 'fact' &&
        effect.fact.kind === 'dropped' &&
        effect.fact.by === turn.by,
    );
    const isAway = !after.presence.people.some(({ id }) => id === turn.by);
    const wasAway = isAway || (this.#awayMs.get(turn.by) ?? 0) >= turn.endedMs;
    switch (end) {
      case 'cancelled':
        return false;
      case 'late':
        return isDropped || wasAway;
      case 'crowded':
        return isDropped || wasAway || isToldOfCrowd(before, turn.by);
      case 'ending':
        return isDropped || before.session.isEnding;
      case 'empty':
        return (
          turn.changes.length > 0 ||
          isDone('cue') ||
          isDone('notice') ||
          !isLinkUp(after)
        );
      case 'lost':
        return world.heard.listTexts(turn.answer?.id ?? 0).length > 0;
      case 'refused':
        return world.toldOfBudgetMs === event.atMs;
      case 'stopped':
        return (
          this.#stoppedMs === event.atMs ||
          this.#isSaid(world, event.atMs, isWaiting ? turn.by : undefined)
        );
      case 'muted':
        return isMuted(after.session);
      case 'left':
        return isSessionOver(after) || wasAway;
      default:
        return true;
    }
  }

  /** Whether a person, or anybody, said words not long ago that end what the bot does. */
  #isSaid({ said }: Simulation, atMs: number, who: PersonId | undefined) {
    return said.some(
      ({ by, text, toMs }) =>
        toMs > atMs - maxRecentMs &&
        endingWords.test(text) &&
        (who === undefined || by === who),
    );
  }

  #checkWindows(world: Simulation, step: SimulatedStep) {
    const { after, effects, event } = step;
    if (event.kind === 'over' && event.heard !== '')
      this.#checkOpened(step, event.reply);
    for (const effect of effects) {
      if (effect.do !== 'fact' || effect.fact.kind !== 'utterance-over') continue;
      this.#checkAlone(effect.fact, after);
      if (effect.fact.end !== 'meant') continue;
      if (isNameNeeded(after))
        this.#checkMeant(world, effect.fact.utterance.id, effect.fact.by);
      this.#contactMs.set(effect.fact.by, event.atMs);
    }
  }

  /** An answer was heard: whoever asked may go on without a name. */
  #checkOpened({ after, before, event }: SimulatedStep, reply: Id) {
    const by = findTurn(before, reply)?.by;
    if (by === undefined || before.turnQueue.current?.reply !== reply) return;
    const isOpen = after.attention.windows.some(
      ({ fromMs, personId }) => personId === by && fromMs === event.atMs,
    );
    const isThere = after.presence.people.some(
      ({ id, isAdmitted }) => id === by && isAdmitted,
    );
    this.#hold(49, isOpen || after.presence.consent.no.includes(by) || !isThere, by);
  }

  #checkAlone({ by, utterance, why }: UtteranceOver, { session }: ConversationState) {
    const isAlone = this.#begun.get(utterance.id)?.isAlone === true;
    const isByName = session.settings.addressing !== 'auto';
    this.#hold(69, !isAlone || isByName || why !== 'not-named', by);
  }

  #checkMeant(world: Simulation, utterance: Id, by: string) {
    const begun = this.#begun.get(utterance);
    const text = this.#words.get(utterance);
    if (!begun?.isInCompany || text === undefined || /nova/i.test(text)) return;
    const contactMs = this.#contactMs.get(by) ?? Number.NEGATIVE_INFINITY;
    this.#hold(
      53,
      begun.fromMs - contactMs <= maxWindowMs + allowedSlackMs,
      `${by}: ${text}`,
    );
    const othersMs = measureTalk(world, by, contactMs, begun.fromMs - pauseMs);
    const isFree = this.#expected.has(by) || othersMs <= maxOtherTalkMs;
    this.#hold(119, isFree, `${by}: ${text}`);
  }

  #noteContacts({ after, before, event }: SimulatedStep) {
    const people = [...before.turns, ...after.turns].filter(
      ({ parts }) => parts.length > 0,
    );
    for (const { by } of people) this.#contactMs.set(by, event.atMs);
    if (event.kind === 'opened-window' || event.kind === 'exchanged') {
      this.#contactMs.set(event.by, event.atMs);
      this.#expected.add(event.by);
    }
    const answered = event.kind === 'over' && findTurn(before, event.reply)?.by;
    if (!answered) return;
    if (event.heard.trim().endsWith('?')) this.#expected.add(answered);
    else this.#expected.delete(answered);
  }
}

/** Whether a person who asked more has still to hear that there was no place. */
function isToldOfCrowd({ turnQueue }: ConversationState, by: string) {
  return turnQueue.announcements.some(({ crowdedOut }) =>
    crowdedOut?.some((each) => each === by),
  );
}

/** Whether people have to say the bot's name, as they may talk to each other. */
function isNameNeeded(state: ConversationState) {
  return listCompany(state) > 1 && state.session.settings.addressing === 'auto';
}

/** Time, in ms, for which others than a person talked with each other between two instants. Voices at once count once. */
function measureTalk({ said }: Simulation, by: string, fromMs: number, toMs: number) {
  const others = said.filter((saying) => saying.by !== by && isTalk.test(saying.text));
  let [talkedMs, knownToMs] = [0, fromMs];
  for (const saying of others.toSorted((one, other) => one.fromMs - other.fromMs)) {
    const untilMs = Math.min(saying.toMs, toMs);
    talkedMs += Math.max(0, untilMs - Math.max(saying.fromMs, knownToMs));
    knownToMs = Math.max(knownToMs, untilMs);
  }
  return talkedMs;
}
