import { BotError } from '#src/base/errors.ts';
import { AnswerJobs } from '#src/conversation/answering/answer-jobs.ts';
import {
  type SessionAnswers,
  SessionConsent,
  UndecidedPeople,
} from '#src/conversation/hearing/session-consent.ts';
import { Utterances } from '#src/conversation/hearing/utterances.ts';
import type { ConversationEffect, EffectOf } from '#src/conversation/machine/effects.ts';
import {
  type ConversationState,
  initialState,
  type Participant,
  type SessionSettings,
} from '#src/conversation/machine/state.ts';
import { pauseAloud } from '#src/conversation/output/answer-parts.ts';
import { ReadingJobs } from '#src/conversation/output/read-aloud.ts';
import { SessionTools } from '#src/conversation/tools/session-tools.ts';
import { ToolCalls } from '#src/conversation/tools/tool-calls.ts';
import type { ToolEntry } from '#src/conversation/tools/tool-entry.ts';
import type { GuildNoticeQueue } from '#src/notices/guild-notice-queue.ts';
import {
  type ChannelNotices,
  channelNotices,
  chosenVoiceGone,
  writeUnrecognised,
} from '#src/notices/notice.ts';
import { NamedTracks } from '#src/playback/tracks/named-tracks.ts';
import type { LeaveOutcome } from '#src/ports/command-ports.ts';
import type { SessionFeatures } from '#src/ports/feature-session.ts';
import type { LeaveReason } from '#src/ports/session-events.ts';
import type { ChannelMember, ChannelRef } from '#src/ports/voice-link.ts';
import { admissionIn } from '#src/settings/access-control.ts';
import type { GuildChoices } from '#src/settings/guild-consents.ts';
import type { StoredSettings } from '#src/settings/stored-settings.ts';
import { PreemptiveBudget } from '#src/spending/budget-authority.ts';
import { SpeakerLanguages } from '#src/voice/hearing/speaker-languages.ts';
import {
  CurrentConnection,
  type HearingDependencies,
  type ReconnectingLink,
} from '#src/voice/link/reconnecting-link.ts';
import { SpeechPace } from '#src/voice/output/speech-output.ts';
import { ConversationLoop } from './conversation-loop.ts';
import { Requests } from './requests.ts';
import type {
  Owners,
  Session,
  SessionBefore,
  SessionOnce,
  SessionPlace,
  SessionSpeech,
} from './session.ts';
import type { Deps, SessionDependencies } from './session-dependencies.ts';

/** Decisions that the session itself carries out. */
type SessionDecisions = {
  /** The conversation ends the session. */
  readonly end: (why: LeaveReason) => void;
  /** The link may be opened again. */
  readonly openLink: () => void;
  /** Nothing of this person is kept any more. */
  readonly forgetPerson: (personId: PersonId) => void;
  /** Something is not answered or not said, as the bot ends. */
  readonly unanswered: () => void;
};

/** Parts that perform effects. */
type EffectDeps = {
  readonly answers: AnswerJobs;
  readonly deps: Deps<'cues'>;
  readonly readings: ReadingJobs;
  readonly session: Session;
  readonly sessions: Pick<ConversationOptions['sessions'], 'denyAloud'>;
  readonly source: SessionDecisions;
  readonly calls: ToolCalls;
  readonly utterances: Utterances;
};

type Performers = {
  readonly [Kind in ConversationEffect['do']]: (effect: EffectOf<Kind>) => void;
};

/** Performs each effect of the conversation by the part that it concerns. */
function effectPerformer(parts: EffectDeps): (effect: ConversationEffect) => void {
  const { answers, calls, deps, readings, session, sessions, source, utterances } = parts;
  const { connection, requests } = session.speech;
  const performers: Performers = {
    listen: ({ utterance }) => utterances.listen(utterance),
    recognise: ({ pause, utterance }) => void utterances.recognise(utterance, pause),
    'cancel-recognition': ({ utterance }) => utterances.cancelRecognition(utterance),
    endpoint: ({ text, utterance }) => utterances.endpoint(utterance, text),
    forget: ({ utterance }) => utterances.forget(utterance),
    overheard: ({ by, isMeant, what }) => connection.now?.overheard(by, what, isMeant),
    begin: (effect) => answers.begin(effect),
    play: (effect) => answers.play(effect),
    'give-up': (effect) => answers.giveUp(effect),
    discard: ({ reply }) => {
      answers.discard(reply);
      readings.running.discard(reply);
    },
    speak: (effect) => readings.speak(effect),
    cut: ({ reply }) => {
      answers.running.cut(reply);
      readings.running.cut(reply);
    },
    'finish-clause': ({ reply }) => {
      answers.running.finishClause(reply);
      readings.running.finishClause(reply);
    },
    cue({ cue }) {
      if (cue === 'error') void connection.play(deps.cues.error);
      else connection.now?.playWaitingCue(cue);
    },
    run: (effect) => calls.run(effect),
    'stop-run': ({ run }) => calls.stopRun(run),
    result: (effect) => calls.result(effect),
    ask: (effect) => calls.ask(effect),
    'close-ask': ({ confirmation }) => calls.closeAsk(confirmation),
    report: (effect) => requests.report(effect),
    notice: (effect) => giveNotice(effect, session, source),
    obey({ by, command }) {
      if (command === 'pauseHearing') pauseAloud(by, session);
      else sessions.denyAloud(by, session);
    },
    'forget-person': ({ by }) => source.forgetPerson(by),
    end: ({ why }) => source.end(why),
    fact: (effect) => tell(effect, parts),
    'open-link': () => source.openLink(),
  };
  return (effect) => {
    const perform = performers[effect.do] as (effect: ConversationEffect) => void;
    perform(effect);
  };
}

function giveNotice(
  { error, line }: EffectOf<'notice'>,
  { loop, notices, place }: Owners<'loop' | 'notices' | 'place'>,
  source: SessionDecisions,
) {
  if (line === 'reconnecting') {
    notices.post(
      { id: 'panel.reconnecting' },
      () => loop.state.link.kind !== 'up' && place.people().length > 0,
    );
  } else if (line === 'unrecognised') {
    if (error instanceof BotError) writeUnrecognised(error, notices);
  } else if (line === 'unanswered') {
    source.unanswered();
  }
}

function tell({ fact }: EffectOf<'fact'>, { answers, session, utterances }: EffectDeps) {
  if (fact.kind === 'utterance-over') utterances.over(fact);
  if (fact.kind === 'turn-over') answers.turnOver(fact.turn, fact.end);
  if (fact.kind !== 'dropped') return;
  const { by: speakerId, name, phase, why } = fact;
  session.notices.report({ kind: 'dropped', speakerId, name, why, phase });
}

/** A conversation that is over, and what was said for its session alone. */
export type EndedConversation = {
  readonly history: ConversationState['history'];
  readonly answers: SessionAnswers;
};

/** Place, parts and past of a conversation. */
export type ConversationOptions = {
  readonly channel: ChannelRef;
  readonly deps: SessionDependencies;
  readonly sources: {
    readonly hearing: HearingDependencies;
    /** Tools that a model may call now: those of the operator, then those of the bot. */
    readonly tools: () => readonly ToolEntry[];
    readonly features: {
      session(session: Session, before: SessionBefore): SessionFeatures;
    };
  };
  readonly settings: StoredSettings;
  readonly notices: Pick<GuildNoticeQueue, 'report'>;
  /** What people of the server said, where it is left, and what is done at a spoken no. */
  readonly sessions: {
    readonly consents: { in(guildId: GuildId): GuildChoices };
    denyAloud(personId: PersonId, session: Session): void;
    leave(guildId: GuildId): Promise<LeaveOutcome>;
  };
  /** A session of this server that is to go on here: with its history and what people said about being heard. */
  readonly former?: Session | undefined;
  /** A seat of a former run that is to go on here: no greeting and no notice is repeated. */
  readonly seat?: SessionAnswers | undefined;
  /** The conversation of this channel that ended less than 15 minutes ago, in this process; it goes on. */
  readonly ended?: EndedConversation | undefined;
};

/** Functions and parts of the session that its owners are made of. */
type SessionSource = SessionDecisions & {
  readonly link: ReconnectingLink;
  readonly maySpeak: () => boolean;
  /** Called after each event of the conversation. */
  readonly changed: () => void;
  /** Aborted when the session is over. */
  readonly signal: AbortSignal;
};

/** Makes the owners of a session, in the order in which they need each other. */
export function buildSession(options: ConversationOptions, source: SessionSource) {
  const { channel, deps, former, notices: queue, seat, sessions, settings } = options;
  const { features: all, hearing, tools: allTools } = options.sources;
  const { link, maySpeak, signal } = source;
  const { guildId, channelId } = channel;
  const { clock, spending } = deps;
  const people = () => link.people();
  const notices = channelNotices(channel, deps, (line, holds = () => true, posted) =>
    queue.report({ channel, line, holds: () => !signal.aborted && holds(), posted }),
  );
  const place = openPlace(options, people, notices, () => loop);
  const consent = new SessionConsent({
    rules: () => settings.consentNow(guildId),
    admits: admissionIn(guildId, people, deps, settings),
    choices: sessions.consents.in(guildId),
    isRead: () => settings.isRead(guildId),
    loop: () => loop,
  });
  const preemptiveBudget = new PreemptiveBudget();
  const currentSettings = (): SessionSettings => ({
    mode: maySpeak() ? 'talk' : 'captions',
    names: [...new Set([deps.places.botName(guildId), ...place.settings().names])],
    addressing: place.settings().addressing,
    leaveAfterMs: place.settings().leaveAfterMs,
    isSparing: !preemptiveBudget.allows,
    trustsPartials: hearing.partialTrust.isTrusted,
  });
  const connection = new CurrentConnection();
  const loopDeps = {
    clock,
    connection,
    decide: deps.decide,
    settings: currentSettings,
    people: () => people().map((one) => participantFrom(one, place, consent)),
    consents: () => consent.stored,
    onBug: (error: unknown) => notices.reportFailure(error, 'link'),
    perform: (effect: ConversationEffect) => perform(effect),
    changed() {
      if (!loop.state.floor.current) connection.now?.endWaitingCues();
      source.changed();
    },
  };
  const start = initialState(currentSettings());
  const loop: ConversationLoop = new ConversationLoop(loopDeps, stateOf(options, start, consent));
  signal.addEventListener('abort', () => loop.close(), { once: true });
  const canPay = () => maySpeak() && !spending.used(guildId);
  const speech: SessionSpeech = {
    requests: new Requests({ loop, notices, clock, channelId, maySpeak: canPay }),
    connection,
    pace: new SpeechPace(),
    mix: { tracks: former?.speech.mix.tracks ?? new NamedTracks(clock), isPassedOn: false },
    maySpeak,
  };
  const session: Session = {
    place,
    notices,
    speech,
    consent,
    loop,
    signal,
    undecided: new UndecidedPeople({ ...place, consent, notices, signal }, former?.undecided),
    get tools() {
      return tools;
    },
    get features() {
      return features;
    },
  };
  const tools = new SessionTools(session, deps, {
    all: allTools,
    leave: () => sessions.leave(guildId),
    refresh: (personId, until) => link.refresh(personId, until),
  });
  const vocabulary = () => settings.wordsIn(guildId);
  const utterances = new Utterances(session, { ...deps, hearing, vocabulary });
  const calls = new ToolCalls(session, deps, tools);
  const answerDeps = { ...deps, calls, preemptiveBudget, tools };
  const answers = new AnswerJobs(session, answerDeps, utterances);
  const readings = new ReadingJobs(session, deps);
  const perform = effectPerformer({
    answers,
    calls,
    deps,
    readings,
    session,
    sessions,
    source,
    utterances,
  });
  const features = all.session(session, { isReturned: seat !== undefined, former });
  return { session, answers, calls, tools, utterances };
}

/** `loop`: not asked before it is there. */
function openPlace(
  { channel, deps, former, seat, settings: stored }: ConversationOptions,
  people: SessionPlace['people'],
  notices: ChannelNotices,
  loop: () => ConversationLoop,
): SessionPlace {
  const { guildId, channelId } = channel;
  const { peopleSettings } = deps;
  const settings = () => stored.at(guildId, channelId);
  const sources = { guildId, parts: deps, settings };
  return {
    channel,
    settings,
    people,
    languages: new SpeakerLanguages(sources, former?.place.languages),
    style() {
      const style = stored.styleIn(guildId, channelId);
      const onGone = chosenVoiceGone({ loop: loop(), notices }, settings);
      return { ...style, voice: { ...style.voice, onGone } };
    },
    findPerson: (personId) => people().find(({ id }) => id === personId),
    nameOf: (personId) => nameIn(loop().state, personId),
    choicesOf: (personId) => peopleSettings.known(guildId, personId),
    loadChoices: (personId) => peopleSettings.load(guildId, personId),
    isFirst: former?.place.isFirst ?? firstTimes(seat ? ['greeted'] : []),
  };
}

/** A person there as the conversation knows them; who wants no spoken answers counts as deaf. */
function participantFrom(
  member: ChannelMember,
  { choicesOf }: SessionPlace,
  consent: SessionConsent,
): Participant {
  const { id, isBot, isDeaf = false, name } = member;
  const { answers = 'spoken' } = choicesOf(id);
  return { id, name, isBot, isDeaf: isDeaf || answers !== 'spoken', ...consent.rightsOf(member) };
}

/** Parts of a session that only the session itself, its connections and its effects use. */
export type BuiltSession = ReturnType<typeof buildSession>;

/** Tells of each event whether it is the first; `past`: events that have happened before a restart. */
function firstTimes(past: readonly SessionOnce[]): SessionPlace['isFirst'] {
  const done = new Set(past);
  return (what) => {
    const isFirst = !done.has(what);
    done.add(what);
    return isFirst;
  };
}

/** The conversation at its beginning, or as it goes on. */
function stateOf(
  { channel, deps, ended, former, seat }: ConversationOptions,
  start: ConversationState,
  { stored }: Pick<SessionConsent, 'stored'>,
): ConversationState {
  const from = former?.place.channel;
  const goesOn =
    from?.channelId === channel.channelId || (from && deps.places.isNoWider(channel, from));
  const past = former ? goesOn && former.loop.state : ended;
  const { agreedIds: callers = [], isPaused = false } =
    former?.consent.answers ?? seat ?? ended?.answers ?? {};
  const { consent, reportedFailures, restrictions } = former?.loop.state ?? start;
  return {
    ...start,
    consent: { ...consent, ...stored, callers, isPaused },
    history: (past || start).history,
    reportedFailures,
    restrictions, // a mute by a moderator outlives a move
  };
}

function nameIn({ history, people, turns }: ConversationState, personId: PersonId): string {
  const here = people.find(({ id }) => id === personId);
  const asked = [...turns, ...history.exchanges].findLast(({ by }) => by === personId);
  return here?.name ?? asked?.name ?? 'Someone';
}
