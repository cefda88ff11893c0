import { fieldsOf, isRecord } from '#src/base/json.ts';
import forms from './stream-errors.json' with { type: 'json' };

/** An error inside a stream, with the status that it would have had before the stream. */
type StreamError = { readonly body: object; readonly status: number | undefined };

const statuses = new Map(Object.entries(forms.statuses));

export function errorIn(sent: unknown, name = ''): StreamError | undefined {
  const event: unknown = Array.isArray(sent) ? sent[0] : sent;
  if (!isRecord(event)) return name === 'error' ? bodyOf(event, {}) : undefined;
  const isAnswer = Array.isArray(event.choices) && event.choices.length > 0;
  const form = forms.places.find(({ key, value, besideChoices }) => {
    const found = value === undefined ? Boolean(event[key]) : event[key] === value;
    return found && (besideChoices || !isAnswer);
  });
  if (form)
    return bodyOf(form.value === undefined ? event[form.key] : (event.error ?? event), event);
  return name === 'error' ? bodyOf(event.error ?? event, event) : undefined;
}

function bodyOf(found: unknown, event: object): StreamError {
  const body = isRecord(found) ? found : { message: `${found}` };
  const all = [fieldsOf(body), fieldsOf(event)];
  const codes = all.flatMap((one) => forms.statusKeys.map((key) => statusOf(one[key])));
  return { body, status: codes.find((code) => code !== undefined) };
}

function statusOf(code: unknown): number | undefined {
  const known = statuses.get(`${code}`.toLowerCase());
  return known ?? (/^[45]\d\d$/.test(`${code}`) ? Number(code) : undefined);
}
