import { openRecipe } from '#test/fakes/dialects/provider-recipes.ts';
import { runExamination } from './run-examination.ts';

const said =
  'One two three four five six seven eight nine ten. This is how the voice of a server sounds.';

test.each([
  'OpenAI',
  'LiteLLM proxy',
  'speaches',
  'Kokoro-FastAPI',
  'Ollama',
  'vLLM',
  'Azure OpenAI',
  'Groq',
  'Gemini',
  'Together',
])('the recipe of %s works as it stands', async (title) => {
  await using kitchen = await openRecipe(title, { hears: () => said, replies: [] });
  const { code, lines } = await runExamination([], kitchen.environment);
  expect([code, lines.filter((line) => line.includes('missing'))]).toEqual([0, []]);
});
