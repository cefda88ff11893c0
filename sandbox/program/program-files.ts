import { readFile, stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import type { OptionValue, OptionValues } from '#sandbox/interactions/interaction-words.ts';
import type { RegisteredCommand, RegisteredOption } from '#sandbox/world/world.ts';
import type { Upload } from '#sandbox/world/world-attachments.ts';

/** Source: Discord docs, "Application Command Option Type". */
const fileType = 11;
/** Discord's upload limit for every user. */
const limitBytes = 10 * 1024 * 1024;
const types: Readonly<Record<string, string>> = {
  '.wav': 'audio/wav',
  '.mp3': 'audio/mpeg',
  '.ogg': 'audio/ogg',
  '.opus': 'audio/ogg',
  '.flac': 'audio/flac',
  '.webm': 'audio/webm',
};

/**
 * The words of a command, with the file in place of its path where the command takes one. Throws one sentence where it
 * cannot be read.
 */
export async function withFiles(
  words: OptionValues,
  line: string,
  commands: readonly RegisteredCommand[],
): Promise<OptionValues> {
  const options = optionsOf(line, commands);
  const acceptsFile = (name: string) =>
    options.some((option) => option.name === name && option.type === fileType);
  const filled: [string, OptionValue][] = [];
  for (const [name, word] of Object.entries(words)) {
    const isPath = typeof word === 'string' && acceptsFile(name);
    filled.push([name, isPath ? await upload(word) : word]);
  }
  return Object.fromEntries(filled);
}

/** Options of the command behind a line like `track play`. */
function optionsOf(
  line: string,
  commands: readonly RegisteredCommand[],
): readonly RegisteredOption[] {
  const [name, ...path] = line.split(' ');
  const command = commands.find(({ body }) => body.name === name);
  return path.reduce<readonly RegisteredOption[]>(
    (options, word) => options.find((one) => one.name === word)?.options ?? [],
    command?.body.options ?? [],
  );
}

async function upload(path: string): Promise<Upload> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) throw new Error(`There is no file ${path}.`);
  if (found.size > limitBytes) throw new Error(`${path} is too big.`);
  const type = types[extname(path).toLowerCase()] ?? 'application/octet-stream';
  return { name: basename(path), type, bytes: await readFile(path) };
}
