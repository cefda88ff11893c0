import { readLiteral } from './loose-object.ts';
import { namesCall, parseMarkName } from './mark-meanings.ts';

/** Namespaces of tags: `<steptml:invoke>`, `<\uff5cDSML\uff5cinvoke>`. */
const tagPrefix =
  /<(\/?)(?:[|\uff5c][^<>|\uff5c\s]{1,30}[|\uff5c]|[\w-]{1,30}:)(?=\w)/g;

/** Removes the namespaces of tags, so that a tag with a namespace is read like one without. */
export function removeTagPrefixes(text: string): string {
  return text.replace(tagPrefix, '<$1');
}

/** The tag in which, or behind which, the name of a tool stands. */
const tagBefore =
  /<(?:([A-Za-z][\w.-]{0,40})(?:[=(:/]["']?|\s[^<>]{0,60}=["']?|(?:\s[^<>]{0,80})?>\s{0,8}(?:functions?\.)?))?$/;

const parameterWord = /^(?:param(?:eter)?s?|arg(?:ument)?s?|kwargs|values?)$/;

/** Returns whether a name behind this text is that of a called tool: inside a tag, or the first word behind one. */
export function isTagged(textBefore: string): boolean {
  const frame = tagBefore.exec(textBefore);
  const { words } = parseMarkName(`<${frame?.[1] ?? ''}>`);
  return frame !== null && !words.some((word) => parameterWord.test(word));
}

/**
 * Reads the parameters of a call from the tags before and behind the name of its tool. Undefined if they frame no call.
 *
 * @example
 * import { readTaggedParameters } from '#src/chat/completions/tagged-calls.ts';
 *
 * readTaggedParameters('<invoke name="', '"><on>true</on></invoke>'); // { on: true }
 */
export function readTaggedParameters(
  textBefore: string,
  textBehind: string,
): Readonly<Record<string, unknown>> | undefined {
  const [, frame = ''] = tagBefore.exec(textBefore) ?? [];
  const entries = [
    readAttributes,
    readParameters,
    readKeysAndValues,
    readNamedTags,
    readPlainTags,
  ]
    .map((read) => read(textBehind))
    .find((found) => found.length > 0);
  const isCall = namesCall(parseMarkName(`<${frame}>`).words);
  return entries || isCall ? Object.fromEntries(entries ?? []) : undefined;
}

type Entries = readonly (readonly [name: string, value: unknown])[];

/** `<call name="lamp" on="true"/>`, behind the name. */
function readAttributes(text: string): Entries {
  const [inside = ''] =
    /^["']?(?:\s+[\w.-]{1,64}=(?:"[^"<>]*"|'[^'<>]*'))+\s*\/?>/.exec(text) ?? [];
  return [
    ...inside.matchAll(/(?<![\w.-])([\w.-]{1,64})=(?:"([^"]*)"|'([^']*)')/g),
  ].flatMap(([, key = '', double, single = '']) =>
    /^(?:id|type|index)$/.test(key) ? [] : [[key, readLiteral(double ?? single)]],
  );
}

/** `<parameter=on>true</parameter>` and `<parameter name="on">true</parameter>`, with any text inside. */
function readParameters(text: string): Entries {
  const [, ...parameters] = text.split(/<parameter(?=[= ])/);
  return parameters.map((parameter) => {
    const [start = '', key = ''] =
      /^\s?(?:=|name=)?["']?([\w.-]+)["']?/.exec(parameter) ?? [];
    const [, more = '', value = ''] =
      /^([^<>]*)>([\s\S]*)$/.exec(parameter.slice(start.length)) ?? [];
    const [inside = ''] = value.split('</parameter>');
    return [key, /string="true"/.test(more) ? inside : readLiteral(inside.trim())];
  });
}

/** `<arg_key>on</arg_key><arg_value>true</arg_value>` */
function readKeysAndValues(text: string): Entries {
  const [, ...pairs] = text.split(/<\w{0,20}key>/);
  return pairs.map((pair) => {
    const [key = ''] = /^[^<]*/.exec(pair) ?? [];
    const [, value = ''] = pair.split(/<\w{0,20}value>/);
    const [inside = ''] = value.split(/<\/\w{0,20}value>/);
    return [key.trim(), readLiteral(inside.trim())];
  });
}

/** `<arg name="on">true</arg>`, `<arg key="on" value="true"/>` */
function readNamedTags(text: string): Entries {
  const tags = text.matchAll(
    /<[\w.-]{1,40}\s+(?:name|key)=["']?([\w.-]{1,64})["']?(?:\s+value=["']?([^"'<>]{0,200})["']?)?[^<>]{0,80}>([^<]*)/g,
  );
  return [...tags].map(([, key = '', value, inside = '']) => [
    key,
    readLiteral((value ?? inside).trim()),
  ]);
}

/** `<on>true</on>` */
function readPlainTags(text: string): Entries {
  return [...text.matchAll(/<([\w.-]{1,64})>([^<]*)<\/\1>/g)].flatMap(
    ([, key = '', inside = '']) =>
      /^(?:name|id|type)$/.test(key) ? [] : [[key, readLiteral(inside.trim())]],
  );
}
