import { fieldsOf, isRecord, textIn } from '#src/base/json.ts';
import type { MessageContent } from '#src/ports/typed-messages.ts';

/** Longest text of a message: that of all its embeds together. Source: Discord docs, "Embed Limits". */
const mostChars = 6_000;

/**
 * Reads the words and files of a message, of discord.js or as the gateway sends it: what was typed, polls, components and
 * embeds; of one that forwards another, those of the other. Embeds of a line that a person typed are previews of the pages to
 * which it links: they count only where somebody picked that message.
 */
export function readContent(
  message: unknown,
  forwarded: unknown,
  isPicked: boolean,
): MessageContent {
  const { attachments, components, content, embeds, poll } = fieldsOf(forwarded ?? message);
  const { answers, question } = fieldsOf(poll);
  const shown = forwarded || isPicked ? embeds : [];
  const words = [
    textIn(content) ?? [],
    wordsIn([question, answers], ['text']),
    wordsIn(components, ['content', 'label', 'description']),
    wordsIn(shown, ['title', 'description', 'name', 'value', 'text']),
  ];
  const files = objectsIn([attachments, components, shown]).map(fileIn);
  const pictures = files.filter(({ type }) => /^image\//.test(type));
  return {
    text: words.flat().join('\n').slice(0, mostChars),
    isForwarded: forwarded ? true : undefined,
    recording: objectsIn(attachments)
      .map(fileIn)
      .find(({ name, type }) => soundTypes.test(type) || soundNames.test(name)),
    pictures: pictures.length > 0 ? pictures : undefined,
  };
}

const soundTypes = /^(audio\/|application\/ogg)/;
const soundNames = /\.(wav|mp3|ogg|opus)$/i;

/** Reads the fields of these names in the JSON of a part, however deep they are. */
function wordsIn(part: unknown, names: readonly string[]): readonly string[] {
  return objectsIn(part).flatMap((one) => names.flatMap((name) => textIn(one[name]) ?? []));
}

function objectsIn(part: unknown): readonly Fields[] {
  const found: Fields[] = [];
  JSON.stringify(part, (_, value) => {
    if (isRecord(value)) found.push(value);
    return value;
  });
  return found;
}

type Fields = Readonly<Record<string, unknown>>;

/** Reads a file in the fields of discord.js or of the gateway. */
function fileIn({
  content_type,
  contentType = content_type,
  filename,
  name = filename,
  url,
}: Fields) {
  return { url: `${url}`, name: `${name ?? ''}`, type: `${contentType ?? ''}` };
}
