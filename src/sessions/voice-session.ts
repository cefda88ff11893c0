import { BotError } from '#src/base/errors.ts';
import { Wakeup } from '#src/base/loops/mailbox.ts';
import { together } from '#src/base/loops/run-together.ts';
import { unlessAborted, within } from '#src/base/waiting.ts';
import {
  type BuiltSession,
  buildSession,
  type ConversationOptions,
} from '#src/conversation/build-session.ts';
import { finalLoss, reconnectRules } from '#src/conversation/machine/reconnect-policy.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import type { SessionTools } from '#src/conversation/tools/session-tools.ts';
import { writtenText } from '#src/notices/notice.ts';
import { openText } from '#src/people/confidential-text.ts';
import type { JoinMode, JoinOutcome } from '#src/ports/command-ports.ts';
import { failureEventOf } from '#src/ports/failure-event.ts';
import type { EndNews } from '#src/ports/feature-session.ts';
import { leftPanel, type PanelFace } from '#src/ports/panel.ts';
import type { VoiceRestriction } from '#src/ports/seat-changes-by-others.ts';
import type { LeaveReason, SessionEvent } from '#src/ports/session-events.ts';
import type { Seat } from '#src/ports/stores/seat-store.ts';
import type { TalkState } from '#src/ports/talk-guide.ts';
import type { ChannelMember, ChannelRef, LinkState, VoiceLink } from '#src/ports/voice-link.ts';
import type { GuildChoices } from '#src/settings/guild-consents.ts';
import { PauseHabits } from '#src/turn/endpointing/endpointing-delay.ts';
import { ReconnectingLink } from '#src/voice/link/reconnecting-link.ts';
import { type ConnectionSources, runHearAndSpeakLoop } from './hear-and-speak-loop.ts';
import { leftLine, type ReconnectDecision } from './joins-and-leaves.ts';
import { panelNow, talkStateOf } from './panel-view.ts';
import { watchRoles } from './role-watch.ts';
import type { SeatPersistence } from './seat-persistence.ts';
import type { SessionSources } from './session-sources.ts';

/** Place, parts and past of a session. */
export type VoiceSessionOptions = ConversationOptions & {
  readonly callerId: string;
  readonly sources: SessionSources;
  /** Person it goes along with. */
  readonly followedId?: string | undefined;
  /** Default: it answers people. */
  readonly mode?: JoinMode | undefined;
  readonly former?: VoiceSession | undefined;
  readonly seat?: Seat | undefined;
  /** Keeper of its seat for a process that ends. */
  readonly seats: SeatPersistence;
};

/** Interval in ms at which it is checked before the end whether something still sounds: longer than a step of its loop. */
const checkMs = 100;
/** Longest wait, in ms, until people can read what is not answered. */
const writeMs = 1_500;
/** On a stage one begins in the audience, in ms, and may be let out of it at once. */
const audienceMs = 3_000;

const answers = { always: 'yes', never: 'no', forgotten: 'forget' } as const;

/** One session: the bot in one voice channel, from the call to the goodbye; its link may be lost and come back meanwhile. */
export class VoiceSession {
  readonly context: SessionContext;
  readonly tools: SessionTools;
  /** Person who called the bot in. */
  readonly callerId: string;
  /** Person it goes along with when they change the channel. */
  followedId: string | undefined;
  readonly #answers: BuiltSession['answers'];
  readonly #parts: SessionDependencies;
  readonly #over = new AbortController();
  readonly #settings: VoiceSessionOptions['settings'];
  readonly #choices: GuildChoices;
  /** When it began, by both clocks, in ms: after a restart before the process did. */
  readonly #sinceMs: number;
  readonly #sinceWallMs: number;
  readonly #restrictions: Set<VoiceRestriction>;
  readonly #connectionSources: ConnectionSources;
  /** Woken when the settings of the server have changed. */
  readonly #governed: Wakeup;
  readonly #seats: VoiceSessionOptions['seats'];
  readonly #connection: ReconnectingLink;
  /** The former conversation is lost, which the people of the first look are to read until a question is answered or others come. */
  #isAnew: boolean;
  #firstIds: ReadonlySet<string> | undefined;
  readonly #sources: VoiceSessionOptions['sources'];
  /** Instant, in ms, of the last bug. */
  #brokeAtMs = Number.NEGATIVE_INFINITY;
  /** Resolves when the conversation wants the link opened again. */
  #mayOpen = Promise.withResolvers<void>();
  #isUnanswered = false;
  #why: LeaveReason | undefined;
  #endNews: EndNews = {};
  /** Time, in ms, of the last way in; undefined until people could be heard and spoken to. */
  #joinedInMs: number | undefined;
  #mode: JoinMode;
  #shownFace = '';

  constructor(options: VoiceSessionOptions) {
    const { callerId, channel, followedId, former, mode, parts } = options;
    const { seat, seats, settings, sources } = options;
    const { clock } = parts;
    this.#mode = mode ?? former?.mode ?? seat?.mode ?? 'talk';
    this.#seats = seats;
    this.#settings = settings;
    const pauseHabits = new PauseHabits();
    this.callerId = callerId;
    this.#governed = new Wakeup(clock);
    this.followedId = followedId ?? seat?.followedId;
    this.#sinceWallMs = seat?.sinceWallMs ?? clock.wallMs();
    this.#sinceMs = clock.nowMs() - Math.max(0, clock.wallMs() - this.#sinceWallMs);
    this.#sources = sources;
    this.#connection = new ReconnectingLink(clock, sources.linkOpener);
    const built = buildSession(options, {
      maySpeak: () => this.#mode === 'talk',
      link: this.#connection,
      end: (why) => this.leave(why as LeaveReason),
      openLink: () => this.#mayOpen.resolve(),
      forgetPerson: (personId) => this.#forget(personId),
      unanswered: () => {
        this.#isUnanswered = true;
      },
      changed: () => this.context.wakeup.wake(),
      signal: this.#over.signal,
    });
    this.context = built.context;
    this.tools = built.tools;
    this.#answers = built.answers;
    this.#connectionSources = {
      callerId,
      hearing: sources.hearing,
      pauseHabits,
      utterances: built.utterances,
      show: (talkingIds) => this.#showNow(talkingIds),
    };
    this.#parts = this.context.parts;
    this.#choices = options.sessions.consents.in(channel.guildId);
    const hadWords = former !== undefined && exchangesOf(former) > 0;
    this.#isAnew = seat !== undefined || (hadWords && exchangesOf(this) === 0);
    this.#restrictions = new Set(former ? former.#restrictions : []); // a mute by a moderator outlives a move
    this.#tellMute();
  }

  get channel(): ChannelRef {
    return this.context.channel;
  }

  get mode(): JoinMode {
    return this.#mode;
  }

  set mode(mode: JoinMode) {
    this.#mode = mode;
    this.context.talk.syncSettings();
    this.context.features.changed(true);
    this.#seats.note(this);
  }

  get stayedMs(): number {
    return this.#parts.clock.nowMs() - this.#sinceMs;
  }

  /** News of the features at its end; nothing before it. */
  get endNews(): EndNews {
    return this.#endNews;
  }

  /** Seat that is stored for a process that ends. */
  seat(): Seat {
    const { channel, gate, settings } = this.context;
    const { guildId, channelId, name: channelName } = channel;
    const isCallerKept = this.callerId !== '' && !gate.saidNo(this.callerId);
    return {
      guildId,
      channelId,
      channelName,
      callerId: isCallerKept ? this.callerId : undefined,
      followedId: this.followedId,
      mode: this.#mode,
      pipeline: settings().pipeline,
      sinceWallMs: this.#sinceWallMs,
      ...gate.answers,
    };
  }

  /** Whether people can be heard and spoken to, or could and soon can again. */
  get entered(): boolean {
    return this.#connection.wasOpen && !this.isOver;
  }

  /** Whether the link is there. */
  get isLinked(): boolean {
    return this.#connection.isOpen;
  }

  get isOver(): boolean {
    return this.#over.signal.aborted;
  }

  /** Undefined while it is away. */
  get link(): (LinkState & { readonly joinedInMs: number }) | undefined {
    const state = this.#connection.state();
    return state && { ...state, joinedInMs: this.#joinedInMs ?? 0 };
  }

  get company(): number {
    return this.#connection.people().filter(({ isBot }) => !isBot).length;
  }

  /** Outcome for a caller while the bot sits there. */
  outcome(kind: 'joined' | 'already', callerId: string): JoinOutcome {
    const { gate } = this.context;
    return {
      kind,
      consent: gate.consentOf(callerId),
      unread: !gate.isRead || undefined,
    };
  }

  /** What decides whether people here are answered. */
  talkState(): TalkState {
    const people = this.#connection.people();
    const { channel, settings } = this.context;
    return {
      ...talkStateOf(this.context, people),
      isLinked: this.isLinked,
      isDeafened: this.#restrictions.has('deafened'),
      isAnew: this.#lookAnew(people),
      isUncalled: this.callerId === '' && settings().autoJoin.includes(channel.channelId),
    };
  }

  /** Shows the panel where it has changed. */
  showFace(face: PanelFace): void {
    const next = JSON.stringify(face);
    if (next !== this.#shownFace) this.#parts.panels.show(this.channel.guildId, face);
    this.#shownFace = next;
  }

  isHere(personId: string): boolean {
    return this.#connection.people().some(({ id }) => id === personId);
  }

  /** Reads the settings of the server and the consents of its people, until both were read once. Never throws. */
  async recall(): Promise<void> {
    const { guildId } = this.channel;
    if (await this.#settings.load(guildId)) this.govern();
    const waitMs = this.#settings.consentWaitMs(guildId); // of a former run
    if (waitMs > 0) this.#parts.clock.later(waitMs, () => this.context.gate.rejudge());
    await this.#choices.recall();
  }

  /** Applies changed settings of the server from now on; `key`: one of them was changed. */
  govern(key?: string): void {
    const { features, gate, talk } = this.context;
    gate.rejudge();
    talk.syncSettings();
    this.#governed.wake();
    features.changed(this.#joinedInMs !== undefined, key);
  }

  /** A restriction of its voice begins or ends; people there read of each once. */
  restrict(how: VoiceRestriction, on: boolean): void {
    const isNew = on && !this.#restrictions.has(how);
    if (on) this.#restrictions.add(how);
    else this.#restrictions.delete(how);
    this.#tellMute();
    if (!isNew) return;
    const line = { id: how === 'deafened' ? 'deafened.server' : 'muted.server' } as const;
    const waitMs = how === 'suppressed' ? audienceMs : 0;
    const holds = () => this.#restrictions.has(how);
    this.#parts.clock.later(waitMs, () => this.context.notice(line, holds));
  }

  /** This person said whether they may be heard or captioned; after a no nothing more comes of what they said so far. */
  said(personId: string): void {
    const { gate, talk } = this.context;
    const kind = this.#choices.wordOf(personId)?.kind;
    if (kind) talk.post({ kind: 'answered-consent', by: personId, answer: answers[kind] });
    gate.rejudge();
  }

  /** Resolves when people can be heard and spoken to. Errors: as `VoiceLinkOpener.open`. */
  async enter(): Promise<void> {
    const startedMs = this.#parts.clock.nowMs();
    const recalling = this.recall();
    const mayHear = (speakerId: string) => this.context.gate.mayHear(speakerId);
    await this.#connection.open(this.channel, mayHear, this.#over.signal);
    this.context.talk.syncPeople();
    await recalling;
    const tookMs = this.#parts.clock.nowMs() - startedMs;
    this.#joinedInMs = tookMs;
    this.#report({ kind: 'joined', channel: this.channel, tookMs });
    this.#seats.note(this);
    this.context.gate.onSaid(() => this.#seats.note(this));
    this.context.features.changed(true);
    this.#showNow([]);
  }

  /**
   * Lives in the channel until it is left or lost for good, and returns why it ended; never throws. After a move the panel
   * waits for who goes on.
   */
  async live(): Promise<LeaveReason> {
    let next: ReconnectDecision = { kind: 'again', waitMs: 0 };
    while (next.kind === 'again') {
      const error = await this.#stretch();
      if (error === undefined || this.isOver) break;
      next = this.after(error);
    }
    this.leave(next.kind === 'over' ? next.why : 'lost');
    const why = this.#why ?? 'lost';
    await this.#answers.settled();
    this.#endNews = await this.context.features.ended(why);
    if (this.#connection.wasOpen) {
      if (why === 'moved') this.#showNow([]);
      else this.showFace(leftPanel(leftLine(why)));
      this.#report({ kind: 'left', channel: this.channel, why });
    }
    return why;
  }

  /** Decides what follows an error of `enter`, and reports it. */
  after(error: unknown): ReconnectDecision {
    this.#report(failureEventOf(error, 'link'));
    const next = this.#decide(error);
    if (next.kind === 'over' || !this.entered) return next;
    this.#showNow([]);
    this.context.gate.onChange(() => this.#showNow([]));
    return next;
  }

  /** Tells the conversation that the link is away; it decides whether and when there is another try. */
  #decide(error: unknown): ReconnectDecision {
    const { talk } = this.context;
    const { linkOpener, random } = this.#sources;
    const nowMs = this.#parts.clock.nowMs();
    const isBug = !(error instanceof BotError);
    const isRepeated = isBug && nowMs - this.#brokeAtMs <= reconnectRules.rebuildMs;
    if (isBug) this.#brokeAtMs = nowMs;
    const restMs = linkOpener.restMs(this.channel.guildId);
    const isPaced = !isBug && error.code === 'link.rate_limited' && restMs === 0;
    const paceMs = isPaced ? error.about.retryAfterMs : undefined;
    this.#mayOpen = Promise.withResolvers();
    const final = isRepeated ? 'lost' : isBug ? undefined : finalLoss(error);
    talk.post({ kind: 'link-lost', random: random(), restMs, paceMs, final });
    const { link } = talk.state;
    if (link.kind === 'gone') return { kind: 'over', why: final ?? 'refused' };
    return { kind: 'again', waitMs: link.kind === 'waiting' ? link.tryAtMs - nowMs : 0 };
  }

  /** Ends everything that runs in this channel; `live` returns once the link is closed. The first reason counts. */
  leave(why: LeaveReason): void {
    this.#why ??= why;
    if (this.isOver) return;
    this.context.talk.post({ kind: 'leave', why });
    this.#over.abort(new Error('the bot left the channel'));
  }

  /**
   * Takes no questions any more, lets what sounds end with its clause, and writes a sentence that names the unanswered people.
   *
   * Resolves when nothing sounds any more, after `ms` at the latest. Never throws.
   */
  async drain(ms: number): Promise<void> {
    const { parts, signal, talk } = this.context;
    const untilMs = parts.clock.nowMs() + (this.isLinked ? ms : 0);
    talk.post({ kind: 'draining' });
    let reporting: Promise<void> | undefined;
    do {
      await parts.clock.sleep(checkMs, signal).catch(() => undefined);
      if (this.#isUnanswered) reporting ??= this.#reportUnanswered(); // by now it is known whether the current turn sounds
    } while (talk.state.floor.current && parts.clock.nowMs() < untilMs && !signal.aborted);
    await reporting;
  }

  async #reportUnanswered(): Promise<void> {
    const { channel, parts } = this.context;
    const words = openText(writtenText({ id: 'seat.stopped' }, channel.guildId, parts));
    const over = new AbortController();
    const late = () => new Error('the notice was not written in time');
    try {
      const written = parts.messages.write(channel, words, over.signal);
      await within(written, writeMs, parts.clock, late);
    } catch {
      over.abort(late()); // Discord is away, or the bot may not write there
    }
  }

  /** To the end of the next session: its error, or undefined when it ended in order. */
  async #stretch(): Promise<unknown> {
    try {
      if (!this.#connection.isHeld) await this.#comeBack();
      const { signal } = this.#over;
      this.#why ??= await this.#connection.spend((link) => this.#session(link, signal), signal);
      return undefined;
    } catch (error) {
      const isBug = error !== this.#over.signal.reason && !(error instanceof BotError);
      if (this.isOver && isBug) this.#report(failureEventOf(error, 'link')); // nothing else follows from it
      return error ?? new Error('a session failed without an error');
    }
  }

  async #session(link: VoiceLink, signal: AbortSignal): Promise<'lost'> {
    const { context } = this;
    return await together<'lost'>(signal, [
      (until) => runHearAndSpeakLoop(link, context, this.#connectionSources, until),
      (until) => watchRoles(link, context, this.#governed, until),
    ]);
  }

  /** Opens the link again, as long as a person is there. Errors and abort: as `enter`. */
  async #comeBack(): Promise<void> {
    const { signal } = this.#over;
    await unlessAborted(this.#mayOpen.promise, signal);
    if (this.entered && this.company === 0) this.leave('alone');
    signal.throwIfAborted();
    await this.enter();
  }

  /** Nothing of this person is kept any more. */
  #forget(personId: string): void {
    const { features, gate, languages, tools } = this.context;
    const isBarred = !gate.isAdmitted(personId);
    gate.withdrawals.withdraw(personId);
    tools.confirmations.withdraw(personId);
    features.retract(personId, isBarred ? 'barred' : 'withdrawn');
    if (isBarred) return;
    this.#connectionSources.pauseHabits.forget(personId);
    languages.forget(personId);
  }

  #tellMute(): void {
    const { talk } = this.context;
    const isMuted = this.#restrictions.has('muted') || this.#restrictions.has('suppressed');
    if (talk.state.isMuted !== isMuted) talk.post({ kind: 'muted', isMuted });
  }

  #showNow(talkingIds: readonly string[]): void {
    this.context.unanswered.keep(this.#connection.people());
    this.showFace(panelNow(this.context, this.talkState(), talkingIds));
  }

  #lookAnew(people: readonly ChannelMember[]): boolean {
    this.#firstIds ??= new Set(people.map(({ id }) => id));
    const isUnchanged = people.every(({ id }) => this.#firstIds?.has(id));
    this.#isAnew &&= isUnchanged && exchangesOf(this) === 0;
    return this.#isAnew;
  }

  #report(event: SessionEvent): void {
    this.#parts.onEvent(this.channel.guildId, event);
  }
}

function exchangesOf({ context }: Pick<VoiceSession, 'context'>): number {
  return context.talk.state.history.exchanges.length;
}
