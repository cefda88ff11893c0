import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { createParser } from 'eventsource-parser';
import { parse } from 'yaml';
import { listSettingNames } from '#src/config/settings.ts';
import { readGoodSettings } from '#test/config/read-settings.ts';
import type { CodeBlock } from './project-documents.ts';

/** Reads a block that is no program, by the reader that people feed with it. Throws where that refuses it. */
type BlockReader = (code: string, folder: string) => unknown;

/** Readers by the document, or by the language alone. */
const readers: Readonly<Record<string, BlockReader>> = {
  env: readSettingsBlock,
  'docs/tools.md json': readServersBlock,
  'docs/members.md json': readTranscriptBlock,
  'docs/http.md ': readEvents,
  'deploy/README.md ': (code) => parse(code, { strict: true, uniqueKeys: true }),
};

/** Blocks of the languages `sh` and `ts` are run. These show what a run prints, and drawings. */
const shown = new Set([
  'docs/sandbox.md ',
  'ARCHITECTURE.md ',
  'src/conversation/README.md ',
]);

export function isRead({ path, language }: CodeBlock) {
  return !['sh', 'ts'].includes(language) && !shown.has(`${path} ${language}`);
}

/** Throws where the block cannot be read, or has no reader. */
export async function readBlock(block: CodeBlock, folder: string) {
  const { path, language, code } = block;
  const reader = readers[`${path} ${language}`] ?? readers[language];
  if (!reader) throw new Error(`Nothing is known that reads a block of "${language}".`);
  await reader(code, folder);
}

function readSettingsBlock(code: string) {
  const settings = parseEnv(code);
  const known = listSettingNames();
  for (const name of Object.keys(settings))
    if (!known.has(name)) throw new Error(`${name} is no setting.`);
  readGoodSettings(settings);
}

async function readServersBlock(code: string, folder: string) {
  const path = join(folder, 'mcp.json');
  await writeFile(path, code);
  readGoodSettings({ MCP_SERVERS: path, NOTES_TOKEN: 'token' });
}

async function readTranscriptBlock(code: string) {
  const schema: object = JSON.parse(
    await readFile('docs/transcript.schema.json', 'utf8'),
  );
  const check = new Ajv2020({ strictTypes: false });
  if (!check.validate(schema, JSON.parse(code))) throw new Error(check.errorsText());
}

function readEvents(code: string) {
  let events = 0;
  const parser = createParser({
    onEvent({ data }) {
      JSON.parse(data);
      events++;
    },
  });
  parser.feed(`${code}\n`);
  if (events === 0) throw new Error('It holds no event.');
}
