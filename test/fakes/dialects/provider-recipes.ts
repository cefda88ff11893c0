import { readFile } from 'node:fs/promises';
import type { DialectServer, ServersBehind } from './dialect.ts';
import { openAzure, openGemini, openGroq, openTogether } from './env-vendors.ts';
import { openServer } from './server-forms.ts';
import { openLiteLlm, openOpenAi } from './vendor-dialects.ts';

const docsUrl = new URL('../../../docs/providers.md', import.meta.url);

export type Environment = Readonly<Record<string, string>>;

/** The settings of every server in docs/providers.md, by its heading. */
export async function readRecipes(): Promise<ReadonlyMap<string, Environment>> {
  const text = await readFile(docsUrl, 'utf8');
  const blocks = text.matchAll(/^## (.+)\n(?:(?!^## )[\s\S])*?```env\n([\s\S]*?)```/gm);
  return new Map(
    [...blocks].map(([, title = '', block = '']) => [title, parseSettings(block)]),
  );
}

function parseSettings(block: string) {
  const lines = block.split('\n').filter((line) => line !== '');
  return Object.fromEntries(
    lines.map((line) => [line.replace(/=.*/, ''), line.replace(/.*?=/, '')]),
  );
}

/** Opens the server that stands behind an address. */
export type RecipeStands = Readonly<
  Record<string, (behind: ServersBehind) => Promise<DialectServer>>
>;

/** Which server stands behind which address of a recipe. */
const ollamaStand = { 'http://127.0.0.1:11434': openServer('ollama') };
const speachesStand = {
  'http://127.0.0.1:8000': openServer('speaches'),
  ...ollamaStand,
};
const kokoroStand = { 'http://127.0.0.1:8880': openServer('kokoro-fastapi') };
const recipeStands: Readonly<Record<string, RecipeStands>> = {
  OpenAI: { 'https://api.openai.com': openOpenAi },
  'LiteLLM proxy': { 'http://127.0.0.1:4000': openLiteLlm },
  speaches: speachesStand,
  'Kokoro-FastAPI': {
    ...speachesStand,
    ...kokoroStand,
  },
  Ollama: ollamaStand,
  'Azure OpenAI': { 'https://your-name.openai.azure.com': openAzure },
  Groq: { 'https://api.groq.com': openGroq },
  Together: { 'https://api.together.xyz': openTogether },
  Gemini: {
    'https://generativelanguage.googleapis.com': openGemini,
    ...speachesStand,
    ...kokoroStand,
  },
  vLLM: Object.fromEntries(
    ['8000', '8001', '8091'].map((port) => [
      `http://127.0.0.1:${port}`,
      openServer('vllm'),
    ]),
  ),
};

export type RecipeServers = AsyncDisposable & {
  /** Environment of the recipe, with other addresses. */
  readonly environment: Environment;
};

/** Servers of the right manners for one recipe of docs/providers.md. */
export async function openRecipe(
  title: string,
  behind: ServersBehind,
): Promise<RecipeServers> {
  const recipe = (await readRecipes()).get(title);
  if (!recipe) throw new Error(`docs/providers.md has no block under "${title}".`);
  return await openServers(recipe, recipeStands[title] ?? {}, behind);
}

/** These servers, and the settings with their addresses in place of those that they stand behind. */
export async function openServers(
  recipe: Environment,
  stands: RecipeStands,
  behind: ServersBehind,
): Promise<RecipeServers> {
  await using stack = new AsyncDisposableStack();
  let lines = JSON.stringify(recipe);
  for (const [address, open] of Object.entries(stands)) {
    const server = stack.use(await open(behind));
    lines = lines.replaceAll(`${address}/`, `${server.origin}/`);
  }
  const all = stack.move();
  return {
    environment: JSON.parse(lines) as Environment,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}
