import { listenRateHz } from '#src/audio/pcm.ts';
import { historyLimits } from '#src/chat/chat-model.ts';
import { RealtimeConversation } from '#src/chat/realtime/realtime-conversation.ts';
import type { EngineConfig } from '#src/config/config.ts';
import { type EngineChoice, roles } from '#src/engines/engine.ts';
import { openEngine } from '#src/engines/engines.ts';
import { tools as ownTools } from '#src/features/features.ts';
import { createAudioModelPipeline } from '#src/pipeline/audio-model/audio-model-pipeline.ts';
import {
  recognise,
  speakProbe,
  testTurn,
  thinkProbe,
  toTestTurn,
} from '#src/probes/engine-probes.ts';
import {
  differs,
  type Finding,
  isUsable,
  ok,
  type ProbeDeadline,
  type SpokenClip,
  toFailureFinding,
  tryProbe,
} from '#src/probes/probe.ts';
import type { RemoteServer } from '#src/provider/models/standard-models.ts';
import type { ProviderRole } from '#src/provider/provider-event.ts';
import { LocalModels } from '#src/speech/local/local-models.ts';
import { openLocalSynthesizer } from '#src/speech/local/local-synthesizer.ts';
import { isKnownVoice } from '#src/speech/voice-names.ts';
import { examineServerCases } from './server-cases.ts';

export type ConfiguredRole = {
  readonly group: string;
  readonly engine: EngineChoice | RemoteServer;
  /** Examines the role. Throws the error of an engine that does not open. */
  probe(trial: RoleTrial): Promise<readonly Finding[]>;
};

type RoleTrial = {
  readonly deadline: ProbeDeadline;
  readonly stack: AsyncDisposableStack;
  /** Speech to recognise. Without it the local voice speaks. */
  readonly clip: SpokenClip | undefined;
};

export type ExaminedRole = {
  readonly findings: readonly Finding[];
  readonly isUsable: boolean;
  readonly clip?: SpokenClip;
};

/** Simple words, long enough that the sound arrives in several pieces. */
const testSentence =
  'One two three four five six seven eight nine ten. This is how the voice of a server sounds.';

/** As long as the longest history that the bot sends. */
const longTalk = 'It rains. '.repeat(historyLimits.characters / 10);

/** Lists speech before transcription, which is examined by its sound. */
export function listRoles(config: EngineConfig): readonly ConfiguredRole[] {
  const { chat, speech, transcription, fallbacks, realtime: talk, pipeline } = config;
  const choices = [
    ['chat', chat, fallbacks.chat],
    ['text to speech', speech, fallbacks.speech],
    ['speech to text', transcription, fallbacks.transcription],
  ] as const;
  const examined = choices.flatMap(([role, engine, fallback]) => {
    const { group } = roles[role];
    const first = makeEngineRole(role, group, engine, config);
    return fallback
      ? [first, makeEngineRole(role, `${group}_FALLBACK`, fallback, config)]
      : [first];
  });
  return talk && pipeline === 'realtime'
    ? [...examined, makeRealtimeRole(talk)]
    : examined;
}

/** A failure is a finding, too. */
export async function examineRole(
  role: ConfiguredRole,
  deadline: ProbeDeadline,
  clip?: SpokenClip,
): Promise<ExaminedRole> {
  await using stack = new AsyncDisposableStack();
  const roleDeadline = { ...deadline, role: role.group.replace('_FALLBACK', '') };
  const probed = await role
    .probe({ deadline: roleDeadline, stack, clip })
    .catch((error: unknown) => [toFailureFinding('engine', error, roleDeadline.role)]);
  const model =
    'model' in role.engine && role.engine.model ? `${role.engine.model}: ` : '';
  const findings = probed.map((finding) => ({
    ...finding,
    why: `${model}${finding.why}`,
  }));
  return {
    findings,
    isUsable: probed.every(isUsable),
    clip: probed.find((finding) => finding.clip)?.clip,
  };
}

function makeEngineRole(
  role: ProviderRole,
  group: string,
  engine: EngineChoice,
  { audioModel: hearing, deadlines }: EngineConfig,
): ConfiguredRole {
  const probes = {
    async think({ deadline, stack }: RoleTrial) {
      const habits: Finding[] = [];
      const model = await openEngine('chat', engine, stack, {
        audioModel: hearing,
        report: ({ mend, what }) => habits.push(differs('answers', what, mend)),
      });
      const thought = await tryProbe(thinkProbe, { ask: toTestTurn(model) }, deadline);
      if (!isUsable(thought)) return [thought];
      const cases = await examineServerCases(
        'chat',
        deadline,
        ({ asks, sends, tools }, signal) => {
          const asked = {
            role: 'user',
            name: 'Check',
            content: asks.replace('{talk}', longTalk),
          } as const;
          return model.reply(
            [asked],
            tools ?? ownTools,
            signal,
            undefined,
            undefined,
            sends,
          );
        },
      );
      return [thought, ...cases, ...habits];
    },
    async speak({ deadline, stack }: RoleTrial) {
      if (engine.kind === 'local') return [];
      const { own } = engine;
      const tried: Finding[] = [];
      // WAV names its sample rate. The first request loads the model, so only the
      // second is timed.
      for (const SPEECH_FORMAT of ['wav', own.SPEECH_FORMAT]) {
        const synthesizer = await openEngine(
          'text to speech',
          { ...engine, own: { ...own, SPEECH_FORMAT } },
          stack,
        );
        const mend = findVoiceRemedy(
          engine.voice,
          await synthesizer.voices?.loadNames(),
        );
        const speaker = {
          synthesizer,
          voice: {},
          text: testSentence,
          deadlines: deadlines[role],
        };
        tried.push(await tryProbe({ ...speakProbe, mend }, speaker, deadline));
      }
      const [wavHz, rateHz] = tried.map(({ clip }) => clip?.pcm.rateHz);
      const spoken = tried.slice(1);
      const rates = `wav ${wavHz ?? 'refused'}, ${own.SPEECH_FORMAT} ${rateHz ?? 'refused'}`;
      if (deadline.isThorough) spoken.push(ok('sound format', `rates in Hz: ${rates}`));
      if (own.SPEECH_FORMAT !== 'pcm' || !wavHz || !rateHz || wavHz === rateHz)
        return spoken;
      return [
        ...spoken,
        differs(
          'rate',
          `pcm is played at ${rateHz} Hz, but WAV of this server has ${wavHz} Hz`,
          `set SPEECH_RATE_HZ=${wavHz}, or SPEECH_FORMAT=wav`,
        ),
      ];
    },
    async recognise({ clip, deadline, stack }: RoleTrial) {
      const transcriber = await openEngine('speech to text', engine, stack);
      const spoken = clip ?? (await getLocalClip(deadline));
      const found = await tryProbe(
        recognise,
        { transcriber, clip: spoken, deadlines: deadlines[role] },
        deadline,
      );
      if (!isUsable(found)) return [found];
      const sounds = await examineServerCases(
        'sounds',
        deadline,
        ({ peak }, signal) => {
          const samples = new Int16Array(listenRateHz).map(() => peak * Math.random());
          return transcriber.transcribe(
            { samples, rateHz: listenRateHz, channels: 1 },
            signal,
          );
        },
      );
      return [found, ...sounds];
    },
  };
  return {
    group,
    engine,
    probe: async (trial) =>
      engine.kind === 'local' ? [] : await probes[roles[role].paid](trial),
  };
}

function findVoiceRemedy(voice = '', names: readonly string[] = []) {
  if (voice === '' || isKnownVoice(voice, names)) return undefined;
  return `${voice} is none of its voices: set SPEECH_VOICE to ${names.slice(0, 2).join(' or ')}`;
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
      const talk = stack.use(new RealtimeConversation({ ...server, maxTokens: 200 }));
      const pipeline = createAudioModelPipeline({
        open: (signal) => talk.openAnswer(signal),
        synthesizer: silentSynthesizer,
        input: 'audio',
      });
      const host = {
        run: async () => ({ content: '' }),
        meter: { recordUsage: ignoreUsage, recordSpeech: ignoreUsage },
      };
      const turn = testTurn(deadline.clock, { instructions: '', voice: {} });
      return [
        {
          ...(await tryProbe(
            thinkProbe,
            { ask: (signal) => pipeline.answer(turn, host, signal) },
            deadline,
          )),
          what: 'realtime',
        },
      ];
    },
  };
}
