import { type ModelNames, type Pick, type Picks, pickModels } from '#doctor/probes/pick-models.ts';
import { probeAloud } from '#doctor/probes/probe-aloud.ts';
import { probeAudioChat } from '#doctor/probes/probe-audio-chat.ts';
import { probeChat } from '#doctor/probes/probe-chat.ts';
import { probeRealtime } from '#doctor/probes/probe-realtime.ts';
import { type ProbedServer, probeServer } from '#doctor/probes/probe-server.ts';
import { probeSpeech } from '#doctor/probes/probe-speech.ts';
import { probeTranscription } from '#doctor/probes/probe-transcription.ts';
import type { SettingGroup } from '#src/config/keys.ts';
import { serverName } from '#src/provider/models/error-phrases.ts';
import { modelNews, standardVoice } from '#src/provider/models/models.ts';
import { type ExaminationResult, missing, type ReportLine } from './finding.ts';
import type { Report } from './report.ts';
import {
  type Address,
  openServerUnderTest,
  type ProbeDeadline,
  type ServerUnderTest,
} from './server-under-test.ts';

export type ExaminationRequest = {
  readonly address: Address;
  readonly named: ModelNames;
  /** Where its key was read from. */
  readonly keyName?: string;
};

/** Roles that a server can be used for. */
export type ProviderExamination = {
  /** Exit code of the doctor. */
  readonly code: 0 | 1;
  /** Lines for `.env`, without keys. */
  readonly settings: readonly string[];
  /** Sound of the server while it was tried. */
  readonly clip?: ExaminationResult['clip'];
  /** Findings about the server as a whole. */
  readonly findings: readonly ReportLine[];
  /** Every role that was tried; absent where the server was not reached. */
  readonly roles?: readonly ExaminedRole[];
};

/** A role as it was tried. */
export type ExaminedRole = ExaminationResult & {
  /** Settings of a role that every server may fill. */
  readonly group?: SettingGroup;
  /** It failed with a model that was only guessed. */
  readonly isGuess?: boolean;
};

/** Finds out which roles a server can fill. */
export async function examineProvider(
  { address, named, keyName }: ExaminationRequest,
  patience: ProbeDeadline,
  report: Report,
): Promise<ProviderExamination> {
  report.section(
    `${serverName(address.baseUrl)}, ${address.apiKey ? 'with a key' : 'without a key'}`,
  );
  const server = await probeServer(openServerUnderTest(address, patience));
  report.findings(server.findings);
  const { findings } = server;
  if (!server.reachable) return { code: 1, settings: [], findings };
  const picks = pickModels(server.list, named);
  const roles = await examineRoles(server, picks, named, report);
  const usable = roles.filter(({ state }) => state === 'usable');
  const settings = [...new Set(usable.flatMap((role) => role.settings))];
  report.settings(settings);
  if (keyName && settings.length > 0)
    report.line(`# Set the _API_KEY of each to the value of ${keyName}`);
  const isBroken = usable.length === 0 || roles.some(({ state }) => state === 'broken');
  const clip = usable.find((role) => role.clip)?.clip;
  return { code: isBroken ? 1 : 0, settings, findings, roles, ...(clip && { clip }) };
}

async function examineRoles(
  server: ProbedServer,
  picks: Picks,
  { voice }: ModelNames,
  report: Report,
): Promise<readonly ExaminedRole[]> {
  const { server: patient } = server;
  const show = (examined: ExaminationResult, pick: Pick, option: string): ExaminedRole => {
    const forgiven = forgive(examined, pick, option, patient);
    report.findings(forgiven.findings);
    return forgiven;
  };
  const chat = show(await probeChat(patient, picks.chat.model), picks.chat, '--chat');
  const speaker = { model: picks.speech.model, voice: voice ?? standardVoice };
  const speech = show(
    await probeSpeech(patient, { ...speaker, isChosen: voice !== undefined }),
    picks.speech,
    '--speech',
  );
  const audio = picks.audioChat && { model: picks.audioChat.model, voice: voice ?? standardVoice };
  const spoken = audio && show(await probeAudioChat(patient, audio), picks.chat, '--chat');
  const realtime = await probeRealtime(patient, picks.realtime.model);
  report.findings(realtime.findings);
  const isNeeded = realtime.state === 'usable' && !speaksOn(speech, speaker.model, server);
  const read = isNeeded
    ? await probeReader(server.server, picks, speaker.voice, report)
    : undefined;
  const clip = speech.clip ?? read?.clip ?? spoken?.clip;
  const heard = show(
    await probeTranscription(patient, picks.transcription.model, clip),
    picks.transcription,
    '--transcription',
  );
  const three: readonly ExaminedRole[] = [
    { ...heard, group: 'TRANSCRIPTION' },
    { ...chat, group: 'CHAT_COMPLETION' },
    { ...speech, group: 'SPEECH', ...(read?.state === 'usable' && { settings: [] }) },
  ];
  // A pipeline of three is the usual choice: what hears and speaks is shown, and not proposed beside it.
  return [...three, ...(read?.state === 'usable' ? [read] : []), realtime];
}

/** Whether it speaks, be it badly today, and no end of that is near. */
function speaksOn(
  { state }: ExaminationResult,
  model: string,
  { server, list }: ProbedServer,
): boolean {
  const inUse = { role: 'SPEECH', model, baseUrl: server.base.url };
  const news = modelNews(inUse, list, server.clock.wallMs());
  return state !== 'absent' && (news === undefined || news.kind === 'unlisted');
}

/** Not every server that talks over one connection also reads; that is no fault. */
async function probeReader(
  server: ServerUnderTest,
  { realtimeSpeech: { model } }: Picks,
  voice: string,
  report: Report,
): Promise<ExaminationResult> {
  const examined = await probeAloud(server, { model, voice });
  report.findings(examined.findings);
  return examined.state === 'usable' ? examined : { ...examined, state: 'absent' };
}

/** Forgives a failure with a model that was only guessed: it is no fault of the server. */
function forgive(
  examined: ExaminationResult,
  { isGuess, model }: Pick,
  option: string,
  { recorded }: ServerUnderTest,
): ExaminedRole {
  const mayBeModel = [400, 404, 422].includes(recorded.last?.status ?? 0);
  if (!isGuess || !mayBeModel || examined.state !== 'broken') return examined;
  const advice = missing(
    'model',
    `the doctor guessed the name ${model}`,
    `name a model with ${option}${option === '--speech' ? ', and a voice with --voice' : ''}`,
  );
  const findings = [...examined.findings, advice];
  return { ...examined, state: 'absent', findings, isGuess: true };
}
