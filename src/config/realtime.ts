import {
  isOpenAi,
  type RemoteServer,
  standardModels,
} from '#src/provider/models/standard-models.ts';
import { toRemoteServer } from './roles.ts';
import type { EnvironmentSettings } from './settings.ts';

/** A server for spoken conversations over one connection. */
export type Realtime = RemoteServer & {
  /** Left out, the server's own. */
  readonly voice?: string;
};

/** Also where it is not the pipeline in use: it can be switched to. Undefined where no server for it is known. */
export function readRealtime(from: EnvironmentSettings): Realtime | undefined {
  const { REALTIME_BASE_URL: own, REALTIME_MODEL: model, REALTIME_API_KEY: ownKey } = from;
  const { OPENAI_BASE_URL: shared, OPENAI_API_KEY: sharedKey } = from;
  const isAsked = own ?? model ?? ownKey;
  if (!isAsked && !sharedKey && isOpenAi(shared)) return undefined;
  if (!isAsked && !isOpenAi(shared) && from.PIPELINE !== 'realtime') return undefined;
  const server = toRemoteServer(own ?? shared, from, 'REALTIME', standardModels.realtime);
  return { ...server, voice: from.SPEECH_VOICE };
}

/** One line each. */
export function findRealtimeMistakes(from: EnvironmentSettings): string[] {
  const realtime = readRealtime(from);
  if (!realtime) {
    return from.PIPELINE === 'realtime'
      ? ['PIPELINE: realtime needs a server; set REALTIME_BASE_URL or OPENAI_API_KEY']
      : [];
  }
  return isOpenAi(realtime.baseUrl.replace(/^ws/, 'http')) && !realtime.apiKey
    ? ['REALTIME_API_KEY: missing; OpenAI needs a key; for your own server set REALTIME_BASE_URL']
    : [];
}
