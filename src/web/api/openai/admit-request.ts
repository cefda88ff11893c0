import { admit } from '#src/base/admitted.ts';
import { BotError } from '#src/base/errors.ts';
import { isRecord } from '#src/base/json.ts';
import type { SentFields } from '#src/chat/chat-model.ts';
import type {
  ProgramMessage,
  WrittenMessage,
} from '#src/features/contract/http-api-ports.ts';
import { AllowedHosts } from '#src/sources/fetch/allowed-hosts.ts';
import { checkAddress, type RedirectRules } from '#src/sources/fetch/request-once.ts';
import { createInvalidRefusal } from '#src/web/api/api-refusal.ts';
import {
  type FieldRule,
  type FieldRules,
  messageFields,
  requestFields,
} from './published-fields.ts';

/** The operator's rules of what programs may send to the chat server. */
export interface RequestRules {
  /** Names of further fields, anywhere in a request. Their contents go on unchanged. */
  readonly extraFields: ReadonlySet<string>;
  /** Where pictures may lie, beside public https addresses. */
  readonly pictures: RedirectRules;
}

/** The rules of an operator who has set nothing. */
export const strictRules: RequestRules = {
  extraFields: new Set(),
  pictures: { allowed: new AllowedHosts([]) },
};

/** A request as a program wrote it, without the fields that the bot reads itself. */
export interface WrittenRequest<Message extends WrittenMessage> {
  readonly messages: readonly Message[];
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Parts of a request that may go to a chat server. */
export interface AdmittedRequest<Message extends WrittenMessage> {
  readonly messages: readonly (Message & ProgramMessage)[];
  readonly sent: SentFields;
}

/** Each is one look-up of a name. */
const maxPictureHosts = 20;

/**
 * Admits a request of a program: its fields leave the price to the model and its tokens, and its pictures lie in it or at
 * public https addresses. Throws `ApiRefusal` with the field at fault. Aborting `signal` throws its reason.
 */
export async function admitRequest<Message extends WrittenMessage>(
  request: WrittenRequest<Message>,
  rules: RequestRules,
  signal: AbortSignal,
): Promise<AdmittedRequest<Message>> {
  const sieve = new FieldSieve(rules.extraFields);
  const sent = sieve.takeFields(request.fields, requestFields, '');
  const messages = request.messages.map(
    (message, index) =>
      sieve.takeFields(message, messageFields, `messages[${index}].`) as Message,
  );
  await checkPictures(sieve.pictures, rules, signal);
  return {
    messages: messages.map((message) => admit('request', message)),
    sent: admit('request', sent),
  };
}

/** A picture's address that is to be checked, and the field that holds it. */
type NamedPicture = { readonly url: URL; readonly param: string };

/** Takes the fields that rules name, and refuses others. */
class FieldSieve {
  readonly #extraFields: ReadonlySet<string>;
  /** Addresses of the pictures that were met. */
  readonly pictures: NamedPicture[] = [];

  constructor(extraFields: ReadonlySet<string>) {
    this.#extraFields = extraFields;
  }

  /** Copies the fields that may go on. `path` stands before their names in refusals. */
  takeFields(
    fields: Readonly<Record<string, unknown>>,
    rules: FieldRules,
    path: string,
  ): Readonly<Record<string, unknown>> {
    const taken = Object.entries(fields).flatMap(([name, value]) => {
      const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
      const isKnown = rule !== undefined && rule !== 'dropped';
      if (isKnown) return [[name, this.#takeValue(value, rule, `${path}${name}`)]];
      if (this.#extraFields.has(name)) return [[name, value]];
      if (rule === 'dropped' || value === null) return [];
      throw createExtraFieldRefusal(`${path}${name}`);
    });
    return Object.fromEntries(taken);
  }

  #takeValue(value: unknown, rule: FieldRule, param: string): unknown {
    if (value === null) return null;
    if (Array.isArray(rule)) {
      const form = rule.find((one) => isOfForm(value, one));
      if (form === undefined) throw createFormRefusal(param);
      return this.#takeValue(value, form, param);
    }
    if (!isOfForm(value, rule)) throw createFormRefusal(param);
    if (rule === 'json') return checkReferences(value, param);
    if (rule === 'picture') return this.#takePicture(value, param);
    if (rule === 'plain') return value;
    const rules = rule as FieldRules;
    if (!Array.isArray(value))
      return this.takeFields(Object(value), rules, `${param}.`);
    return value.map((item, n) => this.takeFields(item, rules, `${param}[${n}].`));
  }

  /** The bot and the server read an address alike once it is in the standard form. */
  #takePicture(value: unknown, param: string) {
    const text = `${value}`;
    // An SVG may name further addresses.
    if (/^data:image\/(?!svg)/i.test(text)) return text;
    const url = URL.parse(text);
    if (!url) throw createPictureRefusal(param);
    this.pictures.push({ url, param });
    return url.href;
  }
}

/** Tests whether a value has the form that a rule reads, so that nothing passes beside its rules. */
function isOfForm(value: unknown, rule: FieldRule) {
  const items = Array.isArray(value) ? value : [value];
  if (rule === 'json') return true;
  if (rule === 'picture') return typeof value === 'string';
  if (rule === 'plain') return items.every((item) => typeof item !== 'object');
  return items.every(isRecord);
}

/** A server that reads a schema may fetch what it refers to. */
function checkReferences(value: unknown, param: string): unknown {
  if (typeof value !== 'object' || value === null) return value;
  for (const [name, child] of Object.entries(value)) {
    const isReference = /^\$(?:dynamic|recursive)?ref$/i.test(name);
    if (isReference && typeof child === 'string' && !child.startsWith('#'))
      throw createInvalidRefusal(
        `${param}: ${name} may only refer to a place in the same schema, by #.`,
        param,
      );
    checkReferences(child, param);
  }
  return value;
}

/** Checks each host once. */
async function checkPictures(
  pictures: readonly NamedPicture[],
  rules: RequestRules,
  signal: AbortSignal,
) {
  const byOrigin = new Map<string, NamedPicture>();
  for (const picture of pictures) {
    const { username, password, origin } = picture.url;
    byOrigin.set(`${username}:${password} ${origin}`, picture);
  }
  const [, excess] = [...byOrigin.values()].slice(maxPictureHosts - 1);
  if (excess)
    throw createInvalidRefusal(
      `${excess.param}: pictures of at most ${maxPictureHosts} hosts.`,
      excess.param,
    );
  await Promise.all(
    [...byOrigin.values()].map((picture) =>
      checkPicture(picture, rules.pictures, signal),
    ),
  );
}

/** The server fetches the picture, so a host that the operator allows need not be known to the bot. */
async function checkPicture(
  { param, url }: NamedPicture,
  rules: RedirectRules,
  signal: AbortSignal,
) {
  const port = url.port || (url.protocol === 'http:' ? '80' : '443');
  if (url.username !== '' || url.password !== '') throw createPictureRefusal(param);
  if (rules.allowed.has(url.hostname, port)) return;
  try {
    await checkAddress(url, rules, signal);
  } catch (error) {
    // A name that leads to a private address and one that nobody knows look alike to the program.
    if (error instanceof BotError) throw createPictureRefusal(param);
    throw error;
  }
}

function createExtraFieldRefusal(param: string) {
  return createInvalidRefusal(
    `${param}: the operator of the bot chooses the model and what it costs, so this field needs the setting API_EXTRA_FIELDS.`,
    param,
  );
}

function createFormRefusal(param: string) {
  return createInvalidRefusal(
    `${param}: has not the form that OpenAI publishes.`,
    param,
  );
}

function createPictureRefusal(param: string) {
  return createInvalidRefusal(
    `${param}: must be data:image, or https at a public address; another host needs the setting API_PICTURE_HOSTS.`,
    param,
  );
}
