import { isOpenAi, standardModels, standardVoice } from '#src/provider/models/models.ts';
import { type EnvironmentSettings, isHttpUrl } from './settings.ts';
import type { Config, RemoteServer } from './types.ts';

type SpeechBackend = NonNullable<EnvironmentSettings['SPEECH_BACKEND']>;

const standard: Readonly<Record<SpeechBackend, string>> = {
  speech: standardModels.speech,
  realtime: standardModels.realtimeSpeech,
};

type RemoteSpeech = Extract<Config['speech'], RemoteServer>;

/** A server that speaks; `role.model` is empty where none is named, `asked` is how it is to be asked. */
export function speechOf(
  role: RemoteServer,
  asked: SpeechBackend | undefined,
  voice: string | undefined,
  { SPEECH_FORMAT: format, SPEECH_INSTRUCTIONS: instructions }: EnvironmentSettings,
): RemoteSpeech {
  const backend = asked ?? backendOf(role);
  const model = role.model || standard[backend];
  const tone = instructions && { instructions };
  const models = [model];
  return { ...role, model, models, backend, format, voice: voice ?? standardVoice, ...tone };
}

/** One line each. */
export function speechMistakes(
  from: EnvironmentSettings,
  { baseUrl, model }: RemoteServer,
): string[] {
  const { SPEECH_BACKEND: asked } = from;
  const isSocket = !isHttpUrl(baseUrl) && asked !== undefined && asked !== 'realtime';
  const backend = asked ?? backendOf({ baseUrl, model });
  const isChoiceless = (from.SPEECH_MODEL ?? []).length > 1 && backend !== 'speech';
  const isNameless = asked === 'speech' && isOpenAi(baseUrl) && !model;
  return [
    ...(isSocket ? ['SPEECH_BASE_URL: a WebSocket address needs SPEECH_BACKEND=realtime'] : []),
    // OpenAI's last models that only speak end on 2027-01-06, and none of them is taken without being asked for.
    ...(isNameless
      ? ['SPEECH_MODEL: missing; name one for SPEECH_BACKEND=speech at OpenAI, or leave both empty']
      : []),
    ...(isChoiceless
      ? [`SPEECH_MODEL: a choice of models needs SPEECH_BACKEND=speech; this is ${backend}`]
      : []),
  ];
}

/** Protocol of the speech server: OpenAI speaks over Realtime, unless a model is named that speaks otherwise. */
function backendOf({ baseUrl, model }: Pick<RemoteServer, 'baseUrl' | 'model'>): SpeechBackend {
  if (!isHttpUrl(baseUrl)) return 'realtime';
  return !isOpenAi(baseUrl) || /\btts\b/.test(model) ? 'speech' : 'realtime';
}
