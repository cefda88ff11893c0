import { Secret } from '#src/base/secret.ts';
import type { EngineChoice } from '#src/engines/engine.ts';
import { listAddressSecrets } from '#src/provider/access/server-address.ts';
import type { ModelInUse, RemoteServer } from '#src/provider/models/standard-models.ts';
import type { Config, EngineConfig } from './config.ts';

export function listModelsInUse(engines: EngineConfig): ModelInUse[] {
  const { transcription, chat, speech, fallbacks, live, realtime } = engines;
  return [
    ...listGroupModels('TRANSCRIPTION', transcription, fallbacks.transcription),
    ...listGroupModels('CHAT_COMPLETION', chat, fallbacks.chat),
    ...listHearingModels(engines),
    ...listGroupModels('SPEECH', speech, fallbacks.speech),
    ...(realtime ? [toModelInUse('REALTIME', realtime)] : []),
    ...(live ? [toModelInUse('LIVE', live)] : []),
  ];
}

export function listSecrets(config: Config): Secret[] {
  const { databaseUrl } = config.storage;
  return [
    config.discord?.token,
    databaseUrl,
    config.monitoring.operatorWebhook,
    findPassword(databaseUrl),
    ...listModelsInUse(config.engines).flatMap(listServerSecrets),
  ].filter((secret) => secret !== undefined);
}

function listServerSecrets({ apiKey, baseUrl }: RemoteServer) {
  return [apiKey, ...listAddressSecrets(baseUrl)];
}

function findPassword(databaseUrl: Secret | undefined) {
  if (!databaseUrl) return undefined;
  const { password } = new URL(databaseUrl.reveal());
  return password === '' ? undefined : new Secret(decodeURIComponent(password));
}

/** Lists the audio model, unless the chat model hears. */
function listHearingModels({ chat, audioModel: { model } }: EngineConfig) {
  if (chat.kind === 'local' || !model || model === chat.model) return [];
  return [toModelInUse('AUDIO_MODEL', { ...chat, model })];
}

function listGroupModels(
  group: string,
  engine: EngineChoice,
  fallback: EngineChoice | undefined,
) {
  const usualModels =
    engine.kind === 'local'
      ? []
      : engine.models.map((model) => toModelInUse(group, { ...engine, model }));
  return fallback && fallback.kind !== 'local'
    ? [...usualModels, toModelInUse(`${group}_FALLBACK`, fallback)]
    : usualModels;
}

function toModelInUse(role: string, { model, baseUrl, apiKey }: RemoteServer) {
  return { role, model, baseUrl, apiKey };
}
