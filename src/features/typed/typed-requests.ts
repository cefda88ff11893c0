import type { Public } from '#src/base/public.ts';
import { within } from '#src/base/waiting.ts';
import type { ChatMessage } from '#src/chat/ports.ts';
import { exchangesFor, messagesOf } from '#src/conversation/answering/begin-answer.ts';
import type { ReportedOutcome } from '#src/conversation/machine/effects.ts';
import type { HistoryExchange } from '#src/conversation/machine/state.ts';
import type { QueuedQuestion, SayPlace } from '#src/conversation/queue/queued-turn.ts';
import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import { withToolRules } from '#src/conversation/tools/session-tools.ts';
import type { ServerToolPorts, ToolEntry } from '#src/conversation/tools/tool-entry.ts';
import {
  tooMuchAtOnce,
  type WrittenAnswerConcurrency,
} from '#src/features/contract/written-answer-concurrency.ts';
import type { MemoryPorts } from '#src/features/memories/memories.ts';
import {
  memoryContext,
  memorySetting,
  usableMemories,
} from '#src/features/memories/usable-memories.ts';
import type { RunningTracks } from '#src/features/tracks/session-tracks.ts';
import type { TextOwner } from '#src/people/confidential-text.ts';
import { type PipelineName, pipelineFor, type TurnUtterance } from '#src/pipeline/pipeline.ts';
import type {
  AnswerForm,
  Asker,
  AskOutcome,
  QuestionSubject,
  SpokenManner,
} from '#src/ports/command-ports.ts';
import type { VoiceSession } from '#src/sessions/voice-session.ts';
import type { VoiceSessions } from '#src/sessions/voice-sessions.ts';
import type { Recordings } from '#src/sources/recordings.ts';
import { asking } from '#src/speech/hints.ts';
import type { PlainTextId, TextLine } from '#src/texts/texts.ts';
import { SpeakerLanguages } from '#src/voice/hearing/speaker-languages.ts';
import { orFault, pictureFault, type QuestionFiles, utterancesOf } from './question-utterances.ts';
import { type SayOptions, type SayOutcome, sayIn } from './say-text.ts';
import { answerUnspoken, type OwnedQuestion } from './unspoken-answer.ts';
import { type PromptWords, WrittenTools } from './written-tools.ts';

/** Longest wait, in ms, for an answer aloud; afterwards the answer is heard without being shown. */
const longestAloudMs = 50_000;

/** The bot sits in no channel. */
const nowhere = { kind: 'nowhere' } as const;
const captionsOnly: AskOutcome = { kind: 'failed', line: { id: 'captions.only' } };
const late: AskOutcome = { kind: 'failed', line: { id: 'ask.late' } };

/** Objects of other features that typed requests use. */
export type TypedNeeds = MemoryPorts & RunningTracks;

/** Services that typed requests use. */
export type TypedServices = TypedNeeds & {
  readonly parts: SessionDependencies;
  readonly sessions: VoiceSessions;
  readonly recordings: Public<Recordings>;
  readonly tools: () => readonly ToolEntry[];
  readonly writtenQuestions: WrittenAnswerConcurrency;
  readonly longestWritingMs: number;
  /** Aborting it ends the answers that are being written. */
  readonly ending: AbortSignal;
};

type TypedQuestion = {
  readonly guildId: GuildId;
  readonly question: string;
  readonly asker: Asker;
  readonly about: QuestionSubject;
};

/** Typed requests: texts to read out, questions, and the command to be silent. */
export class TypedRequests {
  readonly #services;

  constructor(services: TypedServices) {
    this.#services = services;
  }

  /**
   * Reads out a text of at most 1,000 characters, after what sounds. `now` goes before all that waits, but an answer or text that
   * has begun is said to its end.
   */
  async say(
    guildId: GuildId,
    words: string,
    when: SayPlace,
    how: SayOptions = {},
  ): Promise<SayOutcome> {
    const { parts, sessionTracks: tracks, sessions } = this.#services;
    const session = sessions.session(guildId);
    if (!session) return nowhere;
    return sayIn(session, words, when, how, { ...parts, tracks });
  }

  /**
   * Aloud, the question waits its turn like a spoken one. In text it needs no session, and knows what was said in one only if the
   * asker sits there. Answered aloud within 50 s, else within the time limit of the model. A recording is not kept.
   */
  async ask(
    guildId: GuildId,
    question: string,
    asker: Asker,
    answer: AnswerForm,
    about: QuestionSubject = {},
  ): Promise<AskOutcome> {
    const { ending, sessions, writtenQuestions } = this.#services;
    const asked = { guildId, question, asker, about };
    if (answer === 'voice') {
      const session = sessions.session(guildId);
      if (!session) return nowhere;
      return session.speech.maySpeak() ? await this.#aloud(asked, ending) : captionsOnly;
    }
    const place = writtenQuestions.enter(guildId, asker.id);
    if (typeof place === 'string') return tooMuchAtOnce;
    using _ = place;
    const over = new AbortController();
    try {
      return await this.#written(asked, AbortSignal.any([ending, over.signal]));
    } finally {
      over.abort(new Error('the answer is over'));
    }
  }

  /** Lets this person ask without the bot's name for a while. */
  openAskWindow(guildId: GuildId, personId: PersonId): void {
    const session = this.#services.sessions.session(guildId);
    session?.loop.post({ kind: 'opened-window', by: personId });
  }

  /** Silences the bot within two frames. All that waits is dropped as well, questions and sounds included; what was heard stays known. */
  stop(guildId: GuildId): 'stopped' | 'nothing' {
    const session = this.#services.sessions.session(guildId);
    return session?.speech.requests.stop() ? 'stopped' : 'nothing';
  }

  /** Languages of the session, else by the asker's settings and words. */
  async #languagesFor({ asker, guildId }: TypedQuestion): Promise<SpeakerLanguages> {
    const { parts, sessions } = this.#services;
    await parts.peopleSettings.load(guildId, asker.id);
    const session = sessions.session(guildId);
    const settings = () => sessions.settings.in(guildId);
    return session?.place.languages ?? new SpeakerLanguages({ guildId, parts, settings });
  }

  /** The files of a question, read; a fault of one comes back as a line. Aborting `signal` throws its reason. */
  async #files(
    asked: TypedQuestion,
    signal: AbortSignal,
  ): Promise<QuestionFiles | { readonly kind: 'failed'; readonly line: TextLine }> {
    const { parts, recordings } = this.#services;
    const { about, asker, guildId } = asked;
    const { pictures: sent, sentBy, recording } = about;
    const pictures =
      sent && (await orFault(recordings.readPictures(guildId, sent, signal), signal));
    if (pictures && 'line' in pictures)
      return { kind: 'failed', line: pictureFault(pictures.line) };
    if (!recording) return { pictures };
    const spoken = (await this.#languagesFor(asked)).hintFor(asker.id);
    const listening = parts.spending.listenToRecording(guildId, asker.id);
    if ('line' in listening) return { kind: 'failed', line: listening.line };
    const language = sentBy === undefined ? spoken : undefined;
    const transcriber = asking(parts.transcriber.paidBy(listening.reservation), { language });
    const pcm = await orFault(recordings.read(guildId, recording, signal), signal);
    if ('line' in pcm) return { kind: 'failed', line: pcm.line };
    return { pictures, sound: { pcm, transcriber } };
  }

  async #aloud(asked: TypedQuestion, ending: AbortSignal): Promise<AskOutcome> {
    const { about, asker, guildId, question } = asked;
    const { longestMs = longestAloudMs, signal } = about;
    const { clock } = this.#services.parts;
    const untilMs = clock.nowMs() + longestMs;
    const until = AbortSignal.any([ending, signal ?? ending]);
    const hasFiles = (about.pictures ?? about.recording) !== undefined;
    const files = hasFiles ? await this.#files(asked, until) : {};
    if ('line' in files) return files;
    const atMs = clock.nowMs();
    const said = utterancesOf({ ...asked, ...files, atMs }, until);
    const session = this.#services.sessions.session(guildId);
    if (!session) return nowhere;
    const answered = Promise.withResolvers<AskOutcome>();
    session.speech.requests.ask(
      questionOf(said, question, atMs, {
        manner: mannerIn(session.place.settings().pipeline, about),
        signal,
        report: answered.resolve,
        onOver: (why) => answered.resolve(droppedFor(why)),
      }),
    );
    const follow = () => session.loop.post({ kind: 'opened-window', by: asker.id });
    follow();
    void answered.promise.then(follow);
    return await within(answered.promise, untilMs - atMs, clock, () => new Error('late')).catch(
      () => late,
    );
  }

  /** Answers in writing, by what is known now. */
  async #written(asked: TypedQuestion, ending: AbortSignal): Promise<AskOutcome> {
    const { longestWritingMs, parts } = this.#services;
    const { longestMs = longestWritingMs, signal = ending } = asked.about;
    const until = AbortSignal.any([ending, signal]);
    const untilMs = parts.clock.nowMs() + longestMs;
    const files = await this.#files(asked, until);
    if ('line' in files) return files;
    const atMs = parts.clock.nowMs();
    const said = utterancesOf({ ...asked, ...files, atMs }, until);
    const owned = await this.#owned(asked, said);
    return await answerUnspoken(owned, parts, untilMs - atMs, until);
  }

  /** A question with all that its answer is made of. */
  async #owned(asked: TypedQuestion, said: readonly TurnUtterance[]): Promise<OwnedQuestion> {
    const { parts, sessions } = this.#services;
    const { about, asker, guildId } = asked;
    const { settings } = sessions;
    const session = sessions.session(guildId);
    const { exchanges, owner } = knownTo(asker, session, about);
    await settings.load(guildId);
    const remembered = await this.#memoriesFor(asked);
    const history = [...messagesOf(exchanges), ...remembered];
    const language = (await this.#languagesFor(asked)).answerTo(asker.id);
    const channelId = session?.channel.channelId;
    const usual = settings.styleIn(guildId, channelId);
    const { persona, pipeline: chosen } = settings.at(guildId, channelId);
    const name = pipelineFor(said, chosen);
    const hasPersona = (persona?.name ?? persona?.instructions) !== undefined;
    const hasOthers = remembered.length > 0 || hasPersona;
    const tools = await this.#toolsFor(asked, { said, earlier: exchanges, hasOthers });
    const { offered } = tools;
    const style = withToolRules(usual, { done: [], offered });
    const turn = { said, style, history, tools: offered, language };
    // The audio model hears a recording; what it would say is written.
    const isHeard = about.recording && name === 'audio-model';
    const pipeline = isHeard ? parts.pipelines.open(name) : parts.pipelines.textOnly();
    return { guildId, owner, isWritten: true, turn, tools, pipeline };
  }

  /** Tools that need no channel; none for programs. */
  async #toolsFor(
    { about, asker: { id, isProgram, name }, guildId }: TypedQuestion,
    shown: PromptWords,
  ): Promise<WrittenTools> {
    const { parts, sessions, tools } = this.#services;
    const { placeId, askedInId: channelId = placeId } = about;
    const session = sessions.session(guildId);
    const usual = session?.tools.actionsFor(id) ?? (await this.#portsOutside(guildId, id));
    const others = usual.people().filter((one) => one.id !== id);
    const asker = { id, name, isBot: false, roleIds: [] };
    const place = channelId === undefined ? undefined : { guildId, channelId, name: channelId };
    return new WrittenTools(isProgram ? [] : tools(), {
      asker,
      session,
      isOpen: placeId !== undefined,
      parts,
      ports: { ...usual, place, people: () => [...others, asker] },
      shown,
    });
  }

  /** Parts of tools where the bot sits nowhere, by what people said for good. */
  async #portsOutside(guildId: GuildId, id: string): Promise<Omit<ServerToolPorts, 'place'>> {
    const { parts, sessions } = this.#services;
    const choices = await sessions.readConsents(guildId);
    const settings = () => sessions.settings.in(guildId);
    return {
      askerId: id,
      clock: parts.clock,
      guildId,
      timeZone: settings().timeZone,
      settings,
      people: () => [],
      agreed: async (personId) => choices.wordOf(personId)?.kind === 'always',
      isAllowed: async (right) => right === 'anyone',
    };
  }

  /** Memories of the server, as data; where the bot sits nowhere, only those of the asker alone; none for programs. */
  async #memoriesFor({ asker, guildId }: TypedQuestion): Promise<readonly ChatMessage[]> {
    const { memories, sessions } = this.#services;
    const { of, timeZone } = sessions.settings.in(guildId);
    if (!of(memorySetting) || asker.isProgram) return [];
    const consent = sessions.session(guildId)?.consent;
    const loaded = consent ? memories.known(guildId) : ((await memories.load(guildId)) ?? []);
    const usable = consent
      ? usableMemories(loaded, asker.id, consent)
      : loaded.filter(({ byId, aboutId }) => byId === asker.id && aboutId === undefined);
    const content = memoryContext(usable, timeZone);
    return content === undefined ? [] : [{ role: 'user', name: '', content }];
  }
}

/** A Realtime conversation has one voice: with another it would begin anew. */
function mannerIn(pipeline: PipelineName, { manner }: QuestionSubject): SpokenManner | undefined {
  return pipeline === 'realtime' && manner ? { speed: manner.speed } : manner;
}

/**
 * Conversation with the bot there, without people who are left out, but for the asker; none for a person or place elsewhere, and
 * none beside a message: what a stranger wrote could have the model tell it.
 */
function knownTo(
  { id }: Asker,
  session: VoiceSession | undefined,
  { placeId, sentBy }: QuestionSubject,
): { readonly exchanges: readonly HistoryExchange[]; readonly owner: TextOwner } {
  const { channelId } = session?.channel ?? {};
  const isThere = sentBy === undefined && (placeId === undefined || placeId === channelId);
  if (!session?.isHere(id) || !isThere || channelId === undefined)
    return { exchanges: [], owner: 'given' };
  const exchanges = exchangesFor(id, session);
  return { exchanges, owner: exchanges.length === 0 ? 'given' : { channelId } };
}

/** A question from a typed text or a recording, which is recognised when it is answered. */
function questionOf(
  all: readonly TurnUtterance[],
  text: string,
  atMs: number,
  how: Pick<QueuedQuestion, 'manner' | 'onOver' | 'report' | 'signal'>,
): QueuedQuestion {
  const known = all.map((one): TurnUtterance => {
    if (!one.isRecording) return one;
    const transcript = async () => {
      const words = await one.transcript();
      question.words = { text: `${text} (${words.text})`.trim(), atMs };
      return words;
    };
    return { ...one, transcript };
  });
  const said = known.at(-1);
  if (!said) throw new Error('A typed question holds no utterance.');
  const question: QueuedQuestion = {
    kind: 'question',
    said,
    earlier: known.slice(0, -1),
    endedAtMs: atMs,
    words: { text, atMs },
    ...how,
  };
  return question;
}

/** Message to the asker of a question that is not answered. */
function droppedFor(outcome: ReportedOutcome): AskOutcome {
  if (outcome === 'left') return nowhere;
  const id = drops[outcome];
  return { kind: 'failed', line: id ? { id } : { id: 'generic', with: { code: 'bug' } } };
}

/** Sentences for questions that had no turn; one that is answered in private is over here as if its asker had taken it back. */
const drops: Partial<Readonly<Record<ReportedOutcome, PlainTextId>>> = {
  stopped: 'stop.ok',
  skipped: 'stop.ok',
  withdrawn: 'stop.ok',
  private: 'stop.ok',
  interrupted: 'stop.ok',
  replaced: 'stop.ok',
  crowded: 'ask.dropped',
  late: 'ask.dropped',
  muted: 'muted.server',
  ending: 'seat.stopped',
  lost: 'panel.reconnecting',
};
