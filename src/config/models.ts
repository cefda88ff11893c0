import { Secret } from '#src/base/secret.ts';
import type { EngineChoice } from '#src/engines/engine.ts';
import type { ModelInUse, RemoteServer } from '#src/provider/models/models.ts';
import type { Config } from './config.ts';

/** Every model that is configured, fallbacks too, under the group of settings it is set in; that of an engine from outside without an address. */
export function modelsInUse(config: Config): ModelInUse[] {
  const { transcription, chat, speech, fallbacks, realtime } = config;
  return [
    ...modelsOf('TRANSCRIPTION', transcription, fallbacks.transcription),
    ...modelsOf('CHAT_COMPLETION', chat, fallbacks.chat),
    ...hearingModel(config),
    ...modelsOf('SPEECH', speech, fallbacks.speech),
    ...(realtime ? [configured('REALTIME', realtime)] : []),
  ];
}

/** Everything configured that must be seen nowhere. */
export function secretsOf(config: Config): Secret[] {
  const keys = modelsInUse(config).map(({ apiKey }) => apiKey);
  const all = [
    config.discord?.token,
    config.databaseUrl,
    config.operatorWebhook,
    passwordOf(config),
    ...keys,
  ];
  return all.filter((secret) => secret !== undefined);
}

/** Password of the database, as it is sent. */
function passwordOf({ databaseUrl }: Config): Secret | undefined {
  if (!databaseUrl) return undefined;
  const { password } = new URL(databaseUrl.reveal());
  return password === '' ? undefined : new Secret(decodeURIComponent(password));
}

/** Where it is another one than the model that reads and writes. */
function hearingModel({ chat, audioModel: { model } }: Config): ModelInUse[] {
  if (chat.kind === 'local' || !model || model === chat.model) return [];
  return [configured('AUDIO_MODEL', { ...chat, model })];
}

function modelsOf(
  group: string,
  engine: EngineChoice,
  fallback: EngineChoice | undefined,
): ModelInUse[] {
  const usual =
    engine.kind === 'local'
      ? []
      : engine.models.map((model) => configured(group, { ...engine, model }));
  return fallback && fallback.kind !== 'local'
    ? [...usual, configured(`${group}_FALLBACK`, fallback)]
    : usual;
}

function configured(role: string, { model, baseUrl, apiKey }: RemoteServer): ModelInUse {
  return { role, model, baseUrl, apiKey };
}
