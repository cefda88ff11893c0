import { probeAloud } from '#doctor/probes/probe-aloud.ts';
import { probeAudioChat } from '#doctor/probes/probe-audio-chat.ts';
import { probeChat } from '#doctor/probes/probe-chat.ts';
import { probeListening } from '#doctor/probes/probe-listening.ts';
import { probeRealtime } from '#doctor/probes/probe-realtime.ts';
import { type ProbedServer, probeServer } from '#doctor/probes/probe-server.ts';
import { probeSpeech } from '#doctor/probes/probe-speech.ts';
import { probeTranscription } from '#doctor/probes/probe-transcription.ts';
import type { Config, Embedded, RemoteServer } from '#src/config/types.ts';
import { serverName } from '#src/provider/models/error-phrases.ts';
import type { ModelList } from '#src/provider/models/models.ts';
import { type ExaminationResult, ok } from './finding.ts';
import { lifecycle } from './lifecycle.ts';
import type { Report } from './report.ts';
import {
  type Address,
  openServerUnderTest,
  type ProbeDeadline,
  type ServerUnderTest,
} from './server-under-test.ts';

type ExaminedClip = ExaminationResult['clip'];

type ConfiguredRole = {
  readonly group: string;
  /** Absent: embedded. */
  readonly remote: (Address & { readonly model: string }) | undefined;
  readonly probe: (server: ServerUnderTest, clip: ExaminedClip) => Promise<ExaminationResult>;
};

const nothingKnown: ModelList = { kind: 'not offered' };

/** Examines every role that has a server, without asking anything if `isOffline`. Returns the exit code. */
export async function examineConfigured(
  config: Config,
  isOffline: boolean,
  patience: ProbeDeadline,
  report: Report,
): Promise<number> {
  const servers = new Map<string, Promise<ProbedServer>>();
  const settings: string[] = [];
  let clip: ExaminedClip;
  let sound = true;
  for (const role of rolesOf(config)) {
    const { group, remote } = role;
    if (!remote) {
      report.section(`${group}: the embedded engine needs no server`);
      continue;
    }
    const { baseUrl, apiKey, model } = remote;
    report.section(`${group}: ${serverName(baseUrl)}, ${apiKey ? 'key set' : 'no key set'}`);
    if (isOffline) {
      const inUse = { role: group, model, baseUrl };
      const finding = lifecycle(inUse, nothingKnown, patience.clock.wallMs());
      report.findings([finding]);
      sound &&= finding.verdict !== 'missing';
      continue;
    }
    const examined = await examineRole(role, remote, { servers, patience, report, clip });
    clip ??= examined.clip;
    sound &&= examined.state === 'usable';
    if (!group.includes('_FALLBACK')) settings.push(...examined.settings);
  }
  report.settings([...new Set(settings)]);
  return sound ? 0 : 1;
}

type Round = {
  readonly servers: Map<string, Promise<ProbedServer>>;
  readonly patience: ProbeDeadline;
  readonly report: Report;
  readonly clip: ExaminedClip;
};

async function examineRole(
  { group, probe }: ConfiguredRole,
  { baseUrl, model, apiKey }: Address & { readonly model: string },
  { servers, patience, report, clip }: Round,
): Promise<ExaminationResult> {
  const key = JSON.stringify([baseUrl, apiKey?.reveal()]);
  const isNew = !servers.has(key);
  const address = { baseUrl: baseUrl.replace(/^ws/, 'http'), ...(apiKey && { apiKey }) };
  const asked = servers.get(key) ?? probeServer(openServerUnderTest(address, patience));
  servers.set(key, asked);
  const server = await asked;
  if (isNew) report.findings(server.findings);
  if (!server.reachable) return { findings: [], state: 'broken', settings: [] };
  report.findings([
    lifecycle({ role: group, model, baseUrl }, server.list, patience.clock.wallMs()),
  ]);
  const examined = await probe(server.server, clip);
  report.findings(examined.findings);
  return examined;
}

/** Roles in the order in which one can use the sound of another. */
function rolesOf(config: Config): ConfiguredRole[] {
  const { chat, speech, transcription, fallbacks, realtime, pipeline } = config;
  const named = (group: string, n: number) => (n === 0 ? group : `${group}_FALLBACK`);
  const remoteOf = (engine: RemoteServer | Embedded) =>
    engine.kind === 'remote' ? engine : undefined;
  return [
    ...listOf(chat, fallbacks.chat).map((engine, n) => ({
      group: named('CHAT_COMPLETION', n),
      remote: remoteOf(engine),
      // A stand-in reads and writes, whatever the usual one can do.
      probe: (server: ServerUnderTest) => probeMind(server, engine, n === 0 ? config : undefined),
    })),
    ...listOf(speech, fallbacks.speech).map((engine, n) => ({
      group: named('SPEECH', n),
      remote: remoteOf(engine),
      probe: (server: ServerUnderTest) => probeVoice(server, engine),
    })),
    ...listOf(transcription, fallbacks.transcription).map((engine, n) => ({
      group: named('TRANSCRIPTION', n),
      remote: remoteOf(engine),
      probe: (server: ServerUnderTest, clip: ExaminedClip) =>
        probeTranscriber(server, engine, clip),
    })),
    ...(realtime && pipeline === 'realtime' ? [realtimeRole(realtime)] : []),
  ];
}

function listOf<T>(first: T, fallback: T | undefined): readonly T[] {
  return fallback ? [first, fallback] : [first];
}

function realtimeRole(realtime: NonNullable<Config['realtime']>): ConfiguredRole {
  return {
    group: 'REALTIME',
    remote: realtime,
    probe: (server) => probeRealtime(server, realtime.model),
  };
}

async function probeMind(
  server: ServerUnderTest,
  engine: Config['chat'],
  config: Config | undefined,
): Promise<ExaminationResult> {
  if (engine.kind === 'embedded') return nothing;
  const { model } = engine;
  if (config?.pipeline !== 'audio-model') return probeChat(server, model);
  const { audioModel } = config;
  const hearing = { voice: audioModel.voice, model: audioModel.model ?? model };
  return probeAudioChat(server, hearing);
}

const nothing: ExaminationResult = {
  findings: [ok('', 'embedded')],
  state: 'usable',
  settings: [],
};

async function probeVoice(
  server: ServerUnderTest,
  speech: Config['speech'],
): Promise<ExaminationResult> {
  if (speech.kind === 'embedded') return nothing;
  const { backend, model, rateHz, voice } = speech;
  if (backend === 'speech') return probeSpeech(server, { model, voice, rateHz, isChosen: true });
  return probeAloud(server, { model, voice });
}

async function probeTranscriber(
  server: ServerUnderTest,
  transcription: Config['transcription'],
  clip: ExaminedClip,
): Promise<ExaminationResult> {
  if (transcription.kind === 'embedded') return nothing;
  const { backend, model } = transcription;
  if (backend === 'file') return probeTranscription(server, model, clip);
  return probeListening(server, model, clip);
}
