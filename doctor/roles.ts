import { openChat, openTranscriberOf } from '#src/app/engines/engines.ts';
import { openVoice } from '#src/app/engines/open-voice.ts';
import { RealtimeTalk } from '#src/chat/realtime/realtime-talk.ts';
import type { Config, Embedded, RemoteServer } from '#src/config/types.ts';
import { audioModel } from '#src/pipeline/audio-model/audio-model.ts';
import { questionTo, recognise, speak, testTurn, think, tools } from '#src/probes/engine-probes.ts';
import {
  type Finding,
  failure,
  isUsable,
  type ProbeDeadline,
  type SpokenClip,
  tryProbe,
} from '#src/probes/probe.ts';
import { openEmbeddedSynthesizer } from '#src/speech/embedded/embedded-synthesizer.ts';
import type { Synthesizer } from '#src/speech/ports.ts';

/** A role as it is configured, with the probes of its engine. */
export type Role = {
  /** Beginning of its settings. */
  readonly group: string;
  readonly server: RemoteServer | Embedded | NonNullable<Config['realtime']>;
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

/** Roles of a configuration, in the order in which one can use the sound of another. */
export function rolesOf(config: Config): readonly Role[] {
  const { speech, transcription, fallbacks, realtime: talk, pipeline } = config;
  return [
    chatRole('CHAT_COMPLETION', config),
    ...(fallbacks.chat
      ? [chatRole('CHAT_COMPLETION_FALLBACK', { ...config, chat: fallbacks.chat })]
      : []),
    speechRole('SPEECH', config, speech),
    ...(fallbacks.speech ? [speechRole('SPEECH_FALLBACK', config, fallbacks.speech)] : []),
    hearingRole('TRANSCRIPTION', config, transcription),
    ...(fallbacks.transcription
      ? [hearingRole('TRANSCRIPTION_FALLBACK', config, fallbacks.transcription)]
      : []),
    ...(talk && pipeline === 'realtime' ? [talkRole(talk)] : []),
  ];
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
  const model = 'model' in role.server ? `${role.server.model}: ` : '';
  const findings = probed.map((finding) => ({ ...finding, why: `${model}${finding.why}` }));
  return {
    findings,
    isUsable: probed.every(isUsable),
    clip: probed.find((finding) => finding.clip)?.clip,
  };
}

function chatRole(group: string, config: Config): Role {
  return {
    group,
    server: config.chat,
    async probe({ deadline }) {
      const model = (await openChat(config, quietly)).chat('Parley');
      const thought = await tryProbe(think, { ask: questionTo(model) }, deadline);
      if (!isUsable(thought)) return [thought];
      const called = await tryProbe(tools, model, deadline);
      return [thought, called.mend === undefined ? called : { ...called, verdict: 'differs' }];
    },
  };
}

function speechRole(group: string, { deadlines }: Config, server: Config['speech']): Role {
  return {
    group,
    server,
    async probe({ deadline, stack }) {
      const { synthesizer } = await openVoice(server, deadlines, stack, quietly);
      return [await tryProbe(speak, { synthesizer, voice: {}, text: sentence }, deadline)];
    },
  };
}

function hearingRole(group: string, { deadlines }: Config, server: Config['transcription']): Role {
  return {
    group,
    server,
    async probe({ clip, deadline, stack }) {
      const transcriber = await openTranscriberOf(server, deadlines, stack, quietly);
      const heard = { transcriber, clip: clip ?? (await embeddedClip(deadline)) };
      return [await tryProbe(recognise, heard, deadline)];
    },
  };
}

let embedded: SpokenClip | undefined;

/** Speech of the embedded voice, which speaks once for all roles. */
async function embeddedClip(deadline: ProbeDeadline) {
  if (embedded) return embedded;
  await using synthesizer = await openEmbeddedSynthesizer();
  embedded = (await tryProbe(speak, { synthesizer, voice: {}, text: sentence }, deadline)).clip;
  if (!embedded) throw new Error('the embedded voice does not speak');
  return embedded;
}

const quietly = () => undefined;
const silent: Synthesizer = { synthesize: async function* () {} };

function talkRole(server: NonNullable<Config['realtime']>): Role {
  return {
    group: 'REALTIME',
    server,
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
