import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { expect } from 'vitest';

type Json = Readonly<Record<string, unknown>>;

/** Part of a request or of an answer in OpenAI's published API description. */
export type DescribedPart = 'request' | 'answer' | 'event' | 'refusal';
export type DescribedOperation =
  | 'get /models'
  | 'get /models/{model}'
  | 'post /chat/completions'
  | 'post /audio/speech'
  | 'post /audio/transcriptions'
  | 'post /audio/translations';

type Operation = { readonly 'x-examples'?: readonly PublishedExample[] };
type Description = {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Json>> };
};

/** A request that the published reference shows. */
export type PublishedExample = { readonly title: string; readonly request: Json };

const descriptionUrl = 'test/fixtures/openai/description.json';
const publishedDescription = JSON.parse(
  readFileSync(descriptionUrl, 'utf8'),
) as Description;

const requests = makeChecker(allowNull(publishedDescription));
const answers = makeChecker(
  closeObjects(allowNull(addSoundToChunks(publishedDescription))),
);

/** Differences between a value and OpenAI's published API description, and fields that it does not name in answers. */
export function findFaults(
  operation: DescribedOperation,
  part: DescribedPart,
  value: unknown,
) {
  const fits =
    part === 'request' ? requests(operation, part) : answers(operation, part);
  if (fits(value)) return [];
  return (fits.errors ?? []).map(
    ({ instancePath, message, params }) =>
      `${instancePath || '/'} ${message} ${JSON.stringify(params)}`,
  );
}

/** Requests of JSON that the published reference shows for an operation. */
export function listExamples(operation: DescribedOperation) {
  const [method = '', path = ''] = operation.split(' ');
  return publishedDescription.paths[path]?.[method]?.['x-examples'] ?? [];
}

/** Data of each server-sent event, of a stream in which nothing else stands. */
export function parseEvents(stream: string) {
  expect(stream.endsWith('\n\n')).toBe(true);
  return stream
    .slice(0, -2)
    .split('\n\n')
    .map((block) => {
      expect(block).toMatch(/^data: [^\n]+$/);
      return block.slice('data: '.length);
    });
}

function makeChecker(document: unknown) {
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  ajv.addSchema(document as Json, 'openai');
  const compiled = new Map<string, ValidateFunction>();
  return (operation: DescribedOperation, part: DescribedPart) => {
    const [method = '', path = ''] = operation.split(' ');
    const pointer = ['paths', path, method, ...findPlace(operation, part), 'schema']
      .map((name) => name.replaceAll('~', '~0').replaceAll('/', '~1'))
      .join('/');
    const knownFunction =
      compiled.get(pointer) ?? ajv.compile({ $ref: `openai#/${pointer}` });
    compiled.set(pointer, knownFunction);
    return knownFunction;
  };
}

function findPlace(operation: DescribedOperation, part: DescribedPart) {
  if (part === 'answer') return ['responses', '200', 'content', 'application/json'];
  if (part === 'event') return ['responses', '200', 'content', 'text/event-stream'];
  if (part === 'refusal') return ['responses', '429', 'content', 'application/json'];
  const isForm =
    operation.includes('transcriptions') || operation.includes('translations');
  return [
    'requestBody',
    'content',
    isForm ? 'multipart/form-data' : 'application/json',
  ];
}

/** `nullable`, a word of OpenAPI 3.0 that is left in some places of this document of 3.1, in words of JSON Schema. */
function allowNull(value: unknown) {
  return mapValues(value, ({ nullable, ...schema }) =>
    nullable === true ? { anyOf: [schema, { type: 'null' }] } : schema,
  );
}

/** Objects with the fields that are named, and no others: whoever adds a field to an answer learns it here. */
function closeObjects(value: unknown) {
  return mapValues(value, (schema) =>
    isJson(schema.properties) && schema.additionalProperties === undefined
      ? { ...schema, additionalProperties: false }
      : schema,
  );
}

/** The published description leaves out sound in chunks: it has the fields of sound in a whole answer, as they come. */
function addSoundToChunks(document: Description) {
  const { schemas } = document.components;
  const {
    ChatCompletionResponseMessage: message,
    ChatCompletionStreamResponseDelta: delta,
  } = schemas as SoundSchemas;
  const [audio] = message.properties.audio.anyOf;
  return {
    ...document,
    components: {
      schemas: {
        ...schemas,
        ChatCompletionStreamResponseDelta: {
          ...delta,
          properties: { ...delta.properties, audio: { ...audio, required: ['id'] } },
        },
      },
    },
  };
}

type SoundSchemas = {
  readonly ChatCompletionResponseMessage: {
    readonly properties: {
      readonly audio: { readonly anyOf: readonly [sound: Json, none: Json] };
    };
  };
  readonly ChatCompletionStreamResponseDelta: { readonly properties: Json };
};

/** The same with every schema in it changed, the innermost first. */
function mapValues(value: unknown, change: (schema: Json) => Json): unknown {
  if (Array.isArray(value)) return value.map((entry) => mapValues(entry, change));
  if (!isJson(value)) return value;
  const entries = Object.entries(value).map(([key, one]) => [
    key,
    key === 'properties' && isJson(one)
      ? mapProperties(one, change)
      : mapValues(one, change),
  ]);
  return change(Object.fromEntries(entries) as Json);
}

/** Names of properties are no keywords. */
function mapProperties(properties: Json, change: (schema: Json) => Json) {
  const entries = Object.entries(properties).map(([name, one]) => [
    name,
    mapValues(one, change),
  ]);
  return Object.fromEntries(entries) as Json;
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
