import type { BotError } from '#src/base/errors.ts';
import type { ReplyFinish } from '#src/base/play-end.ts';
import type { EffectOf } from '#src/conversation/machine/effects.ts';
import { findAnnouncement } from '#src/conversation/machine/selectors.ts';
import type { ReplyFailure } from '#src/conversation/machine/state.ts';
import type { QueuedAnnouncement } from '#src/conversation/queued-speech.ts';
import type { Owners } from '#src/conversation/session.ts';
import {
  reportUnspokenText,
  toChosenVoice,
  toFailureLine,
  toNoVoiceLine,
  writeUnspeakableWords,
} from '#src/notices/channel-notices.ts';
import { ConfidentialText, toOpenText } from '#src/people/confidential-text.ts';
import { addVoiceLanguage } from '#src/pipeline/prompt.ts';
import type { ClauseVoice } from '#src/pipeline/read-ahead-speech.ts';
import type { SpokenReply } from '#src/playback/reply/spoken-reply.ts';
import { toAnnouncementRequest } from '#src/spending/reservation.ts';
import {
  createStuckError,
  type SpeechOutput,
  synthesizeClause,
} from '#src/voice/output/speech-output.ts';
import type { VoiceDeps } from './answer-delivery.ts';
import {
  createRunningReplies,
  createRunningReply,
  type FilledReply,
  fillReply,
  type RunningReply,
} from './running-replies.ts';

export type AnnouncementRunner = ReturnType<typeof createAnnouncementRunner>;

export function createAnnouncementRunner(
  session: Owners<'loop' | 'notices' | 'place' | 'signal' | 'speech'>,
  deps: VoiceDeps,
) {
  const running = createRunningReplies(session.loop, concludeAnnouncement);

  async function speakQueued(
    job: RunningReply,
    output: SpeechOutput,
    signal: AbortSignal,
  ) {
    const { failure, request } = findAnnouncement(session.loop.state, job.id) ?? {};
    const announcement =
      session.speech.requests.findAnnouncement(request) ??
      createFailureAnnouncement(failure);
    return await announce(announcement, job, output, signal);
  }

  function createFailureAnnouncement({
    error,
    language,
  }: Partial<ReplyFailure> = {}): QueuedAnnouncement {
    const { notices } = session;
    const line = error ? toFailureLine(error) : ({ id: 'ask.late' } as const);
    const spoken = notices.getSpokenLocale(language);
    return {
      clauses: [toOpenText(notices.formatSpokenText(line, spoken))],
      language: spoken,
      when: 'now',
    };
  }

  function concludeAnnouncement({ id, reply }: RunningReply) {
    if (reply?.firstSentAtMs !== undefined)
      session.speech.requests.noteHeard(
        findAnnouncement(session.loop.state, id)?.request,
      );
    return { heard: reply?.getHeardText() ?? '' };
  }

  /**
   * Plays an announcement, or writes it after a failure.
   *
   * Throws bugs only. Aborting `signal` silences it and throws `signal.reason`.
   */
  async function announce(
    announcement: QueuedAnnouncement,
    job: RunningReply,
    output: SpeechOutput,
    signal: AbortSignal,
  ) {
    // A text that costs more than is left is written.
    const { language, speed: ownSpeed } = announcement;
    const { interruptible = true, personId } = announcement;
    const { spending, synthesizer } = deps;
    const { notices, place } = session;
    const style = place.getStyle();
    const { channelId, guildId } = place.channel;
    const used = spending.findUsedBudget(guildId);
    const clauses = addOpening(announcement);
    const words = clauses.flatMap((clause) => clause.findTextForPlace(channelId) ?? []);
    const request = toAnnouncementRequest(words.join(' '), guildId, announcement.payer);
    const budget = used
      ? { ...used, kind: 'refused' as const }
      : spending.open(request);
    if (budget.kind === 'refused') {
      if (!announcement.isWrittenElsewhere && words.length > 0)
        notices.writeWords(ConfidentialText.join(clauses, ' '));
      return 'empty';
    }
    using reservation = budget.reservation;
    const voice = {
      synthesizer: synthesizer.withReservation(reservation),
      voice: {
        ...addVoiceLanguage(language, style),
        ...toChosenVoice(announcement.voice, session),
      },
    };
    const writeInstead = () => {
      if (!announcement.isWrittenElsewhere)
        writeUnspeakableWords(ConfidentialText.join(clauses, ' '), session);
    };
    let finish: ReplyFinish = 'cancelled';
    const read = async (reply: SpokenReply) => {
      job.reply = reply;
      const failure = await writeClauses(words, reply, voice, signal);
      if (failure) writeInstead();
      finish = await reply.finish;
      const { isStuck } = output;
      if (isStuck && !failure) writeInstead();
      reportOutcome(isStuck ? createStuckError() : failure, language);
    };
    const answeredIds = personId === undefined ? [] : [personId];
    await output.speakReply(signal, read, {
      id: job.id,
      interruptible,
      answeredIds,
      ownSpeed,
    });
    return finish;
  }

  function reportOutcome(error: BotError | undefined, language = '') {
    const { loop, notices } = session;
    if (!error) loop.endFailure('speak');
    else if (error.code !== 'speech.no_voice') reportUnspokenText(error, session);
    else if (loop.beginFailure(`no voice to read ${language}`))
      notices.post(toNoVoiceLine(language, notices));
  }

  return {
    running,
    speakAnnouncement({ announcement: id }: EffectOf<'speak'>) {
      const job = createRunningReply(id, session.signal);
      running.add(job);
      const playing = running.play(job, async (output, until) => ({
        finish: await speakQueued(job, output, until),
      }));
      void playing.catch((error: unknown) => session.loop.reportBug(error));
    },
  };
}

function addOpening({
  clauses,
  opening,
}: Pick<QueuedAnnouncement, 'clauses' | 'opening'>) {
  const first = opening ? opening() : '';
  if (first === undefined) return [];
  if (first === '') return clauses;
  return [
    ConfidentialText.join([toOpenText(first), ...clauses.slice(0, 1)], ' '),
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
  const work = async () => {
    const oneVoice = { synthesizer: synthesizer.fixEngine?.() ?? synthesizer, voice };
    for (const clause of clauses) {
      if (reply.isOver) return;
      for await (const pcm of synthesizeClause(clause, oneVoice, signal)) {
        await reply.write(pcm, clause, signal);
      }
      reply.endSentence();
    }
  };
  return await fillReply(reply, work, signal);
}
