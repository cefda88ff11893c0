import { isAbsolute } from 'node:path';
import type { Secret } from '#src/base/secret.ts';

/** Server of a request: what is built in, or a model at a host, which may hold a port. */
export type ServedBy =
  | { readonly kind: 'local' }
  | { readonly kind: 'remote'; readonly model: string; readonly host: string };

export const servedLocally: ServedBy = { kind: 'local' };

export function servedBy(model: string, baseUrl: string): ServedBy {
  return { kind: 'remote', model, host: new URL(baseUrl).host };
}

/** Voice that is asked of a server where none is named. */
export const standardVoice = 'alloy';

/** Models for roles that have a server and no model. */
export const standardModels = {
  chat: 'gpt-6-luna',
  /** Hears and speaks in chat completions. */
  audioChat: 'gpt-audio-1.5',
  transcription: 'gpt-transcribe',
  liveTranscription: 'gpt-live-transcribe',
  /** Default for servers of one's own: OpenAI's last models on `/audio/speech` end on 2027-01-06. */
  speech: 'kokoro',
  realtime: 'gpt-realtime-2.1',
  /** Model that reads texts of other models aloud. */
  realtimeSpeech: 'gpt-realtime-2.1-mini',
} as const;

/** Whether a setting names the folder of a local model, by its path, and not a model of a server. */
export function isModelFolder(name: string): boolean {
  return name.startsWith('.') || isAbsolute(name);
}

/** One model of a server's own list. */
export type ListedModel = {
  readonly id: string;
  /** Day on which the server shuts the model down, as `2027-01-06`. */
  readonly endsOn?: string;
};

export type ModelList =
  | { readonly kind: 'listed'; readonly models: readonly ListedModel[] }
  /** The server has no list, which says nothing about its models. */
  | { readonly kind: 'not offered' }
  | { readonly kind: 'unknown'; readonly why: string };

/** One role on one server. */
export type ModelInUse = {
  /** Beginning of the settings of the role. */
  readonly role: string;
  readonly model: string;
  readonly baseUrl: string;
  readonly apiKey?: Secret;
};

/** Recognisers that send words during speech and only add to them (OpenAI's Realtime API). */
const stableRecognisers = ['gpt-live-transcribe', 'gpt-realtime-whisper'];

/** Whether a streaming recogniser is known to keep the words it has told. */
export function hasStableWords(model: string): boolean {
  return stableRecognisers.includes(withoutDate(model));
}

/** Removes the date of a snapshot from the name of a model. */
export function withoutDate(model: string): string {
  return model.replace(/-(\d{4}|\d{4}-\d{2}-\d{2})$/, '');
}

/** Whether a model takes pictures, by OpenAI's model pages ("Modalities"); undefined where that is not known. */
export function takesPictures(model: string): boolean | undefined {
  if (/(^|[/:])gpt-[\w.-]*audio/.test(model)) return false;
  return /(^|[/:])gpt-(4o|4\.1|[56])(\b|[.-])/.test(model) || undefined;
}

export function isOpenAi(baseUrl: string): boolean {
  return URL.parse(baseUrl)?.host === 'api.openai.com';
}

/** Base URL of the API at an address: without a path the address means its `/v1`. */
export function apiUrl(address: string): string {
  const url = new URL(address);
  if (url.pathname !== '/') return address;
  url.pathname = '/v1';
  return url.href;
}
