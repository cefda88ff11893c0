import { withTimeout } from '#src/base/bounded-wait.ts';
import { BotError, type ErrorCode } from '#src/base/errors.ts';
import type { GuildId, PersonId } from '#src/base/ids.ts';
import { isMuted } from '#src/conversation/machine/draft.ts';
import type { Deps } from '#src/conversation/session-dependencies.ts';
import { toRateLimitLine } from '#src/notices/channel-notices.ts';
import type { PipelineName, ReplyStyle } from '#src/pipeline/pipeline.ts';
import { toFailureEvent } from '#src/ports/session-events.ts';
import type { ChannelRef, CueOutcome } from '#src/ports/voice-link.ts';
import {
  createTestTurn,
  recogniseProbe,
  request,
  speakProbe,
  thinkProbe,
  toTestQuestion,
} from '#src/probes/engine-probes.ts';
import {
  explainFailure,
  type Finding,
  type Probe,
  toUntriedFinding,
  tryProbe,
} from '#src/probes/probe.ts';
import {
  decodeProbe,
  encryptionProbe,
  permissionProbe,
  playbackProbe,
  voiceLinkProbe,
} from '#src/probes/voice-probes.ts';
import type { VoiceSession } from '#src/sessions/voice-session.ts';
import type { ServerSessions } from '#src/sessions/voice-sessions.ts';
import { silentHost } from '#src/spending/paid-engine.ts';
import { paidRoles } from '#src/spending/prices/prices.ts';
import type { Reservation } from '#src/spending/reservation.ts';
import type { PlainTextId, TextLine } from '#src/texts/texts.ts';

/** One finding for each part that an answer needs, in the order in which they are shown. */
export type CheckReport = {
  readonly findings: readonly Finding[];
};

/** Longest wait for the end of speech, and the interval of checks. */
const [maxSpeechWaitMs, checkEveryMs] = [3_000, 250];

type CheckupDeps = Deps<
  | 'chat'
  | 'clock'
  | 'codec'
  | 'cues'
  | 'onEvent'
  | 'pipelines'
  | 'places'
  | 'spending'
  | 'synthesizer'
  | 'transcriber'
>;

/** Checks everything that an answer needs. Concurrent requests share one report. */
export class AnswerCheckup {
  readonly #deps: CheckupDeps;
  readonly #sessions: ServerSessions;
  readonly #runningReports = new Map<GuildId, Promise<CheckReport>>();

  constructor(deps: CheckupDeps, sessions: ServerSessions) {
    this.#deps = deps;
    this.#sessions = sessions;
  }

  /**
   * Checks the needs of answers, for 25 s at most. Without a session, checks the
   * permissions of `channel`.
   */
  checkAnswers(
    guildId: GuildId,
    callerId: PersonId,
    channel?: ChannelRef,
  ): Promise<CheckReport> {
    const report =
      this.#runningReports.get(guildId) ?? this.#runCheckup(guildId, callerId, channel);
    this.#runningReports.set(guildId, report);
    const endCheckup = () => this.#runningReports.delete(guildId);
    report.then(endCheckup, endCheckup);
    return report;
  }

  async #runCheckup(
    guildId: GuildId,
    callerId: PersonId,
    callerChannel?: ChannelRef,
  ): Promise<CheckReport> {
    const session = this.#sessions.findSession(guildId);
    const { settings } = this.#sessions;
    const { codec, cues, places } = this.#deps;
    await settings.loadGuild(guildId);
    const channel = session?.channel ?? callerChannel;
    const facts = channel && places.findChannelFacts(channel, callerId);
    const runProbe = createProbeRunner(guildId, this.#deps);
    const { pipeline } = settings.getForChannel(guildId, session?.channel.channelId);
    const style = settings.getStyle(guildId, session?.channel.channelId);
    const findings = [
      await runProbe(permissionProbe, {
        channel,
        facts,
        isThere: session !== undefined,
      }),
      await runProbe(voiceLinkProbe, session),
      await runProbe(encryptionProbe, session),
      await runProbe(decodeProbe, { codec, tone: cues.heard }),
      ...(await checkEngines(guildId, this.#deps, style, pipeline)),
      // The tone comes last, together with the report.
      await runProbe(playbackProbe, session && createCueOutput(session, this.#deps)),
    ];
    return { findings };
  }
}

function createCueOutput(
  { loop, signal, mouth }: Pick<VoiceSession, 'loop' | 'mouth' | 'signal'>,
  { clock }: Deps<'clock'>,
) {
  const createLateError = () => new Error('no frame of a cue was sent in time');
  const untilMs = clock.nowMs() + maxSpeechWaitMs;
  const play = async (): Promise<CueOutcome> => {
    for (;;) {
      const outcome = await withTimeout(
        mouth.playCue('heard'),
        probeTimeoutMs,
        clock,
        createLateError,
      );
      if (outcome !== 'speaking' || clock.nowMs() >= untilMs) return outcome;
      await clock.sleep(checkEveryMs, signal);
    }
  };
  return { isMute: isMuted(loop.state.session), play };
}

const testSentence = 'one two three';
const probeTimeoutMs = 8_000;

function createProbeRunner(
  guildId: GuildId,
  { clock, onEvent }: Deps<'clock' | 'onEvent'>,
) {
  return async <Subject>(probe: Probe<Subject>, subject: Subject) => {
    const finding = await tryProbe(probe, subject, {
      clock,
      deadlineMs: probeTimeoutMs,
    });
    if (!('error' in finding)) return finding;
    const { error } = finding;
    const stage = paidRoles.find((role) => role === probe.name) ?? 'link';
    onEvent(guildId, toFailureEvent(error, stage));
    const isPlayback = probe === playbackProbe;
    return explainFailure(
      probe.name,
      isPlayback ? { id: 'link.down' } : toFailureLine(error),
    );
  };
}

/** Speaks a sentence and listens to it. The server pays. Never throws. */
async function checkEngines(
  guildId: GuildId,
  deps: CheckupDeps,
  style: ReplyStyle,
  pipeline: PipelineName,
): Promise<readonly Finding[]> {
  const budgetRequest = {
    kind: 'check',
    guildId,
    first: { messages: [{ content: request }] },
  } as const;
  const opened = deps.spending.open(budgetRequest);
  if (opened.kind === 'refused')
    return [recogniseProbe, thinkProbe, speakProbe].map(({ name }) =>
      toUntriedFinding(name, opened.line),
    );
  using reservation = opened.reservation;
  const runProbe = createProbeRunner(guildId, deps);
  const thinking = runProbe(thinkProbe, {
    ask: createTestQuestion(deps, style, reservation, pipeline),
  });
  const synthesizer = deps.synthesizer.withReservation(reservation);
  const speakFinding = await runProbe(speakProbe, {
    synthesizer,
    voice: style.voice,
    text: testSentence,
  });
  const { clip } = speakFinding;
  const transcriber = deps.transcriber.withReservation(reservation);
  const recogniseFinding = clip
    ? await runProbe(recogniseProbe, { transcriber, clip })
    : toUntriedFinding(recogniseProbe.name, { id: 'check.mute' });
  return [recogniseFinding, await thinking, speakFinding];
}

/**
 * Creates a function that asks the server's pipeline a test question, in `chained` its
 * chat model.
 */
function createTestQuestion(
  { chat, clock, pipelines }: Deps<'chat' | 'clock' | 'pipelines'>,
  style: ReplyStyle,
  reservation: Reservation,
  name: PipelineName,
) {
  if (name === 'chained') return toTestQuestion(chat.withReservation(reservation));
  return async function* answer(signal: AbortSignal) {
    yield* pipelines
      .open(name)
      .withReservation(reservation)
      .answer(createTestTurn(clock, style), silentHost, signal);
  };
}

/** Turns a failure into a line without words of a provider. */
function toFailureLine(error: unknown): TextLine {
  if (!(error instanceof BotError)) return { id: 'check.bug' };
  if (error.code === 'provider.rate_limited')
    return toRateLimitLine(error.about.retryAfterMs);
  return { id: failureTexts[error.code] ?? 'check.bug' };
}

const failureTexts: Partial<Readonly<Record<ErrorCode, PlainTextId>>> = {
  'provider.bad_key': 'fail.key',
  'provider.spent': 'fail.key',
  'provider.unreachable': 'check.unreachable',
  'provider.late': 'check.late',
  'provider.loading': 'fail.loading',
  'provider.refused': 'check.refused',
  'provider.wrong_type': 'check.odd',
  'provider.empty': 'check.odd',
  'provider.truncated': 'check.odd',
};
