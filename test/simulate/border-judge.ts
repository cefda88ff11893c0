import { getEventListeners } from 'node:events';
import type {
  ConversationState,
  HistoryExchange,
} from '#src/conversation/machine/state.ts';
import { isLinkUp, isSessionOver, listNewlyHeard } from './conversation-view.ts';
import { redRoleId } from './discord/simulated-discord.ts';
import { everybody } from './simulated-scenes.ts';
import type { Hold, SimulatedStep } from './simulated-step.ts';
import type { Simulation } from './simulation-world.ts';

/** Longest time, in ms, for which a path that has proved itself may carry nothing. */
const maxDeadMs = 15_500;
/** Longest time, in ms, for which a lost role may count: each person is looked up in turn, every 2 s. */
const maxRoleMs = 2_000 * (everybody.length + 2);
/** Longest time, in ms, for which sound leaves after the last person. */
const maxEmptyMs = 5_000;
/** Longest gap, in ms, in sound that goes on. */
const maxGapMs = 500;
/** Listeners of a session at rest that reconnecting may add to those of its beginning. */
const spareListeners = 2;
/** Time, in ms, for which a link is up whose next loss counts as the first. */
const recoveredMs = 61_000;
/** Time, in ms, in which the bot may leave. */
const maxLeaveMs = 8_000;
/** Time, in ms, in which a heartbeat is missed, and noticed. */
const maxFrozenMs = 30_000;

/** Judges what happens between the conversation and Discord: paths, channels, roles, and what is left of them. */
export class BorderJudge {
  readonly #hold;
  /** Channels of what was said. */
  readonly #saidIn = new WeakMap<HistoryExchange, string>();
  #channelId: string | undefined;
  /** What the session knows from others, while its channel is not known. */
  #begunWith: readonly HistoryExchange[] = [];
  /** Instants, in ms: since which the path is dead, and at which people were with the bot last. */
  #deadFromMs = Number.POSITIVE_INFINITY;
  #deadCall: unknown;
  #peopledMs = 0;
  /** Instant, in ms, from which sound leaves without a gap. */
  #soundFromMs = 0;
  /** Latest instant, in ms, at which each person had the role, or needed none. */
  readonly #fitMs = new Map<string, number>();
  #fewestListeners = Number.POSITIVE_INFINITY;
  /** Instants, in ms: of the latest link and how long it was up, and from which nobody is with the bot. */
  #upFromMs = 0;
  #lostAfterMs = 0;
  #aloneFromMs = Number.POSITIVE_INFINITY;
  #frozenFromMs = Number.POSITIVE_INFINITY;

  constructor(hold: Hold) {
    this.#hold = hold;
  }

  /** A session begins with what it has from others. */
  beginSession({ history }: ConversationState) {
    this.#channelId = undefined;
    this.#begunWith = history.exchanges;
    this.#fewestListeners = Number.POSITIVE_INFINITY;
  }

  check(world: Simulation, { after, before, event }: SimulatedStep) {
    if (event.kind === 'link-up') this.#upFromMs = event.atMs;
    if (event.kind === 'link-down') this.#lostAfterMs = event.atMs - this.#upFromMs;
    if (event.kind === 'link-lost' && event.final === undefined)
      this.#hold(
        64,
        !isSessionOver(after) || this.#lostAfterMs < recoveredMs || event.restMs > 0,
      );
    this.#channelId ??= this.#findChannel(world, after);
    for (const exchange of after.history.exchanges)
      if (this.#channelId && !before.history.exchanges.includes(exchange))
        this.#saidIn.set(exchange, this.#channelId);
    for (const { by } of listNewlyHeard(before, after)) this.#checkRole(world, by);
  }

  /** Finds the channel of the session, of which nothing but words that were said there may be known. */
  #findChannel(world: Simulation, state: ConversationState) {
    const channelId = world.findChannelId(state);
    if (channelId === undefined) return undefined;
    const foreign = this.#begunWith.find(
      (exchange) => (this.#saidIn.get(exchange) ?? channelId) !== channelId,
    );
    this.#hold(57, foreign === undefined, foreign?.words);
    return channelId;
  }

  /** Time has passed. */
  checkTime(world: Simulation, state: ConversationState) {
    const nowMs = world.clock.nowMs();
    this.#noteRoles(world, state, nowMs);
    for (const { id, isAdmitted } of state.presence.people)
      if (isAdmitted) this.#checkRole(world, id);
    this.#checkCompany(world, state, nowMs);
    if (!isSessionOver(state) && isLinkUp(state)) this.#checkPath(world, nowMs);
    const { turnQueue, turns } = state;
    // An answer that sounds goes on.
    if (world.hasCompany || turnQueue.current) this.#peopledMs = nowMs;
    // A cue may sound there.
    const isSounding = nowMs - world.leftMs < maxGapMs;
    if (!isSounding) this.#soundFromMs = nowMs;
    const fromMs = Math.max(this.#peopledMs, this.#soundFromMs);
    this.#hold(59, nowMs - fromMs < maxEmptyMs, 'sound for nobody');
    const isAtRest = turns.length === 0 && !turnQueue.current && isLinkUp(state);
    const count = countListeners(world);
    if (isAtRest) this.#fewestListeners = Math.min(this.#fewestListeners, count);
  }

  #checkPath(world: Simulation, nowMs: number) {
    const { voice } = world.discord;
    const { provenCall } = voice;
    if (!provenCall || voice.isCarried || provenCall !== this.#deadCall)
      this.#deadFromMs = nowMs;
    this.#deadCall = provenCall;
    const isTold = world.isToldSince(this.#deadFromMs) || world.isLinkDown;
    this.#hold(56, isTold || nowMs - this.#deadFromMs <= maxDeadMs, 'a dead path');
  }

  #checkCompany(world: Simulation, state: ConversationState, nowMs: number) {
    const isAlone = !world.hasCompany && isLinkUp(state) && !isSessionOver(state);
    if (!isAlone || state.turnQueue.current) this.#aloneFromMs = nowMs;
    const aloneMs = nowMs - this.#aloneFromMs;
    this.#hold(65, aloneMs <= world.leaveAfterMs + maxLeaveMs, aloneMs);
    const { needlessRequests, voice } = world.discord;
    this.#hold(117, needlessRequests === 0, needlessRequests);
    this.#hold(120, voice.needlessResets === 0);
    this.#hold(121, voice.unopenedFrames === 0, voice.unopenedFrames);
    this.#hold(122, voice.needlessReplays === 0);
    if (!voice.isFrozen) this.#frozenFromMs = nowMs;
    this.#hold(66, nowMs - this.#frozenFromMs <= maxFrozenMs || world.isLinkDown);
  }

  /** Over another link each person is looked up anew. */
  #noteRoles(world: Simulation, state: ConversationState, nowMs: number) {
    const isFree = !world.needsRole || !isLinkUp(state);
    for (const by of everybody)
      if (isFree || world.discord.hasRole(by, redRoleId)) this.#fitMs.set(by, nowMs);
  }

  #checkRole(world: Simulation, by: string) {
    const nowMs = world.clock.nowMs();
    const fitMs = this.#fitMs.get(by) ?? nowMs;
    this.#hold(58, nowMs - fitMs <= maxRoleMs || !world.discord.voice.current, by);
  }

  /** After a long rest. */
  checkRest(world: Simulation) {
    const count = countListeners(world);
    this.#hold(63, count <= this.#fewestListeners + spareListeners, count);
  }
}

function countListeners({ session }: Simulation) {
  return session ? getEventListeners(session.signal, 'abort').length : 0;
}
