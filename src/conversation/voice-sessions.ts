import { sparesCoders } from '#src/audio/opus/opus.ts';
import type { AlertChange } from '#src/base/alerts.ts';
import { within } from '#src/base/waiting.ts';
import { failureEventOf, unfailing } from '#src/conversation/alerts/failure-event.ts';
import { GuildNoticeQueue } from '#src/conversation/alerts/guild-notice-queue.ts';
import type { SessionAnswers } from '#src/conversation/hearing/consent-gate.ts';
import { type GuildChoices, GuildConsents } from '#src/conversation/hearing/guild-consents.ts';
import { ChannelLossHandler } from '#src/conversation/joining/channel-loss-handler.ts';
import { GuildTaskQueue } from '#src/conversation/joining/guild-task-queue.ts';
import {
  handleSeatChange,
  type SeatChangeActions,
} from '#src/conversation/joining/handle-seat-changes-by-others.ts';
import { followedAfter, type JoinCall } from '#src/conversation/joining/join-call.ts';
import { joinFailure } from '#src/conversation/joining/join-failure.ts';
import { farewellLine, restsAfter } from '#src/conversation/joining/leave-reason.ts';
import { SeatMoves, type SessionPlace } from '#src/conversation/joining/seat-moves.ts';
import { SeatPersistence } from '#src/conversation/joining/seat-persistence.ts';
import { writtenText } from '#src/conversation/languages/localized-text.ts';
import type { ConversationState } from '#src/conversation/machine/state.ts';
import type { JoinMode, JoinOutcome, LeaveOutcome } from '#src/conversation/ports/command-ports.ts';
import type { SeatChange } from '#src/conversation/ports/seat-changes-by-others.ts';
import type { Seat } from '#src/conversation/ports/stores/seat-store.ts';
import type { ChannelMember, ChannelRef } from '#src/conversation/ports/voice-link.ts';
import { hasUnasked } from '#src/conversation/presence/consent-undecided-people.ts';
import { mayOpen } from '#src/conversation/presence/may-open.ts';
import { StoredSettings } from '#src/conversation/settings/stored-settings.ts';
import { openText } from '#src/people/confidential-text.ts';
import { type Consent, consentOf } from '#src/people/consent.ts';
import { returnMs } from '#src/people/return-rules.ts';
import type { ProviderNews } from '#src/provider/provider-news.ts';
import type { SpokenCommand } from '#src/turn/spoken-command.ts';
import type { ShardFeatures } from './feature-hooks.ts';
import { GuildRemoval } from './guild-removal.ts';
import type { SessionContext } from './session-context.ts';
import type { SessionDependencies } from './session-dependencies.ts';
import type { SessionSources } from './session-sources.ts';
import { VoiceSession } from './voice-session.ts';
import type { VoiceSessionOptions } from './voice-session-options.ts';

/** Opus coders that another channel leaves: one voice, two of music and one speaker input are the least that a channel needs. */
const codersKept = 3;

/** Performs a command of this person, with their rights, and lets them know. Never throws. */
export type SpokenCommandHandler = (personId: string, context: SessionContext) => Promise<void>;

type EndedConversation = {
  readonly channelId: string;
  readonly history: ConversationState['history'];
  readonly answers: SessionAnswers;
  readonly endedAtMs: number;
  readonly stopTimer: () => void;
};

/** Where the bot sits, one channel per server; calls for one server are served one after the other. */
export class VoiceSessions implements AsyncDisposable {
  /** Settings of each server. */
  readonly settings: StoredSettings;
  /** What the people of each server said about being heard. */
  readonly consents: GuildConsents;
  /** Performs each command that people say; set once by its owner. */
  readonly spokenCommands = new Map<SpokenCommand, SpokenCommandHandler>();
  readonly #parts: SessionDependencies;
  readonly #sources: SessionSources;
  readonly #notices: GuildNoticeQueue;
  readonly #removal: GuildRemoval;
  readonly #sessions = new Map<string, SessionPlace>();
  /** Sessions on their way to another channel. */
  readonly moves: SeatMoves;
  readonly #seatChangeActions: SeatChangeActions;
  readonly #seats: SeatPersistence;
  readonly #losses: ChannelLossHandler;
  readonly #queue = new GuildTaskQueue();
  /** Last conversation that ended in each server, for 15 minutes: then it goes on there. */
  readonly #ended = new Map<string, EndedConversation>();
  #closed = false;

  constructor(parts: SessionDependencies, sources: SessionSources) {
    this.#sources = sources;
    this.#parts = { ...parts, onEvent: unfailing(parts.onEvent) };
    this.#notices = new GuildNoticeQueue(this.#parts);
    this.#seats = new SeatPersistence(this.#parts, sources.seatStore);
    const sessionIn = (guildId: string) => this.#sessions.get(guildId)?.session;
    this.#losses = new ChannelLossHandler(sessionIn, this.#notices);
    this.settings = new StoredSettings(this.#parts, sources);
    this.consents = new GuildConsents(this.#parts, sources.leftOutPeople, (guildId, personId) =>
      this.#consentChanged(guildId, personId),
    );
    this.#removal = new GuildRemoval(this.#parts, sources, this.settings);
    this.moves = new SeatMoves({
      parts: this.#parts,
      queue: this.#queue,
      losses: this.#losses,
      isClosed: () => this.#closed,
      placeIn: (guildId) => this.#sessions.get(guildId),
      goOn: (channel, former) => this.#stayIn(channel, { callerId: former.callerId }, { former }),
      enter: (session) => this.#enter(session),
      forgetSeat: (guildId) => this.forgetSeat(guildId),
    });
    this.#seatChangeActions = {
      sessionIn,
      losses: this.#losses,
      moves: this.moves,
      rest: (channel) => this.#rest(channel),
      guildRemoved: (guildId) => this.#guildRemoved(guildId),
    };
  }

  get features(): ShardFeatures {
    return this.#sources.features;
  }

  /** Channel in which the bot sits in this server now. */
  at(guildId: string): ChannelRef | undefined {
    return this.#sessions.get(guildId)?.session.channel;
  }

  /**
   * Where people can be heard and spoken to in this server now, or will be again when a lost link is back. The caller may
   * change something there, so the session is woken.
   */
  session(guildId: string): VoiceSession | undefined {
    const session = this.#sessions.get(guildId)?.session;
    session?.context.wakeup.wake();
    return session?.entered ? session : undefined;
  }

  /**
   * Wherever people of this server are heard now or soon may be: also on the way in, between tries and in a move. Wakes
   * them, as `session` does.
   */
  sessions(guildId: string): readonly VoiceSession[] {
    const sessions = this.readSessions(guildId);
    for (const { context } of sessions) context.wakeup.wake();
    return sessions;
  }

  /** Same as `sessions`, for a caller that changes nothing there, as a check of each session does: wakes none. */
  readSessions(guildId: string): readonly VoiceSession[] {
    const [here, former] = [this.#sessions.get(guildId)?.session, this.moves.formerIn(guildId)];
    return [...new Set([former, here])].filter((session) => session !== undefined);
  }

  /** What people of the server said, read anew where the bot does not sit. Never throws. */
  async readConsents(guildId: string): Promise<GuildChoices> {
    const choices = this.consents.in(guildId);
    if (this.readSessions(guildId).length === 0) choices.reset();
    await choices.recall();
    return choices;
  }

  /** Consent of a person in a voice channel, as far as it is read; `answers`: those of a session there. */
  consentOf(
    guildId: string,
    person: Pick<ChannelMember, 'id' | 'roleIds'>,
    answers?: SessionAnswers,
  ): Consent {
    const hasCalled = answers?.agreedIds.includes(person.id) === true;
    const isRead = this.settings.isRead(guildId);
    const rules = this.settings.in(guildId).consent;
    const facts = { isPaused: false, isRead, hasCalled };
    return consentOf(this.consents.in(guildId).factsOf(person, rules, facts));
  }

  /** Wherever the bot sits now. */
  all(): readonly VoiceSession[] {
    return [...this.#sessions.values()].map(({ session }) => session);
  }

  /** `follows`: whether the bot follows the caller to other channels from now on; left out: as before. */
  async join(
    channel: ChannelRef,
    callerId: string,
    mode?: JoinMode,
    follows?: boolean,
  ): Promise<JoinOutcome> {
    const { guildId } = channel;
    const mayServe = this.#sessions.has(guildId) || sparesCoders(this.#parts.codec, codersKept);
    if (!mayServe) return { kind: 'no-coders' };
    return await this.#queue.run(guildId, () => this.#join(channel, { callerId, mode, follows }));
  }

  /** Whether this person may open a voice channel now, and so know what was said there. */
  async mayOpen(guildId: string, personId: string, channelId: string): Promise<boolean> {
    return (await mayOpen(guildId, personId, channelId, this.#parts)) === 'yes';
  }

  /** No conversation that ended in this server goes on. */
  beginAnew(guildId: string): void {
    this.#forgetEnded(guildId);
  }

  /**
   * Goes on where a former run sat, as `prepare` finds it in this server's turn; undefined where that finds nothing, or the
   * bot sits somewhere already. `isOnce`: what fails is not tried again.
   */
  async returnTo(
    guildId: string,
    prepare: () => Promise<{ readonly seat: Seat; readonly channel: ChannelRef } | undefined>,
    isOnce = false,
  ): Promise<JoinOutcome | undefined> {
    const enter = async (): Promise<JoinOutcome | undefined> => {
      if (this.#closed || this.#sessions.has(guildId)) return undefined;
      this.#seats.expireLater();
      const found = await prepare();
      if (this.#closed || !found) return undefined;
      if (!sparesCoders(this.#parts.codec, codersKept)) return { kind: 'no-coders' };
      const { seat } = found;
      const { callerId = '' } = seat;
      return await this.#enter(this.#stayIn(found.channel, { callerId }, { seat }), isOnce);
    };
    return await this.#queue.run(guildId, enter);
  }

  /**
   * Joins a channel without a call, if the bot sits with no person when this server's turn has come; undefined where it stays.
   */
  async enterUncalled(channel: ChannelRef): Promise<JoinOutcome | undefined> {
    const { guildId } = channel;
    const enter = async (): Promise<JoinOutcome | undefined> => {
      const here = this.#sessions.get(guildId)?.session;
      if (this.#closed || (here && here.company > 0)) return undefined;
      if (!here && !sparesCoders(this.#parts.codec, codersKept)) return { kind: 'no-coders' };
      await this.#leave(guildId);
      if (this.#closed) return undefined;
      const { autoJoinMode: mode } = this.settings.in(guildId);
      return await this.#enter(this.#stayIn(channel, { callerId: '', mode }, {}));
    };
    return await this.#queue.run(guildId, enter);
  }

  /** The bot is not to return there. */
  forgetSeat(guildId: string): void {
    if (!this.#sessions.has(guildId)) this.#seats.drop(guildId);
  }

  /** Resolves when the store holds what people there have said, or has failed to. */
  seatSettled(guildId: string): Promise<void> {
    return this.#seats.settled(guildId);
  }

  leave(guildId: string): Promise<LeaveOutcome> {
    this.forgetSeat(guildId);
    this.moves.cancel(guildId);
    const leave = () => {
      const session = this.#sessions.get(guildId)?.session;
      session?.leave('asked');
      if (session) this.#rest(session.channel);
    };
    leave();
    return this.#queue.run(guildId, () => {
      leave();
      return this.#leave(guildId);
    });
  }

  /** Handles a change of the bot's seat in this server by others. */
  news(guildId: string, news: SeatChange): void {
    handleSeatChange(guildId, news, this.#seatChangeActions);
  }

  /** Handles a server that failed or works again: all channels read which server replaces it. */
  provider(news: ProviderNews): void {
    for (const { session } of this.#sessions.values()) {
      session.news.provider(news);
      session.context.wakeup.wake();
    }
  }

  /** Handles an alert of the link in this server, raised or cleared. */
  alert(guildId: string, news: AlertChange): void {
    const session = this.#sessions.get(guildId)?.session;
    if (!session?.entered) return;
    session.news.alert(news);
    session.context.wakeup.wake();
  }

  /**
   * Before the process ends: no calls and no questions any more; what sounds ends with its clause, and
   * features complete what is under way, within `ms`. Never throws.
   */
  async drain(ms: number): Promise<void> {
    this.#closed = true;
    const ends = this.all().map((session) => drain(session, session.isLinked ? ms : 0));
    await Promise.all([...ends, ...this.#sources.features.all.map((one) => one.drain?.(ms))]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#notices[Symbol.dispose]();
    this.consents[Symbol.dispose]();
    this.#removal[Symbol.dispose]();
    const lives = [...this.#sessions.values()];
    for (const { session } of lives) session.leave('stopped');
    await Promise.all(lives.map(({ life }) => life));
    for (const guildId of [...this.#ended.keys()]) this.#forgetEnded(guildId);
    await this.#seats[Symbol.asyncDispose]();
  }

  async #join(channel: ChannelRef, call: JoinCall): Promise<JoinOutcome> {
    if (this.#closed) return { kind: 'stopping' };
    const { guildId } = channel;
    const here = this.#sessions.get(guildId)?.session;
    const isSame = here?.channel.channelId === channel.channelId;
    if (here?.entered && here.isLinked && isSame) return await this.#joinAgain(here, call);
    if (here?.isLinked && here.company > 0) {
      return { kind: 'busy', other: here.channel.name };
    }
    if (isSame) here?.context.mix.passOn();
    await this.#leave(guildId, isSame ? 'moved' : 'asked');
    if (this.#closed) return { kind: 'stopping' };
    const before = isSame ? { former: here } : {};
    const session = this.#stayIn(channel, call, before);
    session.context.gate.agree(call.callerId);
    const joining = await this.#enter(session);
    this.forgetSeat(guildId);
    return joining;
  }

  /** Whether the bot follows this person to other channels from now on; false: it sits nowhere there. */
  follow(guildId: string, personId: string, follows: boolean): boolean {
    const here = this.session(guildId);
    if (!here) return false;
    here.followedId = followedAfter({ callerId: personId, follows }, here.followedId);
    this.#seats.note(here);
    return true;
  }

  /** A call to where the bot sits already may still be a yes, and change what it does there. */
  async #joinAgain(here: VoiceSession, call: JoinCall): Promise<JoinOutcome> {
    here.context.gate.agree(call.callerId);
    if (call.mode) here.mode = call.mode;
    here.followedId = followedAfter(call, here.followedId);
    this.#seats.note(here);
    await here.recall();
    return joinedOutcome('already', here, call.callerId);
  }

  #stayIn(
    channel: ChannelRef,
    { callerId, follows, mode }: Pick<JoinCall, 'callerId' | 'follows' | 'mode'>,
    before: Pick<VoiceSessionOptions, 'former' | 'seat'>,
  ): VoiceSession {
    const [parts, sources] = [this.#parts, this.#sources];
    const [notices, seats] = [this.#notices, this.#seats];
    const { settings } = this;
    const options = { channel, callerId, parts, sources, notices, seats, settings };
    const followedId = followedAfter({ callerId, follows }, before.former?.followedId);
    const how = { ...(mode && { mode }), followedId };
    const ended = this.#ended.get(channel.guildId);
    const isRecent = ended && this.#parts.clock.nowMs() - ended.endedAtMs < returnMs;
    const goesOn = !before.seat && isRecent && ended.channelId === channel.channelId;
    const again = goesOn ? { ended: { history: ended.history }, answers: ended.answers } : {};
    if (this.readSessions(channel.guildId).length === 0) this.consents.in(channel.guildId).reset();
    return new VoiceSession({ ...options, ...before, ...how, ...again, sessions: this });
  }

  async #enter(session: VoiceSession, isOnce = false): Promise<JoinOutcome> {
    const place = { session, life: Promise.resolve() };
    this.#sessions.set(session.channel.guildId, place);
    this.consents.watch(() => [...this.#sessions.keys()]);
    const joining = await this.#attempt(session);
    const nextTryMs = 'nextTryMs' in joining ? joining.nextTryMs : undefined;
    if (joining.kind === 'joined' || (nextTryMs !== undefined && !isOnce))
      place.life = this.#whileHere(session);
    else {
      this.#sessions.delete(session.channel.guildId);
      session.context.mix.close();
    }
    return joining;
  }

  async #attempt(session: VoiceSession): Promise<JoinOutcome> {
    try {
      await session.enter();
      return joinedOutcome('joined', session, session.callerId);
    } catch (error) {
      if (session.isOver) return { kind: this.#closed ? 'stopping' : 'left' };
      const { linkOpener } = this.#sources;
      return joinFailure(error, session.after(error), linkOpener.restMs(session.channel.guildId));
    }
  }

  async #whileHere(session: VoiceSession): Promise<void> {
    const why = await session.live();
    this.#seats.ended(session, why);
    const { guildId } = session.channel;
    if (this.#sessions.get(guildId)?.session === session) this.#sessions.delete(guildId);
    this.#keepEnded(session);
    if (restsAfter.has(why)) this.#rest(session.channel);
    const line = farewellLine(why);
    if (line) this.#losses.farewell(session.channel, line);
  }

  #keepEnded({ channel: { channelId, guildId }, context }: VoiceSession): void {
    const { gate, talk } = context;
    const { history } = talk.state;
    const answers = { ...gate.answers, isPaused: false };
    const isEmpty = history.exchanges.length === 0;
    if (isEmpty && answers.agreedIds.length === 0) return;
    this.#forgetEnded(guildId);
    const { clock } = this.#parts;
    const stopTimer = isEmpty
      ? () => undefined // ids alone need no timer
      : clock.later(returnMs, () => this.#ended.delete(guildId));
    this.#ended.set(guildId, { channelId, history, answers, endedAtMs: clock.nowMs(), stopTimer });
  }

  /** A no ends all that was said and goes on; without a person: what is stored there was read. */
  #consentChanged(guildId: string, personId: string | undefined): void {
    const sessions = this.sessions(guildId);
    if (personId === undefined) for (const { context } of sessions) context.gate.rejudge();
    else for (const { consent } of sessions) consent.said(personId);
    const ended = this.#ended.get(guildId);
    if (personId !== undefined && ended && this.consents.in(guildId).saidNo(personId))
      this.#ended.set(guildId, { ...ended, history: withoutPerson(ended.history, personId) });
  }

  #forgetEnded(guildId: string): void {
    this.#ended.get(guildId)?.stopTimer();
    this.#ended.delete(guildId);
  }

  /** It does not come there by itself before the channel was empty. */
  #rest({ guildId, channelId }: ChannelRef): void {
    void this.settings.rest(guildId, channelId);
  }

  /** `why`: `moved` where it goes on in the same channel. */
  async #leave(guildId: string, why: 'asked' | 'moved' = 'asked'): Promise<LeaveOutcome> {
    const place = this.#sessions.get(guildId);
    if (!place) return { kind: 'nowhere' };
    const { session, life } = place;
    session.leave(why);
    await life;
    const { hasTranscript = false } = session.endNews;
    const { name: channel } = session.channel;
    return { kind: 'left', channel, stayedMs: session.stayedMs, hasTranscript };
  }

  /** Nothing of the server is kept once the session there has ended. */
  #guildRemoved(guildId: string): void {
    this.moves.cancel(guildId);
    this.#sessions.get(guildId)?.session.leave('removed');
    const erase = async () => {
      await this.#sessions.get(guildId)?.life;
      this.#forgetEnded(guildId);
      this.consents.forgetServer(guildId);
      await this.#removal.erase(guildId);
    };
    this.#queue
      .run(guildId, erase)
      .catch((error) => this.#parts.onEvent(guildId, failureEventOf(error, 'store')));
  }
}

/** A history without the exchanges of this person. */
function withoutPerson(
  { exchanges, version }: ConversationState['history'],
  personId: string,
): ConversationState['history'] {
  const kept = exchanges.filter(({ alsoBy, by }) => by !== personId && !alsoBy.includes(personId));
  return { version, exchanges: kept };
}

/** Interval in ms at which it is checked whether something still sounds: longer than a step of the loop of the session. */
const checkMs = 100;
/** Longest wait, in ms, until people can read what is not answered. */
const writeMs = 1_500;

/**
 * Takes no questions any more, lets what sounds end with its clause, and writes a sentence that names the unanswered people.
 *
 * Resolves when nothing sounds any more, after `ms` at the latest. Never throws.
 */
async function drain(session: VoiceSession, ms: number): Promise<void> {
  const { parts, signal, talk } = session.context;
  const untilMs = parts.clock.nowMs() + ms;
  talk.post({ kind: 'draining' });
  let reporting: Promise<void> | undefined;
  do {
    await parts.clock.sleep(checkMs, signal).catch(() => undefined);
    reporting ??= report(session); // by now it is known whether the current turn sounds
  } while (talk.state.floor.current && parts.clock.nowMs() < untilMs && !signal.aborted);
  await reporting;
}

async function report({ context: { channel, parts }, isUnanswered }: VoiceSession): Promise<void> {
  if (!isUnanswered) return;
  const over = new AbortController();
  const late = () => new Error('the notice was not written in time');
  const written = parts.messages.write(
    channel,
    openText(writtenText({ id: 'seat.stopped' }, channel.guildId, parts)),
    over.signal,
  );
  try {
    await within(written, writeMs, parts.clock, late);
  } catch {
    over.abort(late()); // Discord is away, or the bot may not write there
  }
}

/** Outcome for the caller where the bot sits now. */
function joinedOutcome(
  kind: 'joined' | 'already',
  { company, context }: VoiceSession,
  callerId: string,
): JoinOutcome {
  const isAsking = hasUnasked(context);
  return {
    kind,
    company,
    ...(isAsking && { isAsking }),
    consent: context.gate.consentOf(callerId),
    ...(!context.gate.isRead && { unread: true }),
  };
}
