import { isAbsolute } from 'node:path';
import type { Secret } from '#src/base/secret.ts';

/** The server and model that served a request. `host` may hold a port. */
export type ServedBy =
  | { readonly kind: 'local' }
  | { readonly kind: 'remote'; readonly model: string; readonly host: string };

/** A request that the model process of this machine served. */
export const servedLocally: ServedBy = { kind: 'local' };

/** Describes a model at a server by the host of its address. */
export function describeServer(model: string, baseUrl: string): ServedBy {
  return { kind: 'remote', model, host: new URL(baseUrl).host };
}

/** Voice for servers that name none. */
export const standardVoice = 'alloy';

/** Models for roles that have a server and no model: https://developers.openai.com/api/docs/models */
export const standardModels = {
  chat: 'gpt-6-luna',
  /** Hears and speaks in chat completions. */
  audioChat: 'gpt-audio-1.5',
  transcription: 'gpt-transcribe',
  liveTranscription: 'gpt-live-transcribe',
  /**
   * For servers of one's own. OpenAI's last models on `/audio/speech` end on 2027-01-06:
   * https://developers.openai.com/api/docs/deprecations
   */
  speech: 'kokoro',
  /** Hears and speaks at once: https://developers.openai.com/api/docs/guides/live */
  live: 'gpt-live-1',
  realtime: 'gpt-realtime-2.1',
  /** Reads texts of other models aloud. */
  realtimeSpeech: 'gpt-realtime-2.1-mini',
} as const;

/** Returns whether a name is the path of a local model. Other names belong to models of a server. */
export function isModelFolder(name: string): boolean {
  return name.startsWith('.') || isAbsolute(name);
}

/** A model in the list of a server. */
export type ListedModel = {
  readonly id: string;
  /** `2027-01-06` */
  readonly endsOn?: string;
};

export type ModelList =
  | { readonly kind: 'listed'; readonly models: readonly ListedModel[] }
  /** The server has no list, which says nothing about its models. */
  | { readonly kind: 'not offered' }
  | { readonly kind: 'unknown'; readonly why: string };

/** A speech or chat server as one role uses it. */
export type RemoteServer = {
  readonly baseUrl: string;
  readonly model: string;
  readonly apiKey?: Secret;
  /** Setting that holds the address, for remedies. */
  readonly addressSetting?: string;
};

/** One role on one server. `role` is the beginning of the names of its settings. */
export type ModelInUse = RemoteServer & { readonly role: string };

/** Recognisers of OpenAI's Realtime API that send words during speech and only add to them. */
const stableRecognisers = ['gpt-live-transcribe', 'gpt-realtime-whisper'];

/** Returns whether partials of this recogniser only grow, so that an answer may begin on them. */
export function hasStableWords(model: string): boolean {
  return stableRecognisers.includes(removeSnapshotDate(model));
}

export function removeSnapshotDate(model: string): string {
  return model.replace(/-(\d{4}|\d{4}-\d{2}-\d{2})$/, '');
}

/** Returns whether a model takes pictures, by OpenAI's pages: https://developers.openai.com/api/docs/models */
export function canTakePictures(model: string): boolean | undefined {
  if (/(^|[/:])gpt-[\w.-]*audio/.test(model)) return false;
  return /(^|[/:])gpt-(4o|4\.1|[56])(\b|[.-])/.test(model) || undefined;
}

export function isOpenAi(baseUrl: string): boolean {
  return URL.parse(baseUrl)?.host === 'api.openai.com';
}

/** Address of Google's Live API, for a model that names no server. */
export const geminiUrl = 'https://generativelanguage.googleapis.com';

/**
 * Returns whether a model is one of Google's, which has a Live API of its own.
 *
 * @example
 * import { isGeminiModel } from '#src/provider/models/standard-models.ts';
 *
 * isGeminiModel('models/gemini-3.8-live'); // true
 */
export function isGeminiModel(model: string): boolean {
  return /^(?:models\/)?gemini/i.test(model);
}

/** Adds the path `/v1` to an address without one. */
export function toApiUrl(address: string): string {
  const url = new URL(address);
  if (url.pathname !== '/') return address;
  url.pathname = '/v1';
  return url.href;
}
