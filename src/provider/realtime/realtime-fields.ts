import { isRecord, toNonEmptyText, toRecord } from '#src/base/json.ts';
import type { JsonEvent } from '#src/provider/json-socket.ts';
import { containsWord } from '#src/provider/negotiation/negotiation.ts';
import type { RequestPart } from '#src/provider/negotiation/server-knowledge.ts';
import type { RealtimeFault } from './realtime-faults.ts';
import {
  type ChooseForm,
  readingPart,
  tokenLimitPart,
  turnDetectionPart,
} from './realtime-session.ts';

/** Fields without which an event is another one. A refusal of these is about the form. */
const structuralFields = new Set([
  'audio',
  'event_id',
  'input',
  'modalities',
  'model',
  'output',
  'output_modalities',
  'response',
  'session',
  'transcription',
  'type',
]);

/** Fields whose value is the reason more often than their name. */
const valuedFields = new Set(['speed', 'voice']);

/** Fields of a response that does not belong to the conversation. */
const readingPaths = new Set(['response.conversation', 'response.input']);

const minPlainNameChars = 5;

type SentField = { readonly path: readonly string[]; readonly value: unknown };

/** Lists the fields of an event, inner ones too. Lists are not entered. */
function listFields(event: unknown, path: readonly string[] = []): SentField[] {
  if (!isRecord(event) || Array.isArray(event)) return [];
  return Object.entries(event).flatMap(([name, value]) => {
    const own = [...path, name];
    return [{ path: own, value }, ...listFields(value, own)];
  });
}

/** Finds the field or tool of a sent event that a fault names. Undefined if it names none that can be missed. */
export function findRefusedPart(
  { message, param }: RealtimeFault,
  event: JsonEvent,
): RequestPart | undefined {
  const fields = listFields(event);
  const tool = findNamedTool(`${param ?? ''} ${message}`, fields);
  if (tool !== undefined) return createToolPart(tool);
  const field = findNamedField(param, message, fields);
  const name = field?.path.at(-1);
  if (field && readingPaths.has(field.path.join('.'))) return readingPart;
  return field && name !== undefined && !structuralFields.has(name)
    ? toFieldPart(name, field.value)
    : undefined;
}

function findNamedTool(text: string, fields: readonly SentField[]) {
  const tools = fields.find(({ path }) => path.at(-1) === 'tools')?.value;
  const names = (Array.isArray(tools) ? tools : []).map(readToolName);
  const [, place] = /\btools(?:\[|\.)(\d+)/.exec(text) ?? [];
  if (place !== undefined) return names[Number(place)];
  // The only tool is rather the field as a whole.
  if (names.length < 2) return undefined;
  return names.find((name) => name !== undefined && containsWord(text, name));
}

function readToolName(tool: unknown) {
  return toNonEmptyText(toRecord(tool).name);
}

function findNamedField(
  param: string | undefined,
  message: string,
  fields: readonly SentField[],
) {
  const paths = [
    param ?? '',
    ...(message.match(/(?<![\w[\]])[\w[\]]+(?:\.[\w[\]]+)+/g) ?? []),
  ];
  for (const path of paths) {
    const field = findByPath(path, fields);
    if (field) return field;
  }
  const words = new Set(message.match(/\w+/g) ?? []);
  return fields.find(({ path }) => {
    const name = path.at(-1) ?? '';
    const isExact = name.includes('_') || name.length >= minPlainNameChars;
    return isExact && !structuralFields.has(name) && words.has(name);
  });
}

/** Finds the sent field of a path, else its nearest parent, as `turn_detection` for `turn_detection.type`. */
function findByPath(path: string, fields: readonly SentField[]) {
  const steps = path.split('.').map((step) => step.replace(/\[.*/, ''));
  const exact = steps.map((name, n) =>
    fields.find(
      (field) => field.path.at(-1) === name && field.path.at(-2) === steps[n - 1],
    ),
  );
  const last = exact.at(-1);
  if (last) return last;
  // Servers call the field of one form by its path in another.
  const loose = steps.map((name) => fields.find((field) => field.path.at(-1) === name));
  return [...exact.toReversed(), ...loose.toReversed()].find(
    (field) => field && !structuralFields.has(field.path.at(-1) ?? ''),
  );
}

function createToolPart(name: string): RequestPart {
  return { name: `tool ${name}`, forms: ['sent', ''], givenUp: 'last' };
}

function toFieldPart(name: string, value: unknown): RequestPart {
  if (name === turnDetectionPart.name) return turnDetectionPart;
  if (/^max_\w*tokens$/.test(name)) return tokenLimitPart;
  const circumstance = valuedFields.has(name) ? `${name} ${value}` : undefined;
  return {
    name,
    forms: ['sent', ''],
    givenUp: 'last',
    ...(circumstance !== undefined && { circumstance }),
  };
}

/** Leaves out the fields and tools of an event that its server does not take. */
export function leaveOutFields(event: JsonEvent, choose: ChooseForm): JsonEvent {
  const kept = Object.entries(event).flatMap(([name, value]) => {
    if (!structuralFields.has(name) && choose(toFieldPart(name, value)) === '')
      return [];
    if (name === 'tools' && Array.isArray(value))
      return [[name, value.filter((tool) => isToolTaken(tool, choose))]];
    const isInner = isRecord(value) && !Array.isArray(value) && name !== 'parameters';
    return [[name, isInner ? leaveOutFields(value, choose) : value]];
  });
  return Object.fromEntries(kept);
}

function isToolTaken(tool: unknown, choose: ChooseForm) {
  const name = readToolName(tool);
  return name === undefined || choose(createToolPart(name)) !== '';
}

/** Finds the next form of a refused part. Undefined if all were refused. */
export function findNextForm(
  part: RequestPart,
  choose: ChooseForm,
  event: JsonEvent,
): string | undefined {
  const tried = part.forms.indexOf(choose(part));
  const sentNames = new Set(listFields(event).map(({ path }) => path.at(-1)));
  // The usual name of the limit is one of the others.
  return part.forms
    .slice(tried + 1)
    .find((form) => form === '' || !sentNames.has(form));
}
