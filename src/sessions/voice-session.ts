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
import type { Owners, Session } from '#src/conversation/session.ts';
import type { SessionTools } from '#src/conversation/tools/session-tools.ts';
import type { ToolCalls } from '#src/conversation/tools/tool-calls.ts';
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
import { PauseHabits } from '#src/turn/endpointing/pause-habits.ts';
import { ReconnectingLink } from '#src/voice/link/reconnecting-link.ts';
import { type ConnectionSources, runHearAndSpeakLoop } from './hear-and-speak-loop.ts';
import { leftLine, type ReconnectDecision } from './joins-and-leaves.ts';
import { panelNow, talkStateOf } from './panel-view.ts';
import { watchRoles } from './role-watch.ts';
import type { SeatPersistence } from './seat-persistence.ts';
import type { SessionSources } from './session-sources.ts';

/** Place, parts and past of a session. */
export type VoiceSessionOptions = ConversationOptions & {
  readonly callerId: PersonId;
  readonly sources: SessionSources;
  /** Person it goes along with. */
  readonly followedId?: PersonId | undefined;
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
export class VoiceSession implements Session {
  readonly place: Session['place'];
  readonly notices: Session['notices'];
  readonly speech: Session['speech'];
  readonly consent: Session['consent'];
  readonly undecided: Session['undecided'];
  readonly loop: Session['loop'];
  readonly tools: SessionTools;
  readonly calls: ToolCalls;
  readonly features: Session['features'];
  readonly signal: AbortSignal;
  /** Makes the clock of the connection check what may have changed, now and for a while. */
  readonly wakeup: Wakeup;
  /** Person who called the bot in. */
  readonly callerId: PersonId;
  /** Person it goes along with when they change the channel. */
  followedId: PersonId | undefined;
  readonly #answers: BuiltSession['answers'];
  readonly #deps;
  readonly #over = new AbortController();
  readonly #settings;
  readonly #choices: GuildChoices;
  /** When it began, by both clocks, in ms: after a restart before the process did. */
  readonly #sinceMs: number;
  readonly #sinceWallMs: number;
  readonly #connectionSources: ConnectionSources;
  /** Woken when the settings of the server have changed. */
  readonly #governed;
  readonly #seats;
  readonly #connection;
  /** The former conversation is lost, which the people of the first look are to read until a question is answered or others come. */
  #isAnew: boolean;
  #firstIds: ReadonlySet<PersonId> | undefined;
  readonly #sources;
  /** Instant, in ms, of the last bug. */
  #brokeAtMs = Number.NEGATIVE_INFINITY;
  /** Resolves when the conversation wants the link opened again. */
  #mayOpen = Promise.withResolvers<void>();
  #isUnanswered = false;
  #why: LeaveReason = 'lost';
  #endNews: EndNews = {};
  /** Time, in ms, of the last way in; undefined until people could be heard and spoken to. */
  #joinedInMs: number | undefined;
  #mode: JoinMode;
  #shownFace = '';

  constructor(options: VoiceSessionOptions) {
    const { callerId, channel, deps, followedId, former, mode } = options;
    const { seat, seats, settings, sources } = options;
    const { clock } = deps;
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
    this.signal = this.#over.signal;
    this.wakeup = new Wakeup(clock);
    const built = buildSession(options, {
      maySpeak: () => this.#mode === 'talk',
      link: this.#connection,
      end: (why) => {
        this.#why = why;
        this.#over.abort(new Error('the bot left the channel'));
      },
      openLink: () => this.#mayOpen.resolve(),
      forgetPerson: (personId) => this.#forget(personId),
      unanswered: () => {
        this.#isUnanswered = true;
      },
      changed: () => this.wakeup.wake(),
      signal: this.signal,
    });
    const { place, notices, speech, consent, undecided, loop, features } = built.session;
    this.place = place;
    this.notices = notices;
    this.speech = speech;
    this.consent = consent;
    this.undecided = undecided;
    this.loop = loop;
    this.features = features;
    this.tools = built.tools;
    this.calls = built.calls;
    this.#answers = built.answers;
    this.#connectionSources = {
      callerId,
      hearing: sources.hearing,
      pauseHabits,
      utterances: built.utterances,
      deps,
      wakeup: this.wakeup,
      stepOf: (answer) => built.answers.pendingOf(answer)?.step,
      show: (talkingIds) => this.#showNow(talkingIds),
    };
    this.#deps = deps;
    this.#choices = options.sessions.consents.in(channel.guildId);
    const hadWords = former !== undefined && exchangesOf(former) > 0;
    this.#isAnew = seat !== undefined || (hadWords && exchangesOf(this) === 0);
  }

  get channel(): ChannelRef {
    return this.place.channel;
  }

  get mode(): JoinMode {
    return this.#mode;
  }

  set mode(mode: JoinMode) {
    this.#mode = mode;
    this.loop.syncSettings();
    this.features.changed(true);
    this.#seats.note(this);
  }

  get stayedMs(): number {
    return this.#deps.clock.nowMs() - this.#sinceMs;
  }

  /** News of the features at its end; nothing before it. */
  get endNews(): EndNews {
    return this.#endNews;
  }

  /** Seat that is stored for a process that ends. */
  seat(): Seat {
    const { consent, place } = this;
    const { guildId, channelId, name: channelName } = place.channel;
    const isCallerKept = this.callerId !== '' && !consent.saidNo(this.callerId);
    return {
      guildId,
      channelId,
      channelName,
      callerId: isCallerKept ? this.callerId : undefined,
      followedId: this.followedId,
      mode: this.#mode,
      pipeline: place.settings().pipeline,
      sinceWallMs: this.#sinceWallMs,
      ...consent.answers,
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
    return this.loop.state.isOver;
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
  outcome(kind: 'joined' | 'already', callerId: PersonId): JoinOutcome {
    const { consent } = this;
    return {
      kind,
      consent: consent.consentOf(callerId),
      unread: !consent.isRead || undefined,
    };
  }

  /** What decides whether people here are answered. */
  talkState(): TalkState {
    const people = this.#connection.people();
    const { channel, settings } = this.place;
    return {
      ...talkStateOf(this, people, this.#deps),
      isLinked: this.isLinked,
      isAnew: this.#lookAnew(people),
      isUncalled: this.callerId === '' && settings().autoJoin.includes(channel.channelId),
    };
  }

  /** Shows the panel where it has changed. */
  showFace(face: PanelFace): void {
    const next = JSON.stringify(face);
    if (next !== this.#shownFace) this.#deps.panels.show(this.channel.guildId, face);
    this.#shownFace = next;
  }

  isHere(personId: PersonId): boolean {
    return this.#connection.people().some(({ id }) => id === personId);
  }

  /** Reads the settings of the server and the consents of its people, until both were read once. Never throws. */
  async recall(): Promise<void> {
    const { guildId } = this.channel;
    if (await this.#settings.load(guildId)) this.govern();
    const waitMs = this.#settings.consentWaitMs(guildId); // of a former run
    if (waitMs > 0) this.#deps.clock.later(waitMs, () => this.consent.rejudge());
    await this.#choices.recall();
  }

  /** Applies changed settings of the server from now on; `key`: one of them was changed. */
  govern(key?: string): void {
    this.consent.rejudge();
    this.loop.syncSettings();
    this.#governed.wake();
    this.features.changed(this.#joinedInMs !== undefined, key);
  }

  /** A restriction of its voice begins or ends; people there read of each once. */
  restrict(how: VoiceRestriction, isOn: boolean): void {
    const { loop } = this;
    const holds = () => loop.state.restrictions.includes(how);
    const isNew = isOn && !holds();
    loop.post({ kind: 'restricted', how, isOn });
    if (!isNew) return;
    const line = { id: how === 'deafened' ? 'deafened.server' : 'muted.server' } as const;
    const waitMs = how === 'suppressed' ? audienceMs : 0;
    this.#deps.clock.later(waitMs, () => this.notices.post(line, holds));
  }

  /** This person said whether they may be heard or captioned; after a no nothing more comes of what they said so far. */
  said(personId: PersonId): void {
    const kind = this.#choices.wordOf(personId)?.kind;
    if (kind) this.loop.post({ kind: 'answered-consent', by: personId, answer: answers[kind] });
    this.consent.rejudge();
  }

  /** Resolves when people can be heard and spoken to. Errors: as `VoiceLinkOpener.open`. */
  async enter(): Promise<void> {
    const startedMs = this.#deps.clock.nowMs();
    const recalling = this.recall();
    const mayHear = (speakerId: PersonId) => this.consent.mayHear(speakerId);
    await this.#connection.open(this.channel, mayHear, this.#over.signal);
    this.loop.syncPeople();
    await recalling;
    const tookMs = this.#deps.clock.nowMs() - startedMs;
    this.#joinedInMs = tookMs;
    this.#report({ kind: 'joined', channel: this.channel, tookMs });
    this.#seats.note(this);
    this.consent.onSaid(() => this.#seats.note(this));
    this.features.changed(true);
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
    const why = this.#why;
    await this.#answers.settled();
    this.#endNews = await this.features.ended(why);
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
    this.consent.onChange(() => this.#showNow([]));
    return next;
  }

  /** Tells the conversation that the link is away; it decides whether and when there is another try. */
  #decide(error: unknown): ReconnectDecision {
    const { linkOpener, random } = this.#sources;
    const nowMs = this.#deps.clock.nowMs();
    const isBug = !(error instanceof BotError);
    const isRepeated = isBug && nowMs - this.#brokeAtMs <= reconnectRules.rebuildMs;
    if (isBug) this.#brokeAtMs = nowMs;
    const restMs = linkOpener.restMs(this.channel.guildId);
    const isPaced = !isBug && error.code === 'link.rate_limited' && restMs === 0;
    const paceMs = isPaced ? error.about.retryAfterMs : undefined;
    this.#mayOpen = Promise.withResolvers();
    const final = isRepeated ? 'lost' : isBug ? undefined : finalLoss(error);
    this.loop.post({ kind: 'link-lost', random: random(), restMs, paceMs, final });
    const { link } = this.loop.state;
    if (link.kind === 'gone') return { kind: 'over', why: final ?? 'refused' };
    return { kind: 'again', waitMs: link.kind === 'waiting' ? link.tryAtMs - nowMs : 0 };
  }

  /** Ends everything that runs in this channel; `live` returns once the link is closed. The first reason counts. */
  leave(why: LeaveReason): void {
    this.loop.post({ kind: 'leave', why });
  }

  /**
   * Takes no questions any more, lets what sounds end with its clause, and writes a sentence that names the unanswered people.
   *
   * Resolves when nothing sounds any more, after `ms` at the latest. Never throws.
   */
  async drain(ms: number): Promise<void> {
    const { loop, signal } = this;
    const { clock } = this.#deps;
    const untilMs = clock.nowMs() + (this.isLinked ? ms : 0);
    loop.post({ kind: 'draining' });
    let reporting: Promise<void> | undefined;
    do {
      await clock.sleep(checkMs, signal).catch(() => undefined);
      if (this.#isUnanswered) reporting ??= this.#reportUnanswered(); // by now it is known whether the current turn sounds
    } while (loop.state.floor.current && clock.nowMs() < untilMs && !signal.aborted);
    await reporting;
  }

  async #reportUnanswered() {
    const { clock, messages } = this.#deps;
    const words = openText(this.notices.writtenText({ id: 'seat.stopped' }));
    const over = new AbortController();
    const late = () => new Error('the notice was not written in time');
    try {
      const written = messages.write(this.channel, words, over.signal);
      await within(written, writeMs, clock, late);
    } catch {
      over.abort(late()); // Discord is away, or the bot may not write there
    }
  }

  /** To the end of the next session: its error, or undefined when it ended in order. */
  async #stretch(): Promise<unknown> {
    try {
      if (!this.#connection.isHeld) await this.#comeBack();
      const { signal } = this.#over;
      await this.#connection.spend((link) => this.#session(link, signal), signal);
      return undefined;
    } catch (error) {
      const isBug = error !== this.#over.signal.reason && !(error instanceof BotError);
      if (this.isOver && isBug) this.#report(failureEventOf(error, 'link')); // nothing else follows from it
      return error ?? new Error('a session failed without an error');
    }
  }

  async #session(link: VoiceLink, signal: AbortSignal): Promise<'lost'> {
    return await together<'lost'>(signal, [
      (until) => runHearAndSpeakLoop(link, this, this.#connectionSources, until),
      (until) => watchRoles(link, this, this.#deps.clock, this.#governed, until),
    ]);
  }

  /** Opens the link again, as long as a person is there. Errors and abort: as `enter`. */
  async #comeBack() {
    const { signal } = this.#over;
    await unlessAborted(this.#mayOpen.promise, signal);
    if (this.entered && this.company === 0) this.leave('alone');
    signal.throwIfAborted();
    await this.enter();
  }

  /** Nothing of this person is kept any more. */
  #forget(personId: PersonId) {
    const isBarred = !this.consent.isAdmitted(personId);
    this.consent.withdrawals.withdraw(personId);
    this.tools.confirmations.withdraw(personId);
    this.features.forgetPerson(personId, isBarred ? 'barred' : 'withdrawn');
    if (isBarred) return;
    this.#connectionSources.pauseHabits.forget(personId);
    this.place.languages.forget(personId);
  }

  #showNow(talkingIds: readonly PersonId[]) {
    this.undecided.keep(this.#connection.people());
    this.showFace(panelNow(this, this.talkState(), talkingIds, this.#connectionSources));
  }

  #lookAnew(people: readonly ChannelMember[]): boolean {
    this.#firstIds ??= new Set(people.map(({ id }) => id));
    const isUnchanged = people.every(({ id }) => this.#firstIds?.has(id));
    this.#isAnew &&= isUnchanged && exchangesOf(this) === 0;
    return this.#isAnew;
  }

  #report(event: SessionEvent) {
    this.notices.report(event);
  }
}

/** Number of exchanges that the conversation remembers. */
export function exchangesOf({ loop }: Owners<'loop'>): number {
  return loop.state.history.exchanges.length;
}
