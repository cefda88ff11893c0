import type { Public } from '#src/base/public.ts';
import { within } from '#src/base/waiting.ts';
import type { ChatMessage } from '#src/chat/ports.ts';
import { exchangesFor, messagesOf } from '#src/conversation/answering/begin-answer.ts';
import type { HistoryExchange } from '#src/conversation/machine/state.ts';
import type { DropReason } from '#src/conversation/queue/queued-turn.ts';
import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import { withToolRules } from '#src/conversation/tools/session-tools.ts';
import type { ServerToolPorts, ToolEntry } from '#src/conversation/tools/tool-entry.ts';
import type { WrittenAnswerConcurrency } from '#src/features/contract/written-answer-concurrency.ts';
import {
  memoryContext,
  memorySetting,
  ownMemories,
  usableMemories,
} from '#src/features/memories/usable-memories.ts';
import type { TextOwner } from '#src/people/confidential-text.ts';
import type { PipelineName, TurnUtterance } from '#src/pipeline/pipeline.ts';
import type {
  AnswerForm,
  Asker,
  AskOutcome,
  QuestionSubject,
  SpokenManner,
} from '#src/ports/command-ports.ts';
import type { VoiceSession } from '#src/sessions/voice-session.ts';
import type { VoiceSessions } from '#src/sessions/voice-sessions.ts';
import type { GuildSettings } from '#src/settings/guild-settings.ts';
import { styleIn } from '#src/settings/stored-settings.ts';
import type { Recordings, SoundFile } from '#src/sources/recordings.ts';
import type { PaidPipeline } from '#src/spending/paid-engine.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { SpeakerLanguages } from '#src/voice/hearing/speaker-languages.ts';
import {
  type RecordedSound,
  recogniserOf,
  soundOfRecording,
  utterancesOf,
} from './question-utterances.ts';
import { type SayOptions, type SayOutcome, sayIn } from './say-text.ts';
import { droppedFor, nowhere, questionOf } from './typed-question.ts';
import { answerUnspoken, type OwnedQuestion } from './unspoken-answer.ts';
import { type PromptWords, WrittenTools } from './written-tools.ts';

/** Longest wait, in ms, for an answer aloud; afterwards the answer is heard without being shown. */
const longestAloudMs = 50_000;

/** Typed requests: texts to read out, questions, and the command to be silent. */
export class TypedRequests {
  readonly #recordings: Public<Recordings>;
  readonly #writtenQuestions: WrittenAnswerConcurrency;
  readonly #longestWritingMs: number;
  readonly #parts: SessionDependencies;
  readonly #sessions: VoiceSessions;
  readonly #signal: AbortSignal;
  readonly #tools: () => readonly ToolEntry[];

  /** Aborting `signal` ends the answers that are being written. */
  constructor(
    parts: SessionDependencies,
    sessions: VoiceSessions,
    recordings: Public<Recordings>,
    tools: () => readonly ToolEntry[],
    writtenQuestions: WrittenAnswerConcurrency,
    longestWritingMs: number,
    signal: AbortSignal,
  ) {
    this.#recordings = recordings;
    this.#writtenQuestions = writtenQuestions;
    this.#longestWritingMs = longestWritingMs;
    this.#parts = parts;
    this.#sessions = sessions;
    this.#signal = signal;
    this.#tools = tools;
  }

  /**
   * Reads out a text of at most 1,000 characters, after what sounds. `now` goes before all that waits, but an answer or text that
   * has begun is said to its end.
   */
  async say(
    guildId: string,
    words: string,
    when: 'now' | 'queue',
    how: SayOptions = {},
  ): Promise<SayOutcome> {
    const session = this.#sessions.session(guildId);
    return session ? sayIn(session, words, when, how) : { kind: 'nowhere' };
  }

  /**
   * Aloud, the question waits its turn like a spoken one. In text it needs no session, and knows what was said in one only if the
   * asker sits there; the same holds for a file, which contains the answer as sound. Answered aloud within 50 s, else within the
   * time limit of the model. A recording is not kept.
   */
  async ask(
    guildId: string,
    question: string,
    asker: Asker,
    answer: AnswerForm,
    about: QuestionSubject = {},
  ): Promise<AskOutcome> {
    if (answer === 'voice') return await this.#answer(guildId, question, asker, answer, about);
    const place = this.#writtenQuestions.enter(guildId, asker.id);
    if ('line' in place) return { kind: 'failed', line: place.line };
    using _ = place;
    return await this.#answer(guildId, question, asker, answer, about);
  }

  async #answer(
    guildId: string,
    question: string,
    asker: Asker,
    answer: AnswerForm,
    about: QuestionSubject,
  ): Promise<AskOutcome> {
    const { clock } = this.#parts;
    const refusal = answer === 'voice' ? this.#unaskable(guildId) : undefined;
    if (refusal) return refusal;
    const askedAtMs = clock.nowMs();
    const over = new AbortController();
    const gone = about.signal ? [about.signal] : [];
    const until = AbortSignal.any([this.#signal, over.signal, ...gone]);
    const { recording } = about;
    const heard = recording && (await this.#heard(recording, about, guildId, asker, until));
    if (heard && 'line' in heard) return { kind: 'failed', line: heard.line };
    const atMs = clock.nowMs();
    const said = utterancesOf({ asker, question, about, sound: heard, atMs }, until);
    const usualMs = answer === 'voice' ? longestAloudMs : this.#longestWritingMs;
    const ms = (about.longestMs ?? usualMs) - (atMs - askedAtMs);
    if (answer === 'voice') {
      const session = this.#sessions.session(guildId);
      return session ? await this.#aloud({ said, question, asker, about }, session, ms) : nowhere;
    }
    try {
      const asked = { guildId, said, asker, about, isHeard: heard !== undefined };
      const unspoken = await this.#unspoken(asked, answer === 'text');
      return await answerUnspoken(unspoken, this.#parts, ms, until);
    } finally {
      over.abort(new Error('the answer is over'));
    }
  }

  /** Why nothing can be asked aloud there. */
  #unaskable(guildId: string): AskOutcome | undefined {
    const session = this.#sessions.session(guildId);
    if (!session) return nowhere;
    return session.context.maySpeak() ? undefined : captionsOnly;
  }

  /** A question to be answered in writing or as a file, on what is known now. */
  async #unspoken(
    { guildId, said, asker, about, isHeard }: AskedQuestion,
    isWritten: boolean,
  ): Promise<OwnedQuestion> {
    const { exchanges, owner } = knownTo(asker, this.#sessions.session(guildId), about);
    const { settings } = this.#sessions;
    await settings.load(guildId);
    const remembered = await this.#remembered(guildId, asker);
    const history = [...messagesOf(exchanges), ...remembered];
    const language = (await this.#languagesFor(guildId, asker)).answerTo(asker.id);
    const channelId = this.#channelIn(guildId);
    const usual = settings.styleIn(guildId, channelId);
    const asked = { guildId, owner, isWritten };
    if (!isWritten) {
      const turn = { said, style: styleIn(usual, about.manner), history, tools: [], language };
      const pipeline = this.#pipelineIn(guildId);
      return { ...asked, turn, pipeline, speed: about.manner?.speed };
    }
    const { name, instructions } = settings.at(guildId, channelId).persona ?? {};
    const hasOthers = remembered.length > 0 || (name ?? instructions) !== undefined;
    const tools = await this.#toolsFor(
      guildId,
      { said, earlier: exchanges, hasOthers },
      asker,
      about,
    );
    const { offered } = tools;
    const style = withToolRules(usual, { done: [], offered });
    const turn = { said, style, history, tools: offered, language };
    return { ...asked, turn, tools, pipeline: this.#writingPipeline(guildId, isHeard) };
  }

  /** Lets this person ask without the bot's name for a while; `unheard`: they have not agreed to be heard, `paused`: hearing is paused. */
  openAskWindow(guildId: string, personId: string): 'open' | 'unheard' | 'paused' | 'nowhere' {
    const context = this.#sessions.session(guildId)?.context;
    if (!context) return 'nowhere';
    if (context.gate.standing(personId) !== 'yes') return 'unheard';
    if (context.gate.paused) return 'paused';
    context.talk.post({ kind: 'opened-window', by: personId });
    return 'open';
  }

  /** Silences the bot within two frames. All that waits is dropped as well, questions and sounds included; what was heard stays known. */
  stop(guildId: string): 'stopped' | 'nothing' {
    return this.#sessions.session(guildId)?.context.queue.stop() ? 'stopped' : 'nothing';
  }

  /** Tools that need no channel; none for programs. */
  async #toolsFor(
    guildId: string,
    shown: PromptWords,
    { id, isProgram, name }: Asker,
    { placeId, askedInId = placeId }: QuestionSubject,
  ): Promise<WrittenTools> {
    const session = this.#sessions.session(guildId);
    const context = session?.context;
    const usual = session?.tools.actionsFor([id]) ?? (await this.#portsOutside(guildId, id));
    const others = usual.people().filter((one) => one.id !== id);
    const place =
      askedInId === undefined ? undefined : { guildId, channelId: askedInId, name: askedInId };
    const asker = { id, name, isBot: false, roleIds: [] };
    const ports = { ...usual, place, people: () => [...others, asker] };
    const isOpen = placeId !== undefined;
    const used = { asker, context, isOpen, parts: this.#parts, ports, shown };
    return new WrittenTools(isProgram ? [] : this.#tools(), used);
  }

  /** Parts of tools where the bot sits nowhere, by what people said for good. */
  async #portsOutside(guildId: string, id: string): Promise<Omit<ServerToolPorts, 'place'>> {
    const { features, settings } = this.#sessions;
    const choices = await this.#sessions.readConsents(guildId);
    return {
      askerIds: [id],
      clock: this.#parts.clock,
      guildId,
      features: features.ports,
      timeZone: settings.in(guildId).timeZone,
      settings: () => settings.in(guildId),
      people: () => [],
      agreed: async (personId) => choices.wordOf(personId)?.kind === 'always',
      isAllowed: async (right) => right === 'anyone',
    };
  }

  /** Memories of the server, as data; where the bot sits nowhere, only those of the asker alone; none for programs. */
  async #remembered(guildId: string, { id, isProgram }: Asker): Promise<readonly ChatMessage[]> {
    const memories = this.#sessions.features.ports.memoryCache;
    const { of, timeZone } = this.#sessions.settings.in(guildId);
    if (!of(memorySetting) || isProgram) return [];
    const gate = this.#sessions.session(guildId)?.context.gate;
    const usable = gate
      ? usableMemories(memories.known(guildId), [id], gate)
      : ownMemories((await memories.load(guildId)) ?? [], id);
    const content = memoryContext(usable, timeZone);
    return content === undefined ? [] : [{ role: 'user', name: '', content }];
  }

  /** Languages of the session, else by the asker's settings and words. */
  async #languagesFor(guildId: string, { id }: Asker): Promise<SpeakerLanguages> {
    await this.#parts.peopleSettings.load(guildId, id);
    const settings = () => this.#settingsIn(guildId);
    return (
      this.#sessions.session(guildId)?.context.languages ??
      new SpeakerLanguages({ guildId, parts: this.#parts, settings })
    );
  }

  /** The chat model, or for a recording the audio model that answers speech; what it would say is written. */
  #writingPipeline(guildId: string, isHeard: boolean): PaidPipeline {
    const { pipelines } = this.#parts;
    const { pipeline } = this.#settingsIn(guildId);
    return isHeard && pipeline === 'audio-model' ? pipelines.open(pipeline) : pipelines.textOnly();
  }

  /** Pipeline that answers outside a channel: a Realtime conversation belongs to one channel. */
  #pipelineIn(guildId: string): PaidPipeline {
    const { pipeline } = this.#settingsIn(guildId);
    return this.#parts.pipelines.open(pipeline === 'realtime' ? 'chained' : pipeline);
  }

  #settingsIn(guildId: string): GuildSettings {
    return this.#sessions.settings.at(guildId, this.#channelIn(guildId));
  }

  #channelIn(guildId: string): string | undefined {
    return this.#sessions.session(guildId)?.context.channel.channelId;
  }

  async #heard(
    recording: SoundFile,
    about: QuestionSubject,
    guildId: string,
    asker: Asker,
    signal: AbortSignal,
  ): Promise<RecordedSound | { readonly line: TextLine }> {
    const { spending } = this.#parts;
    const hint = (await this.#languagesFor(guildId, asker)).hintFor(asker.id);
    const listening = spending.listenToRecording(guildId, asker.id);
    if ('line' in listening) return listening;
    const paid = this.#parts.transcriber.paidBy(listening.reservation);
    const transcriber = recogniserOf(about, paid, hint);
    const file = { ...recording, personId: asker.id };
    const pcm = await soundOfRecording(file, this.#recordings, signal);
    return 'line' in pcm ? pcm : { pcm, transcriber };
  }

  async #aloud(
    { said, question, asker, about }: AloudQuestion,
    { context }: VoiceSession,
    ms: number,
  ): Promise<AskOutcome> {
    const { clock } = this.#parts;
    const answered = Promise.withResolvers<AskOutcome>();
    const onOver = (why: DropReason) => answered.resolve(droppedFor(why));
    const ends = { onOver, signal: about.signal };
    const manner = mannerIn(context.settings().pipeline, about);
    const how = { ...ends, manner, report: answered.resolve };
    context.queue.ask(questionOf(said, question, clock.nowMs(), how));
    const follow = () => context.talk.post({ kind: 'opened-window', by: asker.id });
    follow();
    void answered.promise.then(follow);
    const late: AskOutcome = { kind: 'failed', line: { id: 'ask.late' } };
    return await within(answered.promise, ms, clock, () => new Error('late')).catch(() => late);
  }
}

/** A Realtime conversation has one voice: with another it would begin anew. */
function mannerIn(pipeline: PipelineName, { manner }: QuestionSubject): SpokenManner | undefined {
  return pipeline === 'realtime' && manner ? { speed: manner.speed } : manner;
}

/** Conversation with the bot there, without people who are left out, but for the asker; none for a person or place elsewhere. */
function knownTo(
  { id }: Asker,
  session: VoiceSession | undefined,
  { placeId }: QuestionSubject,
): { readonly exchanges: readonly HistoryExchange[]; readonly owner: TextOwner } {
  const { channelId } = session?.channel ?? {};
  const isThere = placeId === undefined || placeId === channelId;
  if (!session?.isHere(id) || !isThere || channelId === undefined)
    return { exchanges: [], owner: 'given' };
  const exchanges = exchangesFor([id], session.context);
  return { exchanges, owner: exchanges.length === 0 ? 'given' : { channelId } };
}

const captionsOnly: AskOutcome = { kind: 'failed', line: { id: 'captions.only' } };

type AloudQuestion = {
  readonly said: readonly TurnUtterance[];
  readonly question: string;
  readonly asker: Asker;
  readonly about: QuestionSubject;
};

/** `isHeard`: one of its utterances is a recording. */
type AskedQuestion = Omit<AloudQuestion, 'question'> &
  Pick<OwnedQuestion, 'guildId'> & { readonly isHeard: boolean };
