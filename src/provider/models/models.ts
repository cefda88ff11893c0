import { parsedMs } from '#src/base/clock.ts';
import { endings, type ModelRetirement } from './model-table.ts';

/** Server of a request: what is built in, or a model at a host, which may hold a port. */
export type ServedBy =
  | { readonly kind: 'embedded' }
  | { readonly kind: 'remote'; readonly model: string; readonly host: string };

export const embedded: ServedBy = { kind: 'embedded' };

export function servedBy(model: string, baseUrl: string): ServedBy {
  return { kind: 'remote', model, host: new URL(baseUrl).host };
}

/** Voice that is asked of a server where none is named. */
export const standardVoice = 'alloy';

/** Models for roles that have a server and no model. A test holds each against the table. */
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

/** A model that needs the operator's attention. */
export type ModelNews = {
  /** The group of settings it is set in, as `SPEECH` of `SPEECH_MODEL`. */
  readonly role: string;
  readonly model: string;
  readonly kind: 'gone' | 'ending';
  /** Date, written as `2027-01-06`. */
  readonly onDate: string;
  /** Model to set instead, if any. */
  readonly successor?: string;
};

/** One model of a server's own list. */
export type ListedModel = { readonly id: string };

export type ModelList =
  | { readonly kind: 'listed'; readonly models: readonly ListedModel[] }
  /** The server has no list, which says nothing about its models. */
  | { readonly kind: 'not offered' }
  | { readonly kind: 'unknown'; readonly why: string };

/** One role on one server. */
export type ModelInUse = {
  readonly role: string;
  readonly model: string;
  readonly baseUrl: string;
};

/** A model that ends sooner than this is news. */
const noticeDays = 60;

/**
 * News about a model at an instant, in milliseconds since 1970; undefined where it does not end within 60 days.
 *
 * By the table, which is about OpenAI's own server only: elsewhere the same name may stand for anything.
 */
export function modelNews(
  { role, model, baseUrl }: ModelInUse,
  wallMs: number,
): ModelNews | undefined {
  const known = isOpenAi(baseUrl) ? endingOf(model) : undefined;
  if (!known) return undefined;
  const { endsOn: onDate, successor } = known;
  const leftDays = daysUntil(onDate, wallMs);
  if (leftDays > noticeDays) return undefined;
  const kind = leftDays > 0 ? 'ending' : 'gone';
  return { role, model, kind, onDate, ...(successor && { successor }) };
}

/** Setting that holds the model of a group of settings. */
function settingOf(role: string): string {
  return role === 'AUDIO_MODEL' ? 'AUDIO_MODEL_NAME' : `${role}_MODEL`;
}

/** Sentence for the operator. */
export function sayNews({ role, model, kind, onDate, successor }: ModelNews): string {
  const setting = settingOf(role);
  const instead = successor ? `set ${setting}=${successor}` : `choose another ${setting}`;
  switch (kind) {
    case 'gone':
      return `The model ${model} was shut down on ${onDate}: ${instead}.`;
    case 'ending':
      return `The model ${model} is shut down on ${onDate}: ${instead}.`;
  }
}

/** Recognisers that send words during speech and only add to them (OpenAI's Realtime API). */
const stableRecognisers = ['gpt-live-transcribe', 'gpt-realtime-whisper'];

/** Whether a streaming recogniser is known to keep the words it has told. */
export function hasStableWords(model: string): boolean {
  return stableRecognisers.includes(withoutDate(model));
}

/** Whether a model takes pictures, by OpenAI's model pages ("Modalities"); undefined where that is not known. */
export function takesPictures(model: string): boolean | undefined {
  if (/(^|[/:])gpt-[\w.-]*audio/.test(model)) return false;
  return /(^|[/:])gpt-(4o|4\.1|[56])(\b|[.-])/.test(model) || undefined;
}

/** Row of the table; a dated snapshot has the row of its model. */
export function endingOf(model: string): ModelRetirement | undefined {
  const plain = withoutDate(model);
  return endings.find(({ models }) => models.includes(model) || models.includes(plain));
}

/** Name of the model a dated snapshot belongs to. */
function withoutDate(model: string): string {
  return model.replace(/-(\d{4}|\d{4}-\d{2}-\d{2})$/, '');
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

const dayMs = 86_400_000;

/** Whole days left; 0 on the day itself. `date` is as `2027-01-06`, in UTC. */
export function daysUntil(date: string, wallMs: number): number {
  return parsedMs(date) / dayMs - Math.floor(wallMs / dayMs);
}
