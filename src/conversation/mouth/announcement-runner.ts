import type { BotError } from '#src/base/errors.ts';
import type { PersonId } from '#src/base/ids.ts';
import type { ReplyFinish } from '#src/base/play-end.ts';
import type { ConversationLoop } from '#src/conversation/conversation-loop.ts';
import { findAnnouncement } from '#src/conversation/machine/draft.ts';
import type { EffectOf } from '#src/conversation/machine/effects.ts';
import type { Id } from '#src/conversation/machine/state.ts';
import type { Mouth } from '#src/conversation/mouth/mouth.ts';
import type { QueuedAnnouncement } from '#src/conversation/mouth/queued-speech.ts';
import type { SessionChannel } from '#src/conversation/session.ts';
import {
  type ChannelNotices,
  reportUnspokenText,
  toChosenVoice,
  toFailureLine,
  writeUnspeakableWords,
} from '#src/notices/channel-notices.ts';
import { Owned, toOpenText } from '#src/people/owned.ts';
import { declareVoiceLanguage } from '#src/pipeline/pipeline.ts';
import type { ClauseVoice } from '#src/pipeline/read-ahead-speech.ts';
import type { SpokenReply } from '#src/playback/reply/spoken-reply.ts';
import { formatShortenedNames } from '#src/ports/talk-guide.ts';
import { findMissingLanguage } from '#src/speech/text-language/spoken-form.ts';
import { type Reservation, toAnnouncementRequest } from '#src/spending/reservation.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { tellMissingVoice, type VoiceDeps } from './answer-delivery.ts';
import {
  createRunningReply,
  createStuckError,
  type FilledReply,
  fillReply,
  type RunningReply,
  type SpeechOutput,
  synthesizeClause,
} from './speech-output.ts';

type AnnouncementSession = {
  readonly loop: ConversationLoop;
  readonly notices: ChannelNotices;
  readonly voiceChannel: SessionChannel;
  readonly signal: AbortSignal;
  readonly mouth: Mouth;
};

const lateLine: TextLine = { id: 'ask.late' };
/** About four seconds of names. The panel shows all of them. */
const maxSpokenNamesChars = 50;

/** An announcement with its text, as it is spoken or written. */
type OpenedAnnouncement = {
  readonly announcement: QueuedAnnouncement;
  readonly clauses: readonly Owned<string>[];
  /** The clauses as this channel may hear them. */
  readonly texts: readonly string[];
};

/** Speaks announcements, and writes those that cannot be said. */
export class AnnouncementRunner {
  readonly #session: AnnouncementSession;
  readonly #deps: VoiceDeps;

  constructor(session: AnnouncementSession, deps: VoiceDeps) {
    this.#session = session;
    this.#deps = deps;
  }

  /** Speaks an announcement of the queue, or the notice of a failure. Posts `over` at its end. */
  speakAnnouncement({ announcement: id }: EffectOf<'speak'>): void {
    const { loop, mouth, signal: sessionSignal } = this.#session;
    const job = createRunningReply(id, sessionSignal);
    mouth.replies.add(job);
    const playing = mouth.replies.play(job, {
      speak: async (output, signal) => ({
        finish: await this.#playAnnouncement(job, output, signal),
      }),
      conclude: () => this.#concludeAnnouncement(job),
    });
    void playing.catch((error: unknown) => loop.reportBug(error));
  }

  #findQueued(id: Id) {
    const { loop, mouth } = this.#session;
    const { crowdedOut, failure, request } = findAnnouncement(loop.state, id) ?? {};
    const queued = mouth.requests.findAnnouncement(request);
    if (queued) return queued;
    if (crowdedOut) return this.#createOwnAnnouncement(this.#toCrowdLine(crowdedOut));
    const line = failure?.error ? toFailureLine(failure.error) : lateLine;
    return this.#createOwnAnnouncement(line, failure?.language);
  }

  #toCrowdLine(people: readonly PersonId[]): TextLine {
    const { voiceChannel } = this.#session;
    const names = people.map((id) => voiceChannel.getName(id));
    const name = formatShortenedNames(names, maxSpokenNamesChars);
    return { id: 'panel.lost.late', with: { name } };
  }

  #createOwnAnnouncement(line: TextLine, language?: string): QueuedAnnouncement {
    const { notices } = this.#session;
    const spokenLanguage = notices.getSpokenLocale(language);
    return {
      clauses: [toOpenText(notices.formatSpokenText(line, spokenLanguage))],
      language: spokenLanguage,
      when: 'now',
    };
  }

  #concludeAnnouncement({ id, reply }: RunningReply) {
    const { loop, mouth } = this.#session;
    if (reply?.firstSentAtMs !== undefined)
      mouth.requests.noteHeard(findAnnouncement(loop.state, id)?.request);
    return { heard: reply?.getHeardText() ?? '' };
  }

  /**
   * Plays an announcement, or writes it after a failure.
   *
   * Throws bugs only. Aborting `signal` silences it and throws `signal.reason`.
   */
  async #playAnnouncement(
    job: RunningReply,
    output: SpeechOutput,
    signal: AbortSignal,
  ): Promise<ReplyFinish> {
    const announcement = this.#findQueued(job.id);
    const budget = this.#findUsedBudget();
    const { channelId } = this.#session.voiceChannel.channel;
    const clauses = addOpening(announcement);
    const texts = clauses.flatMap((clause) => clause.findForPlace(channelId) ?? []);
    const opened = { announcement, clauses, texts };
    const paid = budget ?? this.#openBudget(opened);
    // A text that costs more than is left is written.
    if (paid.kind === 'refused') {
      if (!announcement.isWrittenElsewhere && texts.length > 0)
        this.#session.notices.writeWords(Owned.join(clauses, ' '));
      return 'empty';
    }
    using reservation = paid.reservation;
    return await this.#speakAloud(opened, reservation, job, output, signal);
  }

  #findUsedBudget() {
    const used = this.#deps.spending.findUsedBudget(
      this.#session.voiceChannel.channel.guildId,
    );
    return used && { ...used, kind: 'refused' as const };
  }

  #openBudget({ announcement, texts }: OpenedAnnouncement) {
    const { guildId } = this.#session.voiceChannel.channel;
    return this.#deps.spending.open(
      toAnnouncementRequest(texts.join(' '), guildId, announcement.payer),
    );
  }

  async #speakAloud(
    opened: OpenedAnnouncement,
    reservation: Reservation,
    job: RunningReply,
    output: SpeechOutput,
    signal: AbortSignal,
  ) {
    const { announcement, texts } = opened;
    const { interruptible = true, language, personId, speed } = announcement;
    const voice = this.#chooseVoice(announcement, reservation);
    let finish: ReplyFinish = 'cancelled';
    const fillWithTexts = async (reply: SpokenReply) => {
      job.reply = reply;
      const failure = await writeClauses(texts, reply, voice, signal);
      if (failure) this.#writeInstead(opened, failure);
      finish = await reply.finish;
      if (output.isStuck && !failure) this.#writeInstead(opened, createStuckError());
      else if (!failure) this.#session.loop.endFailure('speak');
    };
    await output.speakReply(signal, fillWithTexts, {
      id: job.id,
      interruptible,
      answeredIds: personId === undefined ? [] : [personId],
      ownSpeed: speed,
      language,
    });
    return finish;
  }

  #chooseVoice(
    { language, voice }: QueuedAnnouncement,
    reservation: Reservation,
  ): ClauseVoice {
    const style = this.#session.voiceChannel.getStyle();
    return {
      synthesizer: this.#deps.synthesizer.withReservation(reservation),
      voice: {
        ...declareVoiceLanguage(language, style),
        ...toChosenVoice(voice, this.#session),
      },
    };
  }

  /** Writes an announcement that could not be said, and the reason apart from it. */
  #writeInstead({ announcement, clauses }: OpenedAnnouncement, failure: BotError) {
    const { isWrittenElsewhere, personId } = announcement;
    const words = isWrittenElsewhere ? undefined : Owned.join(clauses, ' ');
    const missingLanguage = findMissingLanguage(failure);
    if (missingLanguage === undefined) {
      if (words) writeUnspeakableWords(words, this.#session);
      reportUnspokenText(failure, this.#session);
      return;
    }
    tellMissingVoice(missingLanguage, personId, this.#session);
    if (words) this.#session.notices.writeWords(words);
  }
}

function addOpening({
  clauses,
  opening,
}: Pick<QueuedAnnouncement, 'clauses' | 'opening'>) {
  const openingText = opening ? opening() : '';
  if (openingText === undefined) return [];
  if (openingText === '') return clauses;
  return [
    Owned.join([toOpenText(openingText), ...clauses.slice(0, 1)], ' '),
    ...clauses.slice(1),
  ];
}

async function writeClauses(
  clauses: readonly string[],
  reply: Pick<SpokenReply, 'endSentence' | 'isOver' | 'write'> & FilledReply,
  { synthesizer, voice }: ClauseVoice,
  signal: AbortSignal,
) {
  // The next clause is made while one plays, until the reply holds enough.
  const synthesizeClauses = async () => {
    const oneVoice = { synthesizer: synthesizer.fixEngine?.() ?? synthesizer, voice };
    for (const clause of clauses) {
      if (reply.isOver) return;
      for await (const pcm of synthesizeClause(clause, oneVoice, signal)) {
        await reply.write(pcm, clause, signal);
      }
      reply.endSentence();
    }
  };
  return await fillReply(reply, synthesizeClauses, signal);
}
