import { listenRateHz } from '#src/audio/pcm.ts';
import { BotError } from '#src/base/errors.ts';
import { noGuild } from '#src/base/ids.ts';
import { historyLimits, type SentFields } from '#src/chat/chat-model.ts';
import { RealtimeConversation } from '#src/chat/realtime/realtime-conversation.ts';
import type { EngineConfig } from '#src/config/config.ts';
import { type EngineChoice, roles } from '#src/engines/engine.ts';
import { openEngine } from '#src/engines/engines.ts';
import { tools as ownTools } from '#src/features/features.ts';
import { createAudioModelPipeline } from '#src/pipeline/audio-model/audio-model-pipeline.ts';
import {
  type AskTestQuestion,
  createTestTurn,
  recogniseProbe,
  speakProbe,
  thinkProbe,
  toTestQuestion,
} from '#src/probes/engine-probes.ts';
import {
  type Finding,
  isUsable,
  type Probe,
  type ProbeDeadline,
  type SpokenClip,
  toDifferingFinding,
  toFailureFinding,
  toMissingFinding,
  toOkFinding,
  tryProbe,
} from '#src/probes/probe.ts';
import type { Deadlines } from '#src/provider/deadlines.ts';
import { type LiveServer, LiveSession } from '#src/provider/live/live-session.ts';
import type { RemoteServer } from '#src/provider/models/standard-models.ts';
import type { ServerHabit } from '#src/provider/negotiation/server-knowledge.ts';
import type { ProviderRole } from '#src/provider/provider-event.ts';
import { LocalModels } from '#src/speech/local/local-models.ts';
import { openLocalSynthesizer } from '#src/speech/local/local-synthesizer.ts';
import { conversationProbe, toolsProbe } from './chat-probes.ts';
import { explainRefusal } from './explain-refusal.ts';
import { describeLocalChat } from './local-model-finding.ts';
import { probeSpeech, testSentence } from './probe-speech.ts';
import type { RoleTrial } from './role-trial.ts';
import { examineServerCases } from './server-cases.ts';

/** A role of the configuration, with the engine that fills it. */
export interface ConfiguredRole {
  readonly group: string;
  readonly engine: EngineChoice | RemoteServer;
  /** Examines the role. Throws the error of an engine that does not open. */
  probe(trial: RoleTrial): Promise<readonly Finding[]>;
}

/** Findings about a role. `clip` is its speech, if it speaks. */
export type ExaminedRole = {
  readonly findings: readonly Finding[];
  readonly isUsable: boolean;
  readonly clip?: SpokenClip;
};

/** As long as the longest history that the bot sends. */
const longConversation = 'It rains. '.repeat(historyLimits.characters / 10);

/** Lists speech before transcription, which is examined by its sound. */
export function listRoles(config: EngineConfig): readonly ConfiguredRole[] {
  const { chat, speech, transcription, fallbacks, live, realtime, pipeline } = config;
  const choices = [
    ['chat', chat, fallbacks.chat],
    ['text to speech', speech, fallbacks.speech],
    ['speech to text', transcription, fallbacks.transcription],
  ] as const;
  const examined = choices.flatMap(([role, engine, fallback]) => {
    const { group } = roles[role];
    const mainRole = makeEngineRole(role, group, engine, config);
    return fallback
      ? [mainRole, makeEngineRole(role, `${group}_FALLBACK`, fallback, config)]
      : [mainRole];
  });
  if (realtime && pipeline === 'realtime')
    return [...examined, makeRealtimeRole(realtime)];
  return live && pipeline === 'live' ? [...examined, makeLiveRole(live)] : examined;
}

/** Examines a role by requests to its engine. A failure is a finding, too. */
export async function examineRole(
  role: ConfiguredRole,
  deadline: ProbeDeadline,
  clip?: SpokenClip,
): Promise<ExaminedRole> {
  await using stack = new AsyncDisposableStack();
  const { engine, group } = role;
  const roleDeadline = { ...deadline, role: group.replace('_FALLBACK', '') };
  const habits = new Map<string, ServerHabit>();
  const report = (habit: ServerHabit) => void habits.set(habit.what, habit);
  const examined = await role
    .probe({ deadline: roleDeadline, report, stack, clip })
    .catch((error: unknown) => [toFailureFinding('engine', error, roleDeadline.role)]);
  const server = 'baseUrl' in engine && engine.baseUrl !== '' ? engine : undefined;
  const explained = await Array.fromAsync(examined, async (finding) =>
    server ? await explainRefusal(finding, { group, server }, deadline) : finding,
  );
  const probed = [...explained, ...[...habits.values()].map(toHabitFinding)];
  const model = 'model' in engine && engine.model ? `${engine.model}: ` : '';
  const findings = probed.map((finding) => ({
    ...finding,
    reason: `${model}${finding.reason}`,
  }));
  return {
    findings,
    isUsable: probed.every(isUsable),
    clip: probed.find((finding) => finding.clip)?.clip,
  };
}

function toHabitFinding({ mend, what: habit }: ServerHabit): Finding {
  const subject = /_BASE_URL=/.test(mend) ? 'address' : 'answers';
  return toDifferingFinding(subject, habit, mend);
}

function makeEngineRole(
  role: ProviderRole,
  group: string,
  engine: EngineChoice,
  config: EngineConfig,
): ConfiguredRole {
  const probeByRole = {
    think: (trial: RoleTrial) => probeChat(engine, config, trial),
    speak: (trial: RoleTrial) => probeSpeech(engine, config.deadlines[role], trial),
    recognise: (trial: RoleTrial) =>
      probeTranscription(engine, config.deadlines[role], trial),
  };
  return {
    group,
    engine,
    probe: async (trial) =>
      engine.kind === 'local' ? [] : await probeByRole[roles[role].paid](trial),
  };
}

async function probeChat(
  engine: EngineChoice,
  { audioModel }: EngineConfig,
  { deadline, report, stack }: RoleTrial,
): Promise<readonly Finding[]> {
  const model = await openEngine('chat', engine, stack, {
    audioModel,
    isTrial: true,
    report,
  });
  const finding = await tryProbe(thinkProbe, { ask: toTestQuestion(model) }, deadline);
  if (!isUsable(finding)) return [finding];
  const tools = await tryProbe(toolsProbe, { model }, deadline);
  const conversation = await tryProbe(conversationProbe, { model }, deadline);
  const cases = await examineServerCases(
    'chat',
    deadline,
    ({ asks, sends, tools }, signal) => {
      const content = asks.replace('{talk}', longConversation);
      return model.reply(
        [{ role: 'user', name: 'Check', content }],
        tools ?? ownTools,
        signal,
        undefined,
        undefined,
        sends as unknown as SentFields, // ours, of no program
      );
    },
  );
  // A model without tools answers in words.
  const toldTools: Finding =
    tools.mend === undefined ? tools : { ...tools, verdict: 'differs' };
  const local = describeLocalChat(engine, model.getLocalState?.());
  return [finding, ...local, toldTools, conversation, ...cases];
}

async function probeTranscription(
  engine: EngineChoice,
  deadlines: Deadlines | undefined,
  { clip, deadline, report, stack }: RoleTrial,
): Promise<readonly Finding[]> {
  const testClip = clip ?? (await getLocalClip(deadline));
  const recognise = async (changes: Readonly<Record<string, unknown>>) => {
    const choice =
      engine.kind === 'local'
        ? engine
        : { ...engine, own: { ...engine.own, ...changes } };
    const transcriber = await openEngine('speech to text', choice, stack, { report });
    const subject = { transcriber, clip: testClip, deadlines };
    return { transcriber, finding: await tryProbe(recogniseProbe, subject, deadline) };
  };
  const { finding, transcriber } = await recognise({});
  if (isPlainText(finding)) {
    const plain = await recognise({ [plainTextSetting]: 'true' });
    return [plain.finding.verdict === 'ok' ? toPlainTextFinding(finding) : finding];
  }
  if (!isUsable(finding)) return [finding];
  const cases = await examineServerCases('sounds', deadline, ({ peak }, signal) => {
    const samples = new Int16Array(listenRateHz).map(() => peak * Math.random());
    return transcriber.transcribe(
      { samples, rateHz: listenRateHz, channels: 1 },
      signal,
    );
  });
  return [finding, ...cases];
}

const plainTextSetting = 'TRANSCRIPTION_PLAIN_TEXT';

/** A bare text may be an error of a server, so it counts only if it holds the words of the clip. */
function isPlainText({ error }: Finding) {
  return (
    error instanceof BotError && (error.about.remedy ?? '').includes(plainTextSetting)
  );
}

function toPlainTextFinding({ subject }: Finding) {
  return toMissingFinding(
    subject,
    'it sends transcripts as bare text, which holds the spoken words',
    `set ${plainTextSetting}=true`,
  );
}

let localClip: SpokenClip | undefined;

/** Synthesises one clip for all roles. */
async function getLocalClip(deadline: ProbeDeadline) {
  // Loading the model takes seconds.
  if (localClip) return localClip;
  await using models = new LocalModels();
  const synthesizer = await openLocalSynthesizer({ models });
  localClip = (
    await tryProbe(speakProbe, { synthesizer, voice: {}, text: testSentence }, deadline)
  ).clip;
  if (!localClip) throw new Error('the local voice does not speak');
  return localClip;
}

const ignoreUsage = () => undefined;
const silentSynthesizer = { synthesize: async function* () {} };

function makeRealtimeRole(
  server: NonNullable<EngineConfig['realtime']>,
): ConfiguredRole {
  return {
    group: 'REALTIME',
    engine: server,
    async probe({ deadline, stack }) {
      const conversation = stack.use(
        new RealtimeConversation({ ...server, maxTokens: 200 }),
      );
      const pipeline = createAudioModelPipeline({
        open: (signal) => conversation.openAnswer(signal),
        synthesizer: silentSynthesizer,
        input: 'audio',
      });
      const host = {
        run: async () => ({ content: '' }),
        meter: {
          guildId: noGuild,
          recordUsage: ignoreUsage,
          recordSpeech: ignoreUsage,
        },
      };
      const turn = createTestTurn(deadline.clock, { instructions: '', voice: {} });
      const ask: AskTestQuestion = (signal) => pipeline.answer(turn, host, signal);
      const finding = await tryProbe(thinkProbe, { ask }, deadline);
      return [{ ...finding, subject: 'realtime' }];
    },
  };
}

/** Starts a session, which is refused without a good key and a known model. It hears nothing, so it costs a second. */
const liveProbe: Probe<LiveServer> = {
  name: 'live',
  async run(server, clock, signal) {
    const { voice } = server;
    const startedMs = clock.nowMs();
    const start = { instructions: '', voice, history: [] };
    const session = await LiveSession.open(server, start, clock, signal);
    session.close();
    const tookMs = clock.nowMs() - startedMs;
    return toOkFinding(
      'live',
      `a session started after ${tookMs.toFixed(0)} ms; no question was asked, as its time costs money`,
    );
  },
};

function makeLiveRole(server: NonNullable<EngineConfig['live']>): ConfiguredRole {
  return {
    group: 'LIVE',
    engine: server,
    probe: async ({ deadline }) => [await tryProbe(liveProbe, server, deadline)],
  };
}
