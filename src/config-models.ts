import type { WatchedModel } from '#src/provider/model-watch.ts';
import type { Config, Embedded, Remote } from './config.ts';

/** Every model of a server that is configured, under the group of settings it is set in. */
export function modelsInUse({ transcription, chat, speech, realtime }: Config): WatchedModel[] {
  return [
    ...modelOf('TRANSCRIPTION', transcription),
    ...modelOf('CHAT_COMPLETION', chat),
    ...modelOf('SPEECH', speech),
    ...realtimeModel(realtime),
  ];
}

function realtimeModel(given: Config['realtime']): WatchedModel[] {
  if (!given) return [];
  const { model, baseUrl, apiKey } = given;
  const listed = baseUrl.replace(/^ws/, 'http');
  return [{ role: 'REALTIME', model, baseUrl: listed, ...(apiKey && { apiKey }) }];
}

function modelOf(role: string, given: Remote | Embedded): WatchedModel[] {
  if (given.kind === 'embedded') return [];
  const { model, baseUrl, apiKey } = given;
  return [{ role, model, baseUrl, ...(apiKey && { apiKey }) }];
}
