import { listenRateHz } from '#src/audio/pcm.ts';
import { standardHistory } from '#src/chat/history.ts';
import { RealtimeTalk } from '#src/chat/realtime/realtime-talk.ts';
import type { Config } from '#src/config/config.ts';
import { type EngineChoice, roles } from '#src/engines/engine.ts';
import { engineOf, openEngine } from '#src/engines/engines.ts';
import { tools as ownTools } from '#src/features/features.ts';
import { audioModel } from '#src/pipeline/audio-model/audio-model.ts';
import { questionTo, recognise, speak, testTurn, think } from '#src/probes/engine-probes.ts';
import {
  differs,
  type Finding,
  failure,
  isUsable,
  ok,
  type ProbeDeadline,
  type SpokenClip,
  tryProbe,
} from '#src/probes/probe.ts';
import type { RemoteServer } from '#src/provider/models/models.ts';
import type { ProviderRole } from '#src/provider/provider-news.ts';
import { LocalModels } from '#src/speech/local/local-models.ts';
import { openLocalSynthesizer } from '#src/speech/local/local-synthesizer.ts';
import type { Synthesizer } from '#src/speech/ports.ts';
import { isVoiceAmong } from '#src/speech/voice-names.ts';
import { examineCases } from './server-cases.ts';

/** A role as it is configured, with the probes of its engine. */
export type Role = {
  /** Beginning of its settings. */
  readonly group: string;
  readonly engine: EngineChoice | RemoteServer;
  /** Errors: those of opening the engine. */
  probe(trial: RoleTrial): Promise<readonly Finding[]>;
};

/** Tools of one examination of a role. */
type RoleTrial = {
  readonly deadline: ProbeDeadline;
  readonly stack: AsyncDisposableStack;
  /** Speech for a recogniser; absent: that of the embedded voice. */
  readonly clip: SpokenClip | undefined;
};

export type ExaminedRole = {
  readonly findings: readonly Finding[];
  readonly isUsable: boolean;
  readonly clip?: SpokenClip;
};

/** Easy to recognise, and long enough to arrive in pieces. */
const sentence =
  'One two three four five six seven eight nine ten. This is how the voice of a server sounds.';

/** As long as the longest conversation that the bot shows a model. */
const talk = 'It rains. '.repeat(standardHistory.characters / 10);

/** Roles of a configuration, in the order in which one can use the sound of another. */
export function rolesOf(config: Config): readonly Role[] {
  const { chat, speech, transcription, fallbacks, realtime: talk, pipeline } = config;
  const choices = [
    ['chat', chat, fallbacks.chat],
    ['text to speech', speech, fallbacks.speech],
    ['speech to text', transcription, fallbacks.transcription],
  ] as const;
  const examined = choices.flatMap(([role, engine, fallback]) => {
    const { group } = roles[role];
    const first = engineRole(role, group, engine, config);
    return fallback ? [first, engineRole(role, `${group}_FALLBACK`, fallback, config)] : [first];
  });
  return talk && pipeline === 'realtime' ? [...examined, talkRole(talk)] : examined;
}

/** Opens the engine of a role as the bot does, and probes it. */
export async function examineRole(
  role: Role,
  deadline: ProbeDeadline,
  clip?: SpokenClip,
): Promise<ExaminedRole> {
  await using stack = new AsyncDisposableStack();
  const ofRole = { ...deadline, role: role.group.replace('_FALLBACK', '') };
  const probed = await role
    .probe({ deadline: ofRole, stack, clip })
    .catch((error: unknown) => [failure('engine', error, ofRole.role)]);
  const model = 'model' in role.engine && role.engine.model ? `${role.engine.model}: ` : '';
  const findings = probed.map((finding) => ({ ...finding, why: `${model}${finding.why}` }));
  return {
    findings,
    isUsable: probed.every(isUsable),
    clip: probed.find((finding) => finding.clip)?.clip,
  };
}

function engineRole(
  role: ProviderRole,
  group: string,
  engine: EngineChoice,
  { audioModel: hearing, deadlines }: Config,
): Role {
  const probes = {
    async think({ deadline, stack }: RoleTrial) {
      const habits: Finding[] = [];
      const model = await openEngine('chat', engine, stack, {
        audioModel: hearing,
        report: ({ mend, what }) => habits.push(differs('answers', what, mend)),
      });
      const thought = await tryProbe(think, { ask: questionTo(model) }, deadline);
      if (!isUsable(thought)) return [thought];
      const cases = await examineCases('chat', deadline, ({ asks, sends, tools }, signal) => {
        const asked = {
          role: 'user',
          name: 'Check',
          content: asks.replace('{talk}', talk),
        } as const;
        return model.reply([asked], tools ?? ownTools, signal, undefined, undefined, sends);
      });
      return [thought, ...cases, ...habits];
    },
    async speak({ deadline, stack }: RoleTrial) {
      if (engine.kind === 'local') return [];
      const { own } = engine;
      const tried: Finding[] = [];
      // WAV tells the rate of the voice, and loads the model, so that the other is timed without that.
      for (const SPEECH_FORMAT of ['wav', own.SPEECH_FORMAT]) {
        const choice = { ...engine, own: { ...own, SPEECH_FORMAT } };
        const synthesizer = await openEngine('text to speech', choice, stack);
        const mend = remedyForVoice(engine.voice, await synthesizer.voices?.load());
        const speaker = { synthesizer, voice: {}, text: sentence, deadlines: deadlines[role] };
        tried.push(await tryProbe({ ...speak, mend }, speaker, deadline));
      }
      const [wavHz, rateHz] = tried.map(({ clip }) => clip?.pcm.rateHz);
      const spoken = tried.slice(1);
      const rates = `wav ${wavHz ?? 'refused'}, ${own.SPEECH_FORMAT} ${rateHz ?? 'refused'}`;
      if (deadline.isThorough) spoken.push(ok('sound format', `rates in Hz: ${rates}`));
      if (own.SPEECH_FORMAT !== 'pcm' || !wavHz || !rateHz || wavHz === rateHz) return spoken;
      const why = `pcm is played at ${rateHz} Hz, but WAV of this server has ${wavHz} Hz`;
      return [...spoken, differs('rate', why, `set SPEECH_RATE_HZ=${wavHz}, or SPEECH_FORMAT=wav`)];
    },
    async recognise({ clip, deadline, stack }: RoleTrial) {
      const transcriber = await openEngine('speech to text', engine, stack);
      const spoken = clip ?? (await getLocalClip(deadline));
      const heard = { transcriber, clip: spoken, deadlines: deadlines[role] };
      const found = await tryProbe(recognise, heard, deadline);
      if (!isUsable(found)) return [found];
      const sounds = await examineCases('sounds', deadline, ({ peak }, signal) => {
        const samples = new Int16Array(listenRateHz).map(() => peak * Math.random());
        return transcriber.transcribe({ samples, rateHz: listenRateHz, channels: 1 }, signal);
      });
      return [found, ...sounds];
    },
  };
  const { probe } = engineOf(role, engine);
  return { group, engine, probe: async (trial) => (probe ? await probes[probe](trial) : []) };
}

/** Remedy for a voice that the server does not list. */
function remedyForVoice(voice = '', names: readonly string[] = []): string | undefined {
  if (voice === '' || isVoiceAmong(voice, names)) return undefined;
  return `${voice} is none of its voices: set SPEECH_VOICE to ${names.slice(0, 2).join(' or ')}`;
}

let localClip: SpokenClip | undefined;

/** Speech of the local voice, which speaks once for all roles. */
async function getLocalClip(deadline: ProbeDeadline): Promise<SpokenClip> {
  if (localClip) return localClip;
  await using models = new LocalModels();
  const synthesizer = await openLocalSynthesizer({ models });
  localClip = (await tryProbe(speak, { synthesizer, voice: {}, text: sentence }, deadline)).clip;
  if (!localClip) throw new Error('the local voice does not speak');
  return localClip;
}

const quietly = () => undefined;
const silent: Synthesizer = { synthesize: async function* () {} };

function talkRole(server: NonNullable<Config['realtime']>): Role {
  return {
    group: 'REALTIME',
    engine: server,
    async probe({ deadline, stack }) {
      const talk = stack.use(new RealtimeTalk({ ...server, maxTokens: 200 }));
      const open = (signal: AbortSignal) => talk.begin(signal);
      const pipeline = audioModel({ open, synthesizer: silent, input: 'audio' });
      const host = {
        run: async () => ({ content: '' }),
        meter: { used: quietly, spoke: quietly },
      };
      const turn = testTurn(deadline.clock, { instructions: '', voice: {} });
      const ask = (signal: AbortSignal) => pipeline.answer(turn, host, signal);
      return [{ ...(await tryProbe(think, { ask }, deadline)), what: 'realtime' }];
    },
  };
}
