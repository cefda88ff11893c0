import { BotError } from '#src/base/errors.ts';
import { Wakeup } from '#src/base/loops/mailbox.ts';
import { AnswerJobs } from '#src/conversation/answering/answer-jobs.ts';
import {
  ConsentGate,
  type SessionAnswers,
  UndecidedPeople,
} from '#src/conversation/hearing/consent-gate.ts';
import { Utterances } from '#src/conversation/hearing/utterances.ts';
import type { ConversationEffect, EffectOf } from '#src/conversation/machine/effects.ts';
import {
  type ConversationState,
  initialState,
  type PersonId,
} from '#src/conversation/machine/state.ts';
import { pauseAloud } from '#src/conversation/output/answer-parts.ts';
import { ReadingJobs } from '#src/conversation/output/read-aloud.ts';
import { SessionTools } from '#src/conversation/tools/session-tools.ts';
import type { ToolCalls } from '#src/conversation/tools/tool-calls.ts';
import type { ToolEntry } from '#src/conversation/tools/tool-entry.ts';
import type { GuildNoticeQueue } from '#src/notices/guild-notice-queue.ts';
import { chosenVoiceGone, writeUnrecognised } from '#src/notices/notice.ts';
import { NamedTracks } from '#src/playback/tracks/named-tracks.ts';
import type { LeaveOutcome } from '#src/ports/command-ports.ts';
import type { SessionBefore, SessionFeatures } from '#src/ports/feature-session.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';
import { admissionIn } from '#src/settings/access-control.ts';
import type { GuildChoices } from '#src/settings/guild-consents.ts';
import type { StoredSettings } from '#src/settings/stored-settings.ts';
import { PreemptiveBudget } from '#src/spending/preemptive-budget.ts';
import { SpeakerLanguages } from '#src/voice/hearing/speaker-languages.ts';
import {
  CurrentConnection,
  type HearingDependencies,
  type ReconnectingLink,
} from '#src/voice/link/reconnecting-link.ts';
import { SpeechPace } from '#src/voice/output/speech-output.ts';
import { Requests } from './requests.ts';
import type { SessionContext, SessionOnce } from './session-context.ts';
import type { SessionDependencies } from './session-dependencies.ts';
import { sessionSettingsOf, Talk } from './talk.ts';

/** Decisions that the session itself carries out. */
type SessionDecisions = {
  /** The conversation ends the session. */
  readonly end: (why: string) => void;
  /** The link may be opened again. */
  readonly openLink: () => void;
  /** Nothing of this person is kept any more. */
  readonly forgetPerson: (personId: PersonId) => void;
  /** Something is not answered or not said, as the bot ends. */
  readonly unanswered: () => void;
};

/** Parts that perform effects. */
type EffectParts = {
  readonly context: SessionContext;
  readonly answers: AnswerJobs;
  readonly calls: ToolCalls;
  readonly readings: ReadingJobs;
  readonly session: SessionDecisions;
  readonly utterances: Utterances;
};

type Performers = {
  readonly [Kind in ConversationEffect['do']]: (effect: EffectOf<Kind>) => void;
};

/** Performs each effect of the conversation by the part that it concerns. */
function effectPerformer(parts: EffectParts): (effect: ConversationEffect) => void {
  const { answers, calls, context, readings, session, utterances } = parts;
  const performers: Performers = {
    listen: ({ utterance }) => utterances.listen(utterance),
    recognise: ({ pause, utterance }) => utterances.recognise(utterance, pause),
    endpoint: ({ text, utterance }) => utterances.endpoint(utterance, text),
    forget: ({ utterance }) => utterances.forget(utterance),
    overheard: ({ by, isMeant, what }) => context.connection.sound?.overheard(by, what, isMeant),
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
    cue: (effect) => playCue(effect, context),
    run: (effect) => calls.run(effect),
    'stop-run': ({ run }) => calls.stopRun(run),
    result: (effect) => calls.result(effect),
    ask: (effect) => calls.ask(effect),
    'close-ask': ({ confirmation }) => calls.closeAsk(confirmation),
    report: ({ outcome, request }) => context.queue.report(request, outcome),
    notice: (effect) => giveNotice(effect, parts),
    obey: ({ by, command }) => context.obey(command, by),
    'forget-person': ({ by }) => session.forgetPerson(by),
    end: ({ why }) => session.end(why),
    fact: (effect) => tell(effect, parts),
    'open-link': () => session.openLink(),
  };
  return (effect) => {
    const perform = performers[effect.do] as (effect: ConversationEffect) => void;
    perform(effect);
  };
}

function playCue({ cue }: EffectOf<'cue'>, { connection, parts }: SessionContext): void {
  if (cue !== 'error') connection.sound?.playWaitingCue(cue);
  else void connection.play(parts.cues.error);
}

function giveNotice({ line }: EffectOf<'notice'>, { context, session }: EffectParts): void {
  const { notice, people, talk } = context;
  if (line === 'reconnecting') {
    notice(
      { id: 'panel.reconnecting' },
      () => talk.state.link.kind !== 'up' && people().length > 0,
    );
  } else if (line === 'unrecognised') {
    if (talk.lastUnrecognised instanceof BotError)
      writeUnrecognised(talk.lastUnrecognised, context);
  } else if (line === 'unanswered') {
    session.unanswered();
  }
}

function tell({ fact }: EffectOf<'fact'>, { answers, context, utterances }: EffectParts): void {
  const { channel, parts } = context;
  if (fact.kind === 'utterance-over') utterances.over(fact);
  if (fact.kind === 'turn-over') answers.turnOver(fact.turn, fact.end);
  if (fact.kind !== 'dropped') return;
  const { by: speakerId, name, phase, why } = fact;
  parts.onEvent(channel.guildId, { kind: 'dropped', speakerId, name, why, phase });
}

/** A conversation that is over, and what was said for its session alone. */
export type EndedConversation = {
  readonly history: ConversationState['history'];
  readonly answers: SessionAnswers;
};

/** Place, parts and past of a conversation. */
export type ConversationOptions = {
  readonly channel: ChannelRef;
  readonly parts: SessionDependencies;
  readonly sources: {
    readonly hearing: HearingDependencies;
    /** Tools that a model may call now: those of the operator, then those of the bot. */
    readonly tools: () => readonly ToolEntry[];
    readonly features: {
      session(context: SessionContext, before: SessionBefore): SessionFeatures;
    };
  };
  readonly settings: StoredSettings;
  readonly notices: Pick<GuildNoticeQueue, 'report'>;
  /** What people of the server said, where it is left, and what is done at a spoken no. */
  readonly sessions: {
    readonly consents: { in(guildId: string): GuildChoices };
    denyAloud(personId: string, context: SessionContext): void;
    leave(guildId: string): Promise<LeaveOutcome>;
  };
  /** A session of this server that is to go on here: with its history and what people said about being heard. */
  readonly former?: { readonly context: SessionContext } | undefined;
  /** A seat of a former run that is to go on here: no greeting and no notice is repeated. */
  readonly seat?: SessionAnswers | undefined;
  /** The conversation of this channel that ended less than 15 minutes ago, in this process; it goes on. */
  readonly ended?: EndedConversation | undefined;
};

/** Functions and parts of the session that its context is made of. */
type SessionSource = SessionDecisions & {
  readonly link: ReconnectingLink;
  readonly maySpeak: () => boolean;
  /** Called after each event of the conversation. */
  readonly changed: () => void;
  /** Aborted when the session is over. */
  readonly signal: AbortSignal;
};

/** Parts of a session that only the session itself, its connections and its effects use. */
export type BuiltSession = {
  readonly context: SessionContext;
  readonly answers: AnswerJobs;
  readonly tools: SessionTools;
  readonly utterances: Utterances;
};

/** Makes the parts of a session, in the order in which they need each other; a part that is given the context only keeps it. */
export function buildSession(options: ConversationOptions, session: SessionSource): BuiltSession {
  const { channel, former, notices, parts, seat, sessions, sources } = options;
  const { link, maySpeak, signal } = session;
  const { guildId, channelId } = channel;
  const { clock } = parts;
  const before = former?.context;
  const people = () => link.people();
  const settings = () => options.settings.at(guildId, channelId);
  // All members are there when this function returns.
  const context = {
    channel,
    parts,
    settings,
    people,
    maySpeak,
    signal,
    stored: options.settings,
    style: () => {
      const style = options.settings.styleIn(guildId, channelId);
      return { ...style, voice: { ...style.voice, onGone: chosenVoiceGone(context) } };
    },
    nameOf: (personId) => nameIn(context.talk.state, personId),
    notice: (line, holds = () => true, posted) =>
      notices.report({ channel, line, holds: () => !signal.aborted && holds(), posted }),
    obey(command, personId) {
      if (command === 'pauseHearing') pauseAloud(personId, context);
      else sessions.denyAloud(personId, context);
    },
    isFirst: before?.isFirst ?? firstTimes(seat ? ['greeted'] : []),
    trustsPartials: () => sources.hearing.partialTrust.isTrusted,
    wakeup: new Wakeup(clock),
    preemptiveBudget: new PreemptiveBudget(),
    connection: new CurrentConnection(),
    pace: new SpeechPace(),
    mix: {
      tracks: before?.mix.tracks ?? new NamedTracks(clock),
      isPassedOn: false,
    },
    languages: new SpeakerLanguages({ guildId, parts, settings }, before?.languages),
    gate: new ConsentGate({
      rules: () => options.settings.consentNow(guildId),
      admits: admissionIn(guildId, people, parts, options.settings),
      choices: sessions.consents.in(guildId),
      isRead: () => options.settings.isRead(guildId),
      talk: () => context.talk,
    }),
    stepOf: (answer) => answers.pendingOf(answer)?.step,
  } as { -readonly [Member in keyof SessionContext]: SessionContext[Member] };
  const tools = new SessionTools(context, {
    all: sources.tools,
    leave: () => sessions.leave(guildId),
    refresh: (personId, until) => link.refresh(personId, until),
  });
  context.tools = tools;
  context.unanswered = new UndecidedPeople(context, before?.unanswered);
  const utterances = new Utterances(context, sources.hearing);
  const answers = new AnswerJobs(context, tools, utterances);
  const readings = new ReadingJobs(context);
  context.queue = new Requests(context);
  const perform = effectPerformer({
    context,
    answers,
    calls: tools.calls,
    readings,
    session,
    utterances,
  });
  const changed = () => {
    if (!context.talk.state.floor.current) context.connection.sound?.endWaitingCues();
    session.changed();
  };
  context.talk = new Talk(context, stateOf(options, context), { perform, changed });
  signal.addEventListener('abort', () => context.talk.close(), { once: true });
  context.features = sources.features.session(context, {
    isReturned: seat !== undefined,
    former: before?.features,
  });
  return { context, answers, tools, utterances };
}

/** Tells of each event whether it is the first; `past`: events that have happened before a restart. */
function firstTimes(past: readonly SessionOnce[]): SessionContext['isFirst'] {
  const done = new Set(past);
  return (what) => {
    const isFirst = !done.has(what);
    done.add(what);
    return isFirst;
  };
}

/** The conversation at its beginning, or as it goes on. */
function stateOf(
  { ended, former, seat }: ConversationOptions,
  context: SessionContext,
): ConversationState {
  const { channel, gate, parts } = context;
  const before = former?.context;
  const goesOn =
    before?.channel.channelId === channel.channelId ||
    (before && parts.places.isNoWider(channel, before.channel));
  const start = initialState(sessionSettingsOf(context));
  const past = before ? goesOn && before.talk.state : ended;
  const { agreedIds: callers = [], isPaused = false } =
    before?.gate.answers ?? seat ?? ended?.answers ?? {};
  const { consent, reportedFailures } = before?.talk.state ?? start;
  return {
    ...start,
    consent: { ...consent, ...gate.stored, callers, isPaused },
    history: (past || start).history,
    reportedFailures,
  };
}

function nameIn({ history, people, turns }: ConversationState, personId: string): string {
  const here = people.find(({ id }) => id === personId);
  const asked = [...turns, ...history.exchanges].findLast(({ by }) => by === personId);
  return here?.name ?? asked?.name ?? 'Someone';
}
